"""Evidence: that a client handed a paper in, and until which day it is good. Never what is in it, nor a file."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlmodel import Field

from models.columns import Row


class Evidence(Row, table=True):
    """A paper as it was handed in. Of one kind for one referral, or for the journey, the one noted last counts."""

    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index("ix_evidence_journey", "journey_id", "id"),
        #: How the ones that end are found, and the ones noted late (`tasks/evidence_ends.py`).
        Index("ix_evidence_ends", "valid_until", "journey_id"),
        Index("ix_evidence_noted", "recorded_at", "journey_id"),
    )

    id: UUID = Field(primary_key=True)
    journey_id: UUID = Field(foreign_key="journey.id")
    #: The referral it was handed in for; None for the journey as a whole.
    referral_id: UUID | None = Field(default=None, foreign_key="referral.id", nullable=True, index=True)
    #: A code of `catalog/evidence.yaml`.
    kind: str = Field(sa_type=String(60))
    #: Asia/Seoul dates; the last day on which it is good.
    received_on: date
    valid_until: date
    #: Who noted it, under which key, and the hash of what was said: said again, it is known.
    source: str = Field(sa_type=String(100))
    source_id: str = Field(sa_type=String(100))
    digest: str = Field(sa_type=String(64))
    recorded_at: datetime
