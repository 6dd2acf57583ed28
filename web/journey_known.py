"""What the staff's door must know of a journey before it takes an event in."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.client import Client, HouseholdMember
from models.facts import Facts
from models.journey import Journey
from models.numbers import BadNumber, Kind, read
from models.referral import OPEN, Referral


@dataclass(frozen=True, slots=True)
class KnownJourney:
    """What the door must know of a journey to check an event."""

    id: UUID
    #: This one's id and those of journeys that ended in it: events may have come under any of them.
    ids: frozenset[UUID]
    facts: Facts
    #: Program by number of referral.
    referrals: dict[str, str]
    #: Number of the client's open referral by program, whichever journey it belongs to.
    open_referrals: dict[str, str]
    #: Whether the client's time was over and everything about her is gone.
    forgotten: bool = False

    def program_of(self, number: str) -> str | None:
        """Return the program of a referral of this journey; None for any other number, or none at all."""
        try:
            return self.referrals.get(read(Kind.REFERRAL, number))
        except BadNumber:
            return None


_NAMED: Final = aliased(Journey)
#: The journey of a number, or the one it ended in.
_JOURNEY: Final = (
    select(
        col(Journey.id),
        col(Journey.client_id),
        col(Journey.facts),
        col(Client.birth_date),
        col(Client.sex),
        col(Client.forgotten_at),
    )
    .join(_NAMED, col(Journey.id) == func.coalesce(col(_NAMED.merged_into), col(_NAMED.id)))
    .join(Client, col(Client.id) == col(Journey.client_id))
    .where(col(_NAMED.number) == bindparam("number"))
)
_MERGED: Final = select(col(Journey.id)).where(col(Journey.merged_into) == bindparam("journey_id"))
_MEMBERS: Final = select(
    col(HouseholdMember.relation),
    col(HouseholdMember.birth_date),
    col(HouseholdMember.school_level),
    col(HouseholdMember.lives_together),
).where(col(HouseholdMember.client_id) == bindparam("client_id"))
_REFERRALS: Final = select(col(Referral.number), col(Referral.program)).where(
    col(Referral.journey_id) == bindparam("journey_id")
)
_OPEN_REFERRALS: Final = select(col(Referral.program), col(Referral.number)).where(
    col(Referral.client_id) == bindparam("client_id"), text(OPEN)
)


async def known_journey(engine: AsyncEngine, number: str) -> KnownJourney | None:
    """Return what is known of a journey by its number, or of the one it ended in, or None."""
    async with engine.connect() as connection:
        journey = (await connection.execute(_JOURNEY, {"number": number})).first()
        if journey is None:
            return None
        members = await connection.execute(_MEMBERS, {"client_id": journey.client_id})
        referrals = await connection.execute(_REFERRALS, {"journey_id": journey.id})
        still_open = await connection.execute(_OPEN_REFERRALS, {"client_id": journey.client_id})
        merged = (await connection.execute(_MERGED, {"journey_id": journey.id})).scalars()
        household = [dict(row) for row in members.mappings()]
        facts = {**journey.facts, "birth_date": journey.birth_date, "sex": journey.sex, "household": household}
        return KnownJourney(
            journey.id,
            frozenset({journey.id, *merged}),
            Facts.model_validate(facts),
            {row.number: row.program for row in referrals},
            {row.program: row.number for row in still_open},
            journey.forgotten_at is not None,
        )
