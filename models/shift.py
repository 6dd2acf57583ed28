"""A shift's own record, kept outside Prefect: whoever comes next finds the one that died."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Row, words
from models.vocabulary import Desk, ShiftState


class Shift(Row, table=True):
    """A shift's own record, outside Prefect: an unfinished one is found by the next."""

    __table_args__ = (Index("ix_shift_open", "process", postgresql_where=text("state = 'open'")),)

    number: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    desk: Desk = Field(sa_type=words(Desk))
    #: Advisory-lock key of the process; a shift is dead when nobody holds it.
    process: int = Field(sa_type=BigInteger)
    state: ShiftState = Field(sa_type=words(ShiftState, 8))
    flow_run_id: UUID | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    #: Counts: events, moves, letters, set aside.
    report: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
