"""The outbox: letters to agencies, each under one key for ever, sent until they arrive or a person decides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import Desk, LetterState, LetterType


class Letter(Row, table=True):
    """An outgoing letter; its id is its key at the agency for ever."""

    __table_args__ = (
        UniqueConstraint("referral_id", "type", "about"),
        UniqueConstraint("referral_id", "sequence"),
        Index("ix_letter_with_person", "created_at", postgresql_where=text("state = 'with_person'")),
        Index("ix_letter_due", "desk", "next_attempt_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_letter_referral", "referral_id", "sequence", postgresql_where=text("state = 'waiting'")),
    )

    id: UUID = Field(primary_key=True)
    desk: Desk = Field(sa_type=words(Desk))
    #: None, like the two below, for a digest, which speaks of many referrals.
    journey_id: UUID | None = Field(default=None, foreign_key="journey.id", index=True, nullable=True)
    referral_id: UUID | None = Field(default=None, foreign_key="referral.id", nullable=True)
    referral_number: str | None = Field(default=None, sa_type=String(24))
    agency: str = Field(sa_type=String(64))
    type: LetterType = Field(sa_type=words(LetterType, 40))
    #: What it is about, so that nothing is said twice: the request's number, what changed, the reason.
    about: str = Field(default="", sa_type=String(64))
    #: The one inbox event and step that made it.
    cause: str = Field(unique=True, sa_type=String(200))
    #: Order among one referral's letters.
    sequence: int
    #: `data` of the envelope: the only copy of what leaves the center.
    body: dict[str, Any] = Field(sa_type=JSONB)
    state: LetterState = Field(default=LetterState.WAITING, sa_type=words(LetterState, 16))
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    first_try_at: datetime | None = None
    #: Held by one sender until then; its `lease` number is the fence: an older holder's result is not written.
    leased_until: datetime | None = None
    lease: int = 0
    #: Process that holds it (`models.shift.Shift.process`).
    leased_by: int | None = Field(default=None, sa_type=BigInteger)
    last_problem: str | None = Field(default=None, sa_type=String(64))
    person_told_at: datetime | None = None
    settled_at: datetime | None = None
