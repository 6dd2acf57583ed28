"""The inbox: everything that happened and is committed; a desk clears it batch after batch."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import Desk, Fate

#: What nobody has to do anything about any more; as PostgreSQL must read it to use the indexes.
SETTLED: Final = "fate IN ('applied', 'already_known', 'older', 'dropped')"
#: What was said and stands in the log by now, until it is emptied.
TOLD: Final = f"{SETTLED} AND data <> CAST('{{}}' AS jsonb)"
#: What nobody is to hear again, whoever repeats it: its id goes after its time.
OVER: Final = f"(forgotten OR journey_id IS NULL AND {SETTLED})"


class InboxEvent(Row, table=True):
    """Something that happened and was committed before anyone was told 2xx; the only cause of a move."""

    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_inbox_waiting", "desk", "id", postgresql_where=text("fate = 'waiting'")),
        Index("ix_inbox_waiting_of_journey", "journey_id", "desk", "id", postgresql_where=text("fate = 'waiting'")),
        Index("ix_inbox_parked", "referral_number", postgresql_where=text("fate = 'parked'")),
        #: When an agency spoke.
        Index("ix_inbox_from_agency", "source", "received_at", postgresql_where=text("source LIKE 'agency:%'")),
        Index("ix_inbox_told", "received_at", postgresql_where=text(TOLD)),
        Index("ix_inbox_settled_of_journey", "journey_id", postgresql_where=text(SETTLED)),
        Index("ix_inbox_over", "received_at", postgresql_where=text(OVER)),
        Index("ix_inbox_held_back", "journey_id", "desk", postgresql_where=text("fate = 'held_back'")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    #: None while nobody knows which desk it is for (unknown referral).
    desk: Desk | None = Field(default=None, sa_type=words(Desk), nullable=True)
    journey_id: UUID | None = Field(default=None, foreign_key="journey.id", nullable=True)
    referral_number: str | None = Field(default=None, sa_type=String(64))
    #: Code of who said it: `agency:nhis`, `staff:<token name>`, `delivery`, `desk:intake`.
    source: str = Field(sa_type=String(100))
    #: The sender's own id; unique by source.
    source_id: str = Field(sa_type=String(256))
    #: A `ReferralEvent`, `JourneyEvent` or, between desks, `heard`.
    word: str = Field(sa_type=String(32))
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    #: SHA-256 of what came, so that the same id with another body is noticed.
    digest: str = Field(default="", sa_type=String(64))
    occurred_at: datetime
    received_at: datetime
    fate: Fate = Field(default=Fate.WAITING, sa_type=words(Fate, 16))
    fate_reason: str | None = Field(default=None, sa_type=String(64))
    fate_at: datetime | None = None
    #: Whether the client of its journey was forgotten: no door takes an event of hers any more.
    forgotten: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
