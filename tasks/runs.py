"""Runs: a shift's Prefect run is born with its name and its process, so that one left behind is found and settled.

A follow-up's run is born by its schedule, and found by our row of it, which is there before the run begins.

Prefect never ends a run whose process is gone, and hears nothing of an end while it is away. What it shows is put
right from our own tables, again and again until it is right: a kill in the middle leaves nothing for ever.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed, Pending
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.vocabulary import Desk, FollowUp
from tasks.toolbox import Toolbox

#: A run may be told its end this long after its shift was closed in our tables.
GRACE: Final = timedelta(seconds=60)
#: Runs read, and settled side by side, at a time.
PAGE: Final = 25
_TAG: Final = "process "
_UNDER_WAY: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_WHY: Final = "The process of this run is gone; its work is in the tables and goes on in a later run."

AnyFlow: TypeAlias = "Flow[[], Any]"

_SHOWN: Final = text("""
    SELECT flow_run_id, process, state, closed_at FROM shift WHERE flow_run_id = ANY(:runs)
    UNION ALL
    SELECT flow_run_id, process, state, ended_at FROM follow_up_run WHERE flow_run_id = ANY(:runs)
""")
_OURS: Final = text("""
    SELECT process FROM shift WHERE process = ANY(:processes)
    UNION SELECT process FROM follow_up_run WHERE process = ANY(:processes)
""")
#: Whose work is all closed or buried, and whose lock is free: a living process may lose its lock for a moment, and
#: has an open row for every run.
_IS_DEAD: Final = text("""
    SELECT NOT EXISTS (SELECT 1 FROM shift WHERE process = :process AND state = 'open')
       AND NOT EXISTS (SELECT 1 FROM follow_up_run WHERE process = :process AND state = 'open')
       AND pg_try_advisory_xact_lock(:process)
""")


def run_name(desk: str, shift: int) -> str:
    """Return the name of a shift's Prefect run."""
    return f"{desk} works shift {shift}"


async def begin_run(flow: AnyFlow, name: str, process: int) -> FlowRun:
    """Make the Prefect run of a shift, with its name and its process on it from the first moment.

    Raises:
        prefect.exceptions.PrefectException, httpx.HTTPError: Prefect is away.
    """
    async with get_client() as prefect:
        return await prefect.create_flow_run(flow, name=name, tags=[f"{_TAG}{process}"], state=Pending())


async def sweep(tools: Toolbox, enough: Callable[[], bool]) -> bool:
    """Mark runs Crashed whose process is gone, or whose work ended while Prefect was away; say whether all were seen.

    Args:
        tools: Database and clock.
        enough: Asked now and then; on a yes the rest is left to the next sweep.

    Raises:
        prefect.exceptions.PrefectException, httpx.HTTPError: Prefect is away.
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    async with get_client() as prefect:
        seen = 0
        while not enough():
            under_way = await prefect.read_flow_runs(
                flow_filter=_OUR_FLOWS,
                flow_run_filter=FlowRunFilter(state=_in_state(*_UNDER_WAY)),
                limit=PAGE,
                offset=seen,
            )
            async with tools.engine.begin() as connection:
                stale = await _stale(connection, under_way, tools.process, tools.clock())
            await asyncio.gather(*(prefect.set_flow_run_state(run, Crashed(message=_WHY), force=True) for run in stale))
            # Those that were settled are no longer on any page.
            seen += len(under_way) - len(stale)
            if len(under_way) < PAGE:
                break
        # A task's last words may come after its run was settled, so those of all crashed runs are looked at.
        while not enough():
            left = await prefect.read_task_runs(
                flow_filter=_OUR_FLOWS,
                flow_run_filter=FlowRunFilter(state=_in_state(StateType.CRASHED)),
                task_run_filter=TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=_UNDER_WAY))),
                limit=PAGE,
            )
            await asyncio.gather(*(prefect.set_task_run_state(t.id, Crashed(message=_WHY), force=True) for t in left))
            if len(left) < PAGE:
                return True
    return False


async def _stale(connection: AsyncConnection, runs: Sequence[FlowRun], process: int, now: datetime) -> list[UUID]:
    """Return which runs nobody works any more; one that is not ours, or of a process we do not know, is left alone."""
    shown: dict[UUID, Any] = {
        row.flow_run_id: row for row in await connection.execute(_SHOWN, {"runs": [run.id for run in runs]})
    }
    of: dict[UUID, int] = {run.id: tagged for run in runs if (tagged := _process_of(run)) is not None}
    of |= {run: row.process for run, row in shown.items()}
    known = {process, *(await connection.execute(_OURS, {"processes": sorted(set(of.values()))})).scalars()}
    dead = {
        other
        for other in known & set(of.values()) - {process}
        if (await connection.execute(_IS_DEAD, {"process": other})).scalar_one()
    }
    closed = _closed_for(GRACE, now)
    return [run.id for run in runs if of.get(run.id) in dead or (run.id in shown and closed(shown[run.id]))]


def _closed_for(grace: timedelta, now: datetime) -> Callable[[Any], bool]:
    return lambda row: row.state != "open" and row.closed_at is not None and row.closed_at < now - grace


def _process_of(run: FlowRun) -> int | None:
    tagged = [tag.removeprefix(_TAG) for tag in run.tags if tag.startswith(_TAG)]
    return int(tagged[0]) if len(tagged) == 1 and tagged[0].isdecimal() else None


def _in_state(*types: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))


_OUR_FLOWS: Final = FlowFilter(name=FlowFilterName(any_=[each.value for each in (*Desk, *FollowUp)]))
