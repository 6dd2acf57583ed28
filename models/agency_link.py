"""The links sent to agencies that read mail: each opens the page of one referral of one agency, until a day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlmodel import Field

from models.columns import Row


class AgencyLink(Row, table=True):
    """A link as it was sent; the link itself stands nowhere, only its hash."""

    __table_args__ = (
        #: Of the links to one referral one was sent and opens, and at most one waits to be sent in its place.
        Index(
            "uq_agency_link_sent",
            "referral_id",
            "agency",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND sent_at IS NOT NULL"),
        ),
        Index(
            "uq_agency_link_unsent",
            "referral_id",
            "agency",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND sent_at IS NULL"),
        ),
        Index("ix_agency_link_expires", "expires_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_agency_link_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    agency: str = Field(sa_type=String(64))
    referral_id: UUID = Field(foreign_key="referral.id", index=True)
    #: SHA-256 (hex) of the token.
    digest: str = Field(unique=True, sa_type=String(64))
    made_at: datetime
    expires_at: datetime
    #: When a mail server first took it. Until then the one before it opens too: a refused mail shuts nobody out.
    sent_at: datetime | None = None
    #: From then on it opens nothing: it was replaced, its time was over, or its mailbox moved.
    ended_at: datetime | None = None
    #: replaced | expired | moved | restored (with a copy of the database)
    ended_why: str | None = Field(default=None, sa_type=String(16))
    #: How often a new link was asked for on its page, and when last.
    asked: int = 0
    asked_at: datetime | None = None
