"""What became of an event: one look at its inbox row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from models.inbox import InboxEvent
from models.vocabulary import Fate


@dataclass(frozen=True, slots=True)
class Known:
    """An event that is here."""

    id: int
    fate: Fate
    #: Code, where the fate has one.
    reason: str | None
    fate_at: datetime | None
    referral_number: str | None
    journey_id: UUID | None
    word: str
    digest: str


_FATE: Final = select(
    col(InboxEvent.id),
    col(InboxEvent.fate),
    col(InboxEvent.fate_reason),
    col(InboxEvent.fate_at),
    col(InboxEvent.referral_number),
    col(InboxEvent.journey_id),
    col(InboxEvent.word),
    col(InboxEvent.digest),
).where(
    col(InboxEvent.source) == bindparam("source"),
    col(InboxEvent.source_id) == bindparam("source_id"),
)


async def fate_of(engine: AsyncEngine, source: str, source_id: str) -> Known | None:
    """Return the event a source sent under an id, or None."""
    async with engine.connect() as connection:
        row = (await connection.execute(_FATE, {"source": source, "source_id": source_id})).first()
    return None if row is None else Known(*row)
