"""The referral and its milestones: one program asked of one agency for one journey."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import Basis, Desk, ReferralState

#: A referral that somebody still owes something, as PostgreSQL must read it to use the indexes below.
OPEN: Final = (
    "state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed', 'entered_in_error')"
)


class Referral(Row, table=True):
    """One program asked of one agency for one journey."""

    __table_args__ = (
        Index(
            "ix_referral_open_of_agency",
            "agency",
            postgresql_where=text(OPEN),
        ),
        #: Of which nothing was heard for the longest, and about which nobody asked: see `tasks/asking.py`.
        Index(
            "ix_referral_unheard",
            "agency",
            text("GREATEST(created_at, heard_at, asked_at)"),
            postgresql_where=text(
                "state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',"
                " 'entered_in_error', 'drafted')",
            ),
        ),
        #: The same for agencies that decide what was sent to another.
        Index(
            "ix_referral_undecided",
            "agency",
            "program",
            text("GREATEST(created_at, heard_at, decider_asked_at)"),
            postgresql_where=text(
                "state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',"
                " 'entered_in_error', 'drafted', 'requested', 'received')",
            ),
        ),
        # Of the client, not of the journey: whoever has two journeys is asked for once, whichever desk was quicker.
        Index(
            "uq_referral_open",
            "client_id",
            "program",
            unique=True,
            postgresql_where=text(OPEN),
        ),
    )

    id: UUID = Field(primary_key=True)
    number: str = Field(unique=True, sa_type=String(24))
    journey_id: UUID = Field(foreign_key="journey.id", index=True)
    #: The journey's client, so that the database itself refuses the same program twice for one person.
    client_id: UUID = Field(foreign_key="client.id")
    desk: Desk = Field(sa_type=words(Desk))
    program: str = Field(sa_type=String(64))
    agency: str = Field(sa_type=String(64))
    state: ReferralState = Field(sa_type=words(ReferralState))
    outcome: str | None = Field(default=None, sa_type=String(64))
    #: When the agency said so, or declined; later milestones do not change it.
    outcome_at: datetime | None = None
    reason: str | None = Field(default=None, sa_type=String(64))
    #: The date that counts in law (Asia/Seoul): when the first office is asked; kept when a referral is redirected.
    application_date: date
    #: When the latest applied agency event happened.
    heard_at: datetime | None = None
    #: When its agency was last asked for news that never arrived.
    asked_at: datetime | None = None
    #: When the agency that decides it, where that is another one, was last asked.
    decider_asked_at: datetime | None = None
    #: The agency's own number for it.
    reference: str | None = Field(default=None, sa_type=String(128))
    #: Why a draft is not sent: e.g. `consent`.
    waits_for: str | None = Field(default=None, sa_type=String(64))
    #: Why this agency: code of the routing rule.
    rule: str | None = Field(default=None, sa_type=String(64))
    basis: Basis | None = Field(default=None, sa_type=words(Basis), nullable=True)
    basis_cite: str | None = Field(default=None, sa_type=String(200))
    #: What was disclosed (`models.vocabulary.Item` values), never the values themselves.
    items: list[str] = Field(default_factory=list, sa_type=JSONB)
    predecessor_id: UUID | None = Field(default=None, foreign_key="referral.id", nullable=True)
    redirect_to: str | None = Field(default=None, sa_type=String(64))
    #: What the agency proposed in its place when it declined: a program's code.
    proposed_program: str | None = Field(default=None, sa_type=String(64))
    created_at: datetime


class Milestone(Row, table=True):
    """A step of the program itself, mirrored from the agency's word."""

    __table_args__ = (UniqueConstraint("referral_id", "lane", "code", "occurred_at"),)

    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity()],
    )
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    lane: str = Field(sa_type=String(32))
    code: str = Field(sa_type=String(64))
    occurred_at: datetime
    recorded_at: datetime
    #: The inbox event that told it.
    cause: str = Field(sa_type=String(200))
