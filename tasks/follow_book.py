"""The book of follow-ups: every run as our own tables know it, whatever Prefect knows.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.schedules import is_due, is_late, next_hour
from models.vocabulary import FollowUp, FollowUpState

_BEGIN: Final = text("""
    INSERT INTO follow_up_run (follow_up, process, state, flow_run_id, began_at, report)
    VALUES (:follow_up, :process, 'open', :run, :now, '{}') RETURNING number
""")
_END: Final = text("""
    UPDATE follow_up_run SET state = :state, ended_at = :now, report = CAST(:report AS jsonb)
    WHERE number = :number AND state = 'open'
""")
_FORGET: Final = text("DELETE FROM follow_up_run WHERE number = :number AND state = 'open'")
_REPORT: Final = text("SELECT report FROM follow_up_run WHERE number = :number")
_STATE: Final = text("SELECT state FROM follow_up_run WHERE number = :number")
#: The latest run of each follow-up, the latest that came to its end, and the latest that counts as being at work.
_STANDING: Final = text("""
    SELECT kind.follow_up, last.began_at, last.ended_at, last.state, last.report, done.began_at AS done_began_at,
           done.ended_at AS done_ended_at,
           (SELECT max(work.began_at) FROM follow_up_run AS work
            WHERE work.follow_up = kind.follow_up AND work.state = 'open') AS open_began_at
    FROM unnest(CAST(:follow_ups AS text[])) AS kind (follow_up)
    LEFT JOIN LATERAL (
        SELECT * FROM follow_up_run WHERE follow_up = kind.follow_up ORDER BY began_at DESC, number DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT * FROM follow_up_run WHERE follow_up = kind.follow_up AND state = 'done' ORDER BY began_at DESC LIMIT 1
    ) AS done ON true
""")
_SINCE: Final = text("SELECT opened_at FROM shift ORDER BY number LIMIT 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one follow-up stands.

    Attributes:
        follow_up: Which one.
        state: Of its latest run; None where there was none.
        began_at: When its latest run began.
        ended_at: When its latest run ended.
        counts: What its latest run came to.
        done_began_at: When the latest run that came to its end began.
        done_ended_at: When that one ended.
        next_at: Its next hour.
        due: Whether a run is wanted now.
        late: Whether it did not run when it should have.
    """

    follow_up: FollowUp
    state: FollowUpState | None
    began_at: datetime | None
    ended_at: datetime | None
    counts: Mapping[str, int]
    done_began_at: datetime | None
    done_ended_at: datetime | None
    next_at: datetime
    due: bool
    late: bool


async def begin_run(
    connection: AsyncConnection, follow_up: FollowUp, process: int, flow_run_id: UUID | None, now: datetime
) -> int:
    """Write down that a run begins and return its number."""
    row = {"follow_up": follow_up.value, "process": process, "run": flow_run_id, "now": now}
    return int((await connection.execute(_BEGIN, row)).scalar_one())


async def end_run(
    connection: AsyncConnection, number: int, state: FollowUpState, counts: Mapping[str, int], now: datetime
) -> None:
    """Write down that a run has ended, and what it came to; one that has ended already stays as it is."""
    row = {"number": number, "state": state.value, "report": orjson.dumps(dict(counts)).decode(), "now": now}
    await connection.execute(_END, row)


async def forget_run(connection: AsyncConnection, number: int) -> None:
    """Take out a run that never began its work."""
    await connection.execute(_FORGET, {"number": number})


async def state_of(connection: AsyncConnection, number: int) -> FollowUpState | None:
    """Return where a run stands, or None where there is no such run."""
    state: str | None = (await connection.execute(_STATE, {"number": number})).scalar()
    return None if state is None else FollowUpState(state)


async def report_of(connection: AsyncConnection, number: int) -> dict[str, int]:
    """Return what a run came to."""
    return dict((await connection.execute(_REPORT, {"number": number})).scalar_one())


async def standings(connection: AsyncConnection, now: datetime) -> list[Standing]:
    """Return how every follow-up stands as of a moment (aware), in the order of the vocabulary."""
    since: datetime | None = (await connection.execute(_SINCE)).scalar()
    rows = await connection.execute(_STANDING, {"follow_ups": [each.value for each in FollowUp]})
    found: dict[str, Any] = {row.follow_up: row for row in rows}
    return [_standing(each, found[each.value], since, now) for each in FollowUp]


def _standing(follow_up: FollowUp, row: Any, since: datetime | None, now: datetime) -> Standing:  # noqa: ANN401 - a row of the database
    working = [moment for moment in (row.done_began_at, row.open_began_at) if moment is not None]
    return Standing(
        follow_up=follow_up,
        state=None if row.state is None else FollowUpState(row.state),
        began_at=row.began_at,
        ended_at=row.ended_at,
        counts=row.report or {},
        done_began_at=row.done_began_at,
        done_ended_at=row.done_ended_at,
        next_at=next_hour(follow_up, now).astimezone(UTC),
        due=is_due(follow_up, max(working, default=None), now),
        late=is_late(follow_up, row.done_began_at, since, now),
    )
