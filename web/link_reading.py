"""What stands behind a link: the referral as it is now, and what of the client its agency may see. Reads only.

What may be seen is what the request disclosed, read from the letter itself by the rule of the packet
(`agencies.packet.unpack`), and only while the referral is open and not asked to stop, with this agency, no later letter
took it back, and a basis carries it; of that, what is still so (`web.link_items`).
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.link import LinkRead
from agencies.packet import Packet, unpack
from catalog import Catalog, UnknownWord
from models.counting import day_of
from models.roads import CLOSED
from models.vocabulary import LetterState, LetterType, ReferralState
from tasks.letters import STOPS
from web.link_items import Seen, seen_today

_LINK: Final = text("""
    SELECT link.id, link.agency, link.digest, link.expires_at, link.ended_at, link.ended_why, link.referral_id,
           referral.number, referral.program, referral.agency AS addressee, referral.state, referral.reason,
           referral.outcome, referral.application_date, referral.reference, referral.journey_id
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id WHERE link.id = :id
""")
_LETTERS: Final = text("""
    SELECT id, type, sequence, body, state, created_at FROM letter
    WHERE referral_id = :referral AND agency = :agency ORDER BY sequence
""")
#: In these an agency has nothing to see of the client: nothing was asked, it has ended, or it is to stop.
_NOTHING: Final = CLOSED | {ReferralState.DRAFTED, ReferralState.CANCEL_REQUESTED}


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
    #: None where nothing may be seen of the client.
    seen: Seen | None = None
    #: Codes of what the agency was told has changed since, each with its day.
    changes: Sequence[tuple[str, datetime]] = ()

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
        state = ReferralState(row.state)
        letters: Sequence[Any] = []
        seen: Seen | None = None
        if not over and state not in _NOTHING:
            known = {"referral": row.referral_id, "agency": row.agency}
            letters = (await connection.execute(_LETTERS, known)).all()
        request = _request(letters, row.agency, catalog)
        if request is not None:
            # What cannot be read any more is not shown.
            with suppress(ValueError, UnknownWord):
                seen = await seen_today(connection, catalog, request, row.journey_id, day_of(now))
    told = [each for each in letters if each.type == LetterType.AMENDED and each.state != LetterState.WITHDRAWN]
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
        seen=seen,
        changes=() if seen is None else [(str(each.body.get("reason") or ""), each.created_at) for each in told],
    )


def _request(letters: Sequence[Any], agency: str, catalog: Catalog) -> Packet | None:
    """Return the latest request, unless something took back what it disclosed."""
    request = next((each for each in reversed(letters) if each.type == LetterType.REQUESTED), None)
    if request is None or request.state == LetterState.WITHDRAWN:
        return None
    # One that takes back does so whether it has left, waits, or was set aside because the agency knows already.
    if any(each.type in STOPS and each.sequence > request.sequence for each in letters):
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
