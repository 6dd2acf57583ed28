"""The client and the people of the household, with names, phones and addresses.

Nothing else keeps these, but for what has left the center (`models.outbox.Letter.body`).
"""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlmodel import Field

from models.columns import Row


class Client(Row, table=True):
    """A person who walked in. What the rules need beyond this are the journey's facts."""

    __table_args__ = (
        #: How the same person walking in again is found.
        Index("ix_client_same_person", "birth_date", "sex"),
        Index("ix_client_keeping", "keeping_at", postgresql_where=text("forgotten_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    birth_date: date
    sex: str = Field(sa_type=String(8))
    phone: str | None = Field(default=None, sa_type=Text)
    address: str | None = Field(default=None, sa_type=Text)
    #: True where the address must be given to nobody (domestic violence).
    address_secret: bool = False
    created_at: datetime
    #: When `keeping` looks again whether their time is over; long ago before its first look.
    keeping_at: datetime = Field(
        default=datetime(1970, 1, 1, tzinfo=UTC),
        sa_column_kwargs={"server_default": text("'1970-01-01 00:00:00+00'")},
    )
    #: Since when name, phone and address are gone because their time was over.
    forgotten_at: datetime | None = None


class HouseholdMember(Row, table=True):
    """A person who shares the client's household; never the client."""

    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(foreign_key="client.id", index=True)
    relation: str = Field(sa_type=String(32))
    name: str | None = Field(default=None, sa_type=Text)
    birth_date: date | None = None
    school_level: str | None = Field(default=None, sa_type=String(16))
    lives_together: bool = True
