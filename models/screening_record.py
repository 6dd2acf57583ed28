"""A pre-screening as it was made: enough to tell, and to make again, what an answer was reckoned from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row


class ScreeningRecord(Row, table=True):
    """What the pre-screening of a program said on a day; written when it said something new."""

    __table_args__ = (Index("ix_screening_record_journey", "journey_id", "program", "id"),)

    #: In the order in which a journey's screenings were made.
    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    journey_id: UUID = Field(foreign_key="journey.id")
    program: str = Field(sa_type=String(64))
    #: LIKELY, BORDERLINE, NEEDS_INFO, UNLIKELY or EXCLUDED; never a decision.
    result: str = Field(sa_type=String(16))
    #: Why, in words.
    reason: str = Field(sa_type=Text)
    #: Everything it compared, as printed; every way into the program; and the facts that were missing.
    lines: list[str] = Field(sa_type=JSONB)
    routes: list[str] = Field(sa_type=JSONB)
    missing: list[str] = Field(sa_type=JSONB)
    #: `models.facts.Facts` as they stood.
    facts: dict[str, Any] = Field(sa_type=JSONB)
    #: The law it named: cites.
    law: list[str] = Field(sa_type=JSONB)
    #: Version of the catalog whose numbers were used.
    params_version: str = Field(sa_type=String(64))
    #: The legally relevant day, Asia/Seoul.
    asked_on: date
    recorded_at: datetime
