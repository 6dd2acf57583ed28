"""The journey: one client's way through the center, from walking in until nothing is owed any more."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row


class Journey(Row, table=True):
    """A journey. Its row is what desks lock: whoever holds it works the case, nobody else does."""

    __table_args__ = (Index("ix_journey_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),)

    id: UUID = Field(primary_key=True)
    number: str = Field(unique=True, sa_type=String(24))
    client_id: UUID = Field(foreign_key="client.id", index=True)
    opened_on: date
    opened_at: datetime
    #: `models.vocabulary.Need` values.
    needs: list[str] = Field(sa_type=JSONB)
    #: `models.facts.Facts` without what the client and household rows hold.
    facts: dict[str, Any] = Field(sa_type=JSONB)
    #: Key the caller of the intake door gave, so that a repeated intake opens one journey.
    intake_key: str | None = Field(default=None, unique=True, sa_type=String(128))
    #: Since when nothing is done because the client cannot be reached or wishes so; None while it goes on.
    dormant_since: datetime | None = None
    #: Code of why.
    dormant_reason: str | None = Field(default=None, sa_type=String(64))
    #: The journey this one was found to be a duplicate of; its referrals go on there.
    merged_into: UUID | None = Field(default=None, foreign_key="journey.id", nullable=True)
