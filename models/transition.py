"""The log that explains every state: one row a step, chained by hash, never changed and never deleted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, String, UniqueConstraint
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import ReferralEvent, ReferralState


class Transition(Row, table=True):
    """One row of the log that explains the state; never changed, never deleted."""

    __table_args__ = (UniqueConstraint("referral_id", "sequence"), UniqueConstraint("referral_id", "cause"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    referral_id: UUID = Field(foreign_key="referral.id")
    #: 1 for a referral's first row, then one more each.
    sequence: int
    start: ReferralState | None = Field(default=None, sa_type=words(ReferralState), nullable=True)
    event: ReferralEvent = Field(sa_type=words(ReferralEvent))
    end: ReferralState = Field(sa_type=words(ReferralState))
    lane: str | None = Field(default=None, sa_type=String(32))
    milestone: str | None = Field(default=None, sa_type=String(64))
    outcome: str | None = Field(default=None, sa_type=String(64))
    reason: str | None = Field(default=None, sa_type=String(64))
    #: What brought it about: `event:<inbox id>`, or `rule:<inbox id>:<what>:…` for what a desk's rules made of it.
    cause: str = Field(sa_type=String(200))
    #: Code of who said it: `agency:nhis`, `staff:<token name>`, `desk:intake`, `delivery`.
    who: str = Field(sa_type=String(100))
    occurred_at: datetime
    recorded_at: datetime
    shift: int | None = None
    flow_run_id: UUID | None = None
    previous_hash: str = Field(sa_type=String(64))
    hash: str = Field(sa_type=String(64))
