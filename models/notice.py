"""What needs a person: notices, and the journeys a desk has set aside."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import Desk, FollowUp


class SetAside(Row, table=True):
    """A journey that one desk cannot go on with; a person looks, the others are not stopped."""

    journey_id: UUID = Field(foreign_key="journey.id", primary_key=True)
    desk: Desk = Field(sa_type=words(Desk), primary_key=True)
    #: Code of the reason; see `docs/runbook.md`.
    reason: str = Field(sa_type=String(64))
    #: Codes and numbers only, never a person's data.
    detail: str = Field(default="", sa_type=String(400))
    event_id: int | None = None
    since: datetime


class Notice(Row, table=True):
    """Something a person must do or know, said once."""

    __table_args__ = (
        Index("ix_notice_open", "raised_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_notice_settled", "settled_at", postgresql_where=text("settled_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    journey_id: UUID | None = Field(default=None, foreign_key="journey.id", index=True)
    desk: Desk = Field(sa_type=words(Desk))
    code: str = Field(sa_type=String(64))
    #: Program, agency or referral number it is about.
    about: str = Field(default="", sa_type=String(128))
    detail: str = Field(default="", sa_type=String(400))
    #: Journey, desk, code and about in one: the same thing is said once.
    key: str = Field(unique=True, sa_type=String(300))
    #: Wanted by a desk's rules, and settled by the desk when they want it no more.
    by_rule: bool = False
    #: Raised by a follow-up, and settled by it when it does not stand any longer.
    follow_up: FollowUp | None = Field(default=None, sa_type=words(FollowUp, 16), nullable=True)
    raised_at: datetime
    settled_at: datetime | None = None
    #: `desk`, `follow-up` or `merge`; a person as `staff:` and the token, or `cli:` and the account.
    settled_by: str | None = Field(default=None, sa_type=String(64))
    #: In the words of the person who settled it; None where it was settled by itself or by mending.
    settled_why: str | None = Field(default=None, sa_type=String(200))
