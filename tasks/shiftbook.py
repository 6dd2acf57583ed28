"""The shift book: shifts as our own tables know them, whatever Prefect knows.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.vocabulary import Desk, FollowUp

_OPEN: Final = text("""
    INSERT INTO shift (desk, process, state, opened_at, report) VALUES (:desk, :process, 'open', :now, '{}')
    RETURNING number
""")
_NAME_RUN: Final = text("UPDATE shift SET flow_run_id = :run WHERE number = :number")
_CLOSE: Final = text("""
    UPDATE shift SET state = 'done', closed_at = :now, report = CAST(:report AS jsonb)
    WHERE number = :number AND state = 'open'
""")
_BREAK: Final = text("""
    UPDATE shift SET state = 'broken', closed_at = :now, report = jsonb_build_object('broke', CAST(:outline AS text))
    WHERE number = :number AND state = 'open'
""")
_BREAK_EARLIER: Final = text("""
    UPDATE shift SET state = 'broken', closed_at = :now, report = jsonb_build_object('broke', 'the database was away')
    WHERE process = :process AND desk = :desk AND state = 'open'
""")
#: What is open by its process: shifts, and runs of follow-ups. One process may have both.
_OPEN_WORK: Final = """
    (SELECT process, report FROM shift WHERE state = 'open'
     UNION ALL SELECT process, report FROM follow_up_run WHERE state = 'open')
"""
_OTHERS: Final = text(f"SELECT DISTINCT process FROM {_OPEN_WORK} AS work WHERE process <> :process")  # noqa: S608 - our own words
#: One looks for the dead at a time: whoever tries a lock holds it, and would look alive to another who tries it.
_MY_TURN: Final = text("SELECT pg_try_advisory_xact_lock(20171128, 0)")
_IS_DEAD: Final = text("SELECT pg_try_advisory_xact_lock(:process)")
#: Seconds by the database's clock, the one all machines share, for which a process must have looked dead.
LOOKS_DEAD_SECONDS: Final = 5.0
#: A process that holds its lock (again) is not suspected any more; $1 is its key. For the connection that holds it.
ALIVE: Final = """
    WITH runs AS (
        UPDATE follow_up_run SET report = report - 'suspected_at'
        WHERE process = $1::bigint AND state = 'open' AND report ? 'suspected_at'
    )
    UPDATE shift SET report = report - 'suspected_at'
    WHERE process = $1::bigint AND state = 'open' AND report ? 'suspected_at'
"""
_SUSPECT: Final = text("""
    WITH runs AS (
        UPDATE follow_up_run
        SET report = report || jsonb_build_object('suspected_at', extract(epoch FROM clock_timestamp()))
        WHERE process = :process AND state = 'open' AND NOT jsonb_exists(report, 'suspected_at')
    )
    UPDATE shift SET report = report || jsonb_build_object('suspected_at', extract(epoch FROM clock_timestamp()))
    WHERE process = :process AND state = 'open' AND NOT jsonb_exists(report, 'suspected_at')
""")
_SUSPECTED_FOR: Final = text(f"""
    SELECT max(extract(epoch FROM clock_timestamp()) - CAST(report ->> 'suspected_at' AS numeric))
    FROM {_OPEN_WORK} AS work WHERE process = :process
""")  # noqa: S608 - our own words
_TRUST: Final = text("""
    WITH runs AS (
        UPDATE follow_up_run SET report = report - 'suspected_at'
        WHERE process = :process AND state = 'open' AND jsonb_exists(report, 'suspected_at')
    )
    UPDATE shift SET report = report - 'suspected_at'
    WHERE process = :process AND state = 'open' AND jsonb_exists(report, 'suspected_at')
""")
_BURY: Final = text("""
    UPDATE shift SET state = 'died', closed_at = :now, report = report - 'suspected_at'
    WHERE process = :process AND state = 'open'
    RETURNING number, desk, flow_run_id
""")
_BURY_RUNS: Final = text("""
    UPDATE follow_up_run SET state = 'broken', ended_at = :now, report = report - 'suspected_at'
    WHERE process = :process AND state = 'open'
    RETURNING number, follow_up, flow_run_id
""")
_SUSPECTS: Final = text(f"""
    SELECT EXISTS (
        SELECT 1 FROM {_OPEN_WORK} AS work WHERE process <> :process AND jsonb_exists(report, 'suspected_at')
    )
""")  # noqa: S608 - our own words
_FREE: Final = text("""
    UPDATE letter SET leased_until = NULL, leased_by = NULL WHERE leased_by = :process AND state = 'waiting'
""")


@dataclass(frozen=True, slots=True)
class Dead:
    """A shift of a desk, or a run of a follow-up, whose process is gone."""

    number: int
    of: Desk | FollowUp
    flow_run_id: UUID | None


async def open_row(connection: AsyncConnection, desk: Desk, process: int, now: datetime) -> int:
    """Write a new shift down and return its number."""
    parameters = {"desk": desk.value, "process": process, "now": now}
    # A process works one shift of a desk at a time: one that is open still broke when it could not be written down.
    await connection.execute(_BREAK_EARLIER, parameters)
    return int((await connection.execute(_OPEN, parameters)).scalar_one())


async def name_run(connection: AsyncConnection, number: int, run: UUID) -> None:
    """Note which Prefect run shows this shift."""
    await connection.execute(_NAME_RUN, {"number": number, "run": run})


async def close_row(connection: AsyncConnection, number: int, report: dict[str, Any], now: datetime) -> None:
    """Write down that a shift is done, and what it came to (counts only)."""
    await connection.execute(_CLOSE, {"number": number, "report": orjson.dumps(report).decode(), "now": now})


async def break_row(connection: AsyncConnection, number: int, outline: str, now: datetime) -> None:
    """Write down that a shift broke, with the outline of what broke it."""
    await connection.execute(_BREAK, {"number": number, "outline": outline, "now": now})


async def may_look(connection: AsyncConnection) -> bool:
    """Say whether nobody else is looking for the dead just now; a yes holds until the transaction ends."""
    return bool((await connection.execute(_MY_TURN)).scalar_one())


async def bury_the_dead(connection: AsyncConnection, process: int, now: datetime) -> list[Dead]:
    """Find shifts and follow-ups whose process is gone, mark them as ended and free the letters it held.

    A living process that has lost its connection looks dead until it has it again. So the first look only notes the
    suspicion, in the report of what is open, where every process sees it; a later look, `LOOKS_DEAD_SECONDS` or
    more after it, buries. A process that is met alive, or comes back (`ALIVE`), is free of suspicion.

    Args:
        connection: In a transaction in which it is our turn (`may_look`); the locks tried are held until it ends.
        process: This process, which is not dead.
        now: Aware.
    """
    dead: list[Dead] = []
    others = list((await connection.execute(_OTHERS, {"process": process})).scalars())
    for other in others:
        if not (await connection.execute(_IS_DEAD, {"process": other})).scalar_one():
            await connection.execute(_TRUST, {"process": other})
            continue
        suspected_for = (await connection.execute(_SUSPECTED_FOR, {"process": other})).scalar()
        if suspected_for is None or suspected_for < LOOKS_DEAD_SECONDS:
            await connection.execute(_SUSPECT, {"process": other})
            continue
        buried = await connection.execute(_BURY, {"process": other, "now": now})
        dead.extend(Dead(row.number, Desk(row.desk), row.flow_run_id) for row in buried)
        broken = await connection.execute(_BURY_RUNS, {"process": other, "now": now})
        dead.extend(Dead(row.number, FollowUp(row.follow_up), row.flow_run_id) for row in broken)
        await connection.execute(_FREE, {"process": other})
    return dead


async def suspects_any(connection: AsyncConnection, process: int) -> bool:
    """Say whether a process looked dead once and has not been looked at again."""
    return bool((await connection.execute(_SUSPECTS, {"process": process})).scalar_one())
