"""A client's phone or address changes: her row, the requests that have not left, and an event that says only what.

All in one transaction under the locks of all her journeys. The event names what has changed and never how it reads:
her row alone keeps that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.database import RING
from models.vocabulary import Desk, JourneyEvent

#: What of a client's row is told so.
Told = Literal["phone", "address", "address_secret"]

#: Times it is begun again, where her journeys changed while it waited for them.
_TRIES: Final = 3

#: Every living journey of the client whose journey, or what that ended in, bears a number; in one order, so that
#: nobody waits in a circle with a merge.
_LOCK: Final = text("""
    SELECT journey.id, journey.number, journey.client_id, journey.id = COALESCE(named.merged_into, named.id) AS said
    FROM journey AS named
    JOIN journey AS standing ON standing.id = COALESCE(named.merged_into, named.id)
    JOIN journey ON journey.client_id = standing.client_id AND journey.merged_into IS NULL
    WHERE named.number = :number ORDER BY journey.id FOR NO KEY UPDATE OF journey
""")
_THERE: Final = text("SELECT EXISTS (SELECT 1 FROM journey WHERE number = :number)")
_BEFORE: Final = text("""
    SELECT id, digest FROM inbox_event WHERE source = :source AND source_id = :source_id
""")
_CLIENT: Final = text("""
    SELECT phone, address, address_secret, forgotten_at FROM client WHERE id = :client FOR NO KEY UPDATE
""")
_CHANGE: Final = text("""
    UPDATE client SET phone = :phone, address = :address, address_secret = :address_secret WHERE id = :client
""")
#: A request that was never tried says the new thing; one that was says under its key what it said first.
_REWRITE: Final = text("""
    UPDATE letter
    SET body = CASE WHEN CAST(:value AS text) IS NULL THEN letter.body #- ARRAY['items', CAST(:item AS text)]
                    ELSE jsonb_set(letter.body, ARRAY['items', CAST(:item AS text)], to_jsonb(CAST(:value AS text))) END
    FROM referral
    WHERE referral.id = letter.referral_id AND letter.journey_id = ANY(:journeys) AND letter.state = 'waiting'
      AND letter.type = 'referral.requested' AND letter.attempts = 0
      AND referral.items @> to_jsonb(ARRAY[CAST(:item AS text)])
    RETURNING letter.referral_number
""")
#: What must be given to nobody does not leave, whatever was said under that key before.
_HIDE: Final = text("""
    UPDATE letter SET body = body #- '{items,address}'
    WHERE journey_id = ANY(:journeys) AND state IN ('waiting', 'with_person')
      AND jsonb_exists(body -> 'items', 'address')
""")
_EVENT: Final = """
    INSERT INTO inbox_event (desk, journey_id, source, source_id, word, data, digest, occurred_at, received_at, fate)
    VALUES (:desk, :journey, :source, :source_id, :word, CAST(:data AS jsonb), :digest, :occurred_at, :now, 'waiting')
"""
#: Another of her journeys hears it under the caller's key with this and its number behind it; no key of a caller has it
#: (`web.tokens`), so nothing of theirs stands there already, and what does is a fault that is told.
_ALSO: Final = "/"
_HEARD: Final = text(f"{_EVENT} RETURNING id")
#: Somebody may have used the key for another client meanwhile.
_SAID: Final = text(f"{_EVENT} ON CONFLICT (source, source_id) DO NOTHING RETURNING id")


class NotChanged(Exception):  # noqa: N818 - names what happened
    """Nothing was changed: `unknown-journey`, or `forgotten`."""

    def __init__(self, code: Literal["unknown-journey", "forgotten"]) -> None:
        super().__init__(code)
        self.code: Literal["unknown-journey", "forgotten"] = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What was told anew.

    Attributes:
        given: The told fields of the client's row; None takes a phone or an address away.
        facts: Where the client lives now, as facts: told with an address, it is a move.
        source: Who says so; with `source_id` it is known when it is said again.
        digest: Of what was said, under a key that is not in the database: nobody finds a phone number from it.
    """

    given: Mapping[Told, str | bool | None] = field(repr=False)
    facts: Mapping[str, str | None]
    source: str
    source_id: str
    digest: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The event that says so; where it was there before, with the digest it has."""

    id: int
    fresh: bool
    digest: str


async def change_contact(engine: AsyncEngine, number: str, contact: Contact, now: datetime) -> Heard:
    """Change a client's phone and address, and let every desk of her journeys hear that they have changed.

    Args:
        engine: The database.
        number: Of one of her journeys.
        contact: Checked.
        now: Aware.

    Raises:
        NotChanged: There is no such journey, or its client was forgotten.
        sqlalchemy.exc.SQLAlchemyError: The database is away; nothing was changed, or all of it.
    """
    for _ in range(_TRIES):
        async with engine.connect() as connection, connection.begin() as transaction:
            heard = await _change(connection, number, contact, now)
            if heard is not None:
                return heard
            await transaction.rollback()
    message = "her journeys changed each time they were looked at"
    raise RuntimeError(message)


async def _change(connection: AsyncConnection, number: str, contact: Contact, now: datetime) -> Heard | None:
    """Change it all; None where somebody came between: begin again."""
    journeys: Sequence[Any] = (await connection.execute(_LOCK, {"number": number})).all()
    if not any(row.said for row in journeys):
        if not (await connection.execute(_THERE, {"number": number})).scalar_one():
            raise NotChanged("unknown-journey")
        return None
    known = {"source": contact.source, "source_id": contact.source_id}
    before = (await connection.execute(_BEFORE, known)).first()
    if before is not None:
        return Heard(id=before.id, fresh=False, digest=before.digest)
    client = journeys[0].client_id
    row = dict((await connection.execute(_CLIENT, {"client": client})).mappings().one())
    if row.pop("forgotten_at") is not None:
        raise NotChanged("forgotten")
    as_told = {**row, **contact.given}
    changed = sorted(name for name in row if row[name] != as_told[name])
    fresh = await _rewrite(connection, [each.id for each in journeys], changed, as_told)
    data: dict[str, Any] = {"changed": changed, "secret": as_told["address_secret"], "fresh": fresh}
    data |= {"facts": contact.facts} if contact.facts else {}
    written: int | None = None
    for each in journeys:
        event = {
            **known,
            "source_id": contact.source_id if each.said else f"{contact.source_id}{_ALSO}{each.number}",
            "desk": Desk.INTAKE.value,
            "journey": each.id,
            "word": JourneyEvent.CONTACT_CHANGED.value,
            "data": orjson.dumps(data).decode(),
            "digest": contact.digest if each.said else "",
            "occurred_at": contact.occurred_at,
            "now": now,
        }
        put = (await connection.execute(_SAID if each.said else _HEARD, event)).scalar()
        written = put if each.said else written
    if written is None:
        return None
    await connection.execute(_CHANGE, {**as_told, "client": client})
    await connection.execute(RING, {"desks": [Desk.INTAKE.value]})
    return Heard(id=written, fresh=True, digest=contact.digest)


async def _rewrite(
    connection: AsyncConnection, journeys: Sequence[UUID], changed: Sequence[str], row: Mapping[str, Any]
) -> list[str]:
    """Let what has not left say the new things; return the numbers of the referrals whose request does."""
    secret = row["address_secret"]
    address = None if secret else row["address"]
    values = {"phone": row["phone"]} if "phone" in changed else {}
    values |= {"address": address} if {"address", "address_secret"} & set(changed) else {}
    fresh: set[str] = set()
    for item, value in values.items():
        rewriting = {"item": item, "value": value, "journeys": list(journeys)}
        fresh |= set((await connection.execute(_REWRITE, rewriting)).scalars())
    if secret:
        await connection.execute(_HIDE, {"journeys": list(journeys)})
    return sorted(fresh)
