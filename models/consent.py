"""What the client agreed to: one row per purpose and recipient (개인정보 보호법 §15, §17, §22; read 2026-11-22)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row


class Consent(Row, table=True):
    """A consent as it was given; withdrawing it fills `withdrawn_at` and deletes nothing."""

    __table_args__ = (Index("ix_consent_ends", "valid_to", postgresql_where=text("withdrawn_at IS NULL")),)

    id: UUID = Field(primary_key=True)
    client_id: UUID = Field(foreign_key="client.id", index=True)
    #: collection | provision | sensitive
    purpose: str = Field(sa_type=String(16))
    #: Code of the agency it names; None for collection by the center itself.
    recipient: str | None = Field(default=None, sa_type=String(64))
    #: Disclosure items it covers (`models.vocabulary.Item` values).
    items: list[str] = Field(sa_type=JSONB)
    #: self | guardian
    given_by: str = Field(default="self", sa_type=String(16))
    valid_from: date
    valid_to: date
    recorded_at: datetime
    withdrawn_at: datetime | None = None
