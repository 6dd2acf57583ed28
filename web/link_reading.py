"""What stands behind a link: the referral as it is now, and what of the client its agency may see. Reads only.

What may be seen is what the request disclosed, read from the letter itself by the rule of the packet
(`agencies.packet.unpack`), and only while the referral is open, with this agency, and no later letter took it back.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.link import LinkRead
from agencies.packet import Packet, unpack
from catalog import Catalog, UnknownWord
from models.roads import CLOSED
from models.vocabulary import LetterState, LetterType, ReferralState
from tasks.letters import STOPS

_LINK: Final = text("""
    SELECT link.id, link.agency, link.digest, link.expires_at, link.ended_at, link.ended_why, link.referral_id,
           referral.number, referral.program, referral.agency AS addressee, referral.state, referral.reason,
           referral.outcome, referral.application_date, referral.reference
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id WHERE link.id = :id
""")
_LETTERS: Final = text("""
    SELECT id, type, sequence, body, state, created_at FROM letter
    WHERE referral_id = :referral AND agency = :agency AND state <> 'withdrawn' ORDER BY sequence
""")
_USED: Final = text("UPDATE agency_link SET used_at = COALESCE(used_at, :now) WHERE id = :id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A referral as its agency's page shows it. Its repr shows its number only."""

    link: UUID
    agency: str
    #: The link opens nothing any more, or not for this agency: offer another.
    over: bool
    number: str
    program: str
    state: ReferralState
    reason: str | None
    outcome: str | None
    application_date: date
    reference: str | None
    #: What the request disclosed; None where nothing may be seen.
    request: Packet | None = field(default=None, repr=False)
    #: Codes of what has changed since, each with its day.
    changes: Sequence[tuple[str, datetime]] = ()

    @property
    def items(self) -> Mapping[str, JsonValue]:
        """What may be seen of the client, item by item."""
        return {} if self.request is None else {str(item): value for item, value in self.request.items.items()}

    @property
    def owed(self) -> bool:
        """Whether the referral is open, so that a new link is worth a mail."""
        return self.state not in CLOSED and self.state is not ReferralState.DRAFTED

    def __repr__(self) -> str:
        return f"Behind({self.number})"


async def look_behind(engine: AsyncEngine, catalog: Catalog, read: LinkRead, now: datetime) -> Behind | None:
    """Return what stands behind a link, or None where no such link was sent, or is kept, any more.

    Args:
        engine: The database.
        catalog: For what the program allows.
        read: A token whose seal was found good.
        now: Aware.
    """
    async with engine.connect() as connection:
        row: Any = (await connection.execute(_LINK, {"id": read.id})).one_or_none()
        if row is None or row.digest != read.digest:
            return None
        over = row.ended_at is not None or read.expires_at <= now or row.addressee != row.agency
        letters: Sequence[Any] = []
        if not over:
            known = {"referral": row.referral_id, "agency": row.agency}
            letters = (await connection.execute(_LETTERS, known)).all()
    state = ReferralState(row.state)
    return Behind(
        link=row.id,
        agency=row.agency,
        over=over,
        number=row.number,
        program=row.program,
        state=state,
        reason=row.reason,
        outcome=row.outcome,
        application_date=row.application_date,
        reference=row.reference,
        request=None if over else _request(letters, state, row.agency, catalog),
        changes=[
            (str(letter.body.get("reason") or ""), letter.created_at)
            for letter in letters
            if letter.type == LetterType.AMENDED
        ],
    )


async def note_used(engine: AsyncEngine, link: UUID, now: datetime) -> None:
    """Remember that something was said through a link."""
    async with engine.begin() as connection:
        await connection.execute(_USED, {"id": link, "now": now})


def _request(letters: Sequence[Any], state: ReferralState, agency: str, catalog: Catalog) -> Packet | None:
    """Return the latest request, unless something ended what it disclosed."""
    if state in CLOSED or state is ReferralState.DRAFTED:
        return None
    request = next((letter for letter in reversed(letters) if letter.type == LetterType.REQUESTED), None)
    if request is None or LetterState(request.state) is LetterState.WITHDRAWN:
        return None
    if any(letter.type in STOPS and letter.sequence > request.sequence for letter in letters):
        return None
    with suppress(KeyError, ValueError, TypeError, UnknownWord):
        return unpack(
            request.body,
            catalog.program(str(request.body["program"])).items,
            letter_id=request.id,
            agency=agency,
            letter_type=LetterType.REQUESTED,
            made_at=request.created_at,
        )
    # A client who was forgotten leaves an empty letter.
    return None
