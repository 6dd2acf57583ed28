"""What the follow-ups remember: when each journey is to be looked at again, what was done about time, and every run."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import FollowUp, FollowUpState


class Agenda(Row, table=True):
    """When a follow-up looks at a journey again; whoever changes the journey sets it to now.

    So a follow-up's cost goes with what has changed and what is due, never with how many journeys are open.
    """

    __table_args__ = (Index("ix_agenda_due", "follow_up", "look_at", "journey_id"),)

    journey_id: UUID = Field(foreign_key="journey.id", primary_key=True)
    follow_up: FollowUp = Field(sa_type=words(FollowUp, 16), primary_key=True)
    look_at: datetime


class FollowUpStep(Row, table=True):
    """Something a follow-up did about one deadline of one referral; once for each step, whoever asks again."""

    __table_args__ = (
        UniqueConstraint("referral_id", "deadline", "due_at", "step"),
        Index("ix_follow_up_step_done", "done_at"),
        Index("ix_follow_up_step_unsent", "agency", postgresql_where=text("does = 'remind' AND letter_id IS NULL")),
        Index("ix_follow_up_step_letter", "letter_id", postgresql_where=text("letter_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    agency: str = Field(sa_type=String(64))
    follow_up: FollowUp = Field(sa_type=words(FollowUp, 16))
    #: Code of the deadline (`catalog/deadlines.yaml`), and the moment it was due: begun anew, it is followed anew.
    deadline: str = Field(sa_type=String(60))
    due_at: datetime
    #: 1, 2, 3 … in the order of `catalog/follow_ups.yaml`.
    step: int
    #: What was done: a word of `catalog/follow_ups.yaml`.
    does: str = Field(sa_type=String(16))
    done_at: datetime
    #: The digest that carried the reminder, once it is written.
    letter_id: UUID | None = Field(default=None, foreign_key="letter.id", nullable=True)


class FollowUpRun(Row, table=True):
    """One run of a follow-up, kept outside Prefect: what it covered, and whether it came to its end."""

    __table_args__ = (
        Index("ix_follow_up_run_latest", "follow_up", "began_at"),
        Index("ix_follow_up_run_open", "process", postgresql_where=text("state = 'open'")),
    )

    number: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    follow_up: FollowUp = Field(sa_type=words(FollowUp, 16))
    #: Advisory-lock key of the process; an open run is dead when nobody holds it.
    process: int = Field(sa_type=BigInteger)
    state: FollowUpState = Field(sa_type=words(FollowUpState, 8))
    flow_run_id: UUID | None = Field(default=None, index=True)
    began_at: datetime
    #: None while it works.
    ended_at: datetime | None = None
    #: Counts: looked at, reminded, expired …
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
