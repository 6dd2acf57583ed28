"""The same person walking in again: how the intake door finds her, and what it then does (docs/adr/0006).

Certain is a client of the same name, birth date, sex and phone; likely is one who differs in name or phone alone. Names
are compared as people write them: whatever the spaces, the case or the width of letters.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.referral import OPEN
from web.field_problems import FieldProblem
from web.problems import Refused
from web.shapes import ClientGiven

_ALIKE: Final = text("""
    SELECT standing.client_id, client.name, client.phone, standing.id AS journey_id, standing.number
    FROM client JOIN journey ON journey.client_id = client.id
    JOIN journey AS standing ON standing.id = COALESCE(journey.merged_into, journey.id)
    WHERE client.birth_date = :birth_date AND client.sex = :sex AND client.forgotten_at IS NULL
    ORDER BY standing.id DESC
""")
#: A journey goes on while somebody owes something, or while no desk has looked at it yet.
_OPEN: Final = text(f"""
    SELECT id FROM journey WHERE id = ANY(:journeys) AND (
        EXISTS (SELECT FROM referral WHERE journey_id = journey.id AND {OPEN})
        OR EXISTS (SELECT FROM inbox_event WHERE journey_id = journey.id AND fate = 'waiting')
        OR NOT EXISTS (SELECT FROM referral WHERE journey_id = journey.id)
    )
""")  # noqa: S608 - the condition is our own constant


@dataclass(frozen=True, slots=True)
class Alike:
    """A journey of somebody who may be the person who walks in now."""

    client_id: UUID
    number: str
    certain: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the door makes of who walks in: the client she is already, if any, and journeys of who may be she."""

    client_id: UUID | None
    perhaps: tuple[str, ...]


async def look_for(connection: AsyncConnection, given: ClientGiven, same_person: bool | None) -> Standing:  # noqa: FBT001 - it is what was sent
    """Look for the person among the clients there are.

    Args:
        connection: In the intake's transaction, after `models.persons.one_at_a_time`.
        given: Who walks in.
        same_person: What staff say: that she is known, that she is somebody else, or (None) nothing.

    Raises:
        Refused: `same-person`: a journey of hers is open, or several clients could be she; `bad-fields`: nobody could.
    """
    if same_person is False:
        return Standing(None, ())
    alike = await _alike(connection, given)
    certain = [one for one in alike if one.certain]
    if same_person:
        hers = certain or alike
        if not hers:
            remedy = "Check name, birth date and sex, or leave it out."
            raise Refused("bad-fields", errors=[FieldProblem("same_person", "nobody like this is known", remedy)])
        if len({one.client_id for one in hers}) > 1:
            raise Refused("same-person", "Several clients could be this person: merge them first.", numbers=_of(hers))
    else:
        hers = certain
        if still_open := [one for one in hers if one.open]:
            raise Refused("same-person", f"Open already: {', '.join(_of(still_open))}.", numbers=_of(still_open))
    known = hers[0].client_id if hers else None
    return Standing(known, _of([one for one in alike if one.client_id != known]))


async def _alike(connection: AsyncConnection, given: ClientGiven) -> list[Alike]:
    """Return the latest journey of each client who could be this person, and every one that is certain."""
    rows = (await connection.execute(_ALIKE, {"birth_date": given.birth_date, "sex": given.sex})).all()
    name, phone = plain_name(given.name), plain_phone(given.phone)
    found: dict[UUID, tuple[UUID, str, bool]] = {}
    for row in rows:
        names, phones = name == plain_name(row.name), phone is not None and phone == plain_phone(row.phone)
        if names or phones:
            certain = (names and phones) or found.get(row.journey_id, (None, "", False))[2]
            found[row.journey_id] = (row.client_id, row.number, certain)
    if not found:
        return []
    still_open = set((await connection.execute(_OPEN, {"journeys": list(found)})).scalars())
    return [Alike(*about, open=journey in still_open) for journey, about in found.items()]


def plain_name(name: str) -> str:
    """Return a name as it is compared: one width, one case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def plain_phone(phone: str | None) -> str | None:
    """Return the digits of a phone number as dialed inside Korea, or None where there is none."""
    digits = "".join(character for character in phone or "" if character.isdigit())
    return f"0{digits.removeprefix('82')}" if (phone or "").startswith("+82") else digits or None


def _of(alike: Sequence[Alike]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.number for one in alike))
