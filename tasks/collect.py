"""Collect: what shifts that died left behind, so that no letter waits for a dead hand and no Prefect run lies."""

import logging
from typing import Final

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName, TaskRunFilter, TaskRunFilterFlowRunId
from prefect.exceptions import PrefectException
from prefect.states import Crashed
from sqlalchemy.exc import SQLAlchemyError

from tasks.room import room_of
from tasks.shiftbook import DeadShift, bury_the_dead
from tasks.toolbox import toolbox

_LOG: Final = logging.getLogger("ieum.shift")


def run_name(desk: str, shift: int) -> str:
    """Return the name of a shift's Prefect run: a sentence by which it can be found again."""
    return f"{desk} works shift {shift}"


@task(name="collect what dead shifts left", persist_result=False, cache_policy=NO_CACHE)
async def collect(shift: int) -> int:
    """Bury dead shifts, free their letters and mark their Prefect runs Crashed; return how many there were.

    Args:
        shift: Number of a shift that is open in this process.
    """
    room, tools = room_of(shift), toolbox()
    try:
        async with tools.engine.begin() as connection:
            dead = await bury_the_dead(connection, tools.process, tools.clock())
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("dead shifts were not looked for (%s)", type(away).__name__)
        return 0
    room.died_before = len(dead)
    for shift_that_died in dead:
        await mark_crashed(shift_that_died)
    return len(dead)


async def mark_crashed(dead: DeadShift) -> None:
    """Mark the Prefect run of a dead shift, and its tasks, Crashed; without Prefect, say so and go on."""
    try:
        async with get_client() as prefect:
            runs = [dead.flow_run_id] if dead.flow_run_id is not None else []
            if not runs:
                name = FlowRunFilterName(any_=[run_name(dead.desk, dead.number)])
                runs = [run.id for run in await prefect.read_flow_runs(flow_run_filter=FlowRunFilter(name=name))]
            for run in runs:
                tasks = await prefect.read_task_runs(
                    task_run_filter=TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run])),
                )
                for left in tasks:
                    if left.state is not None and not left.state.is_final():
                        await prefect.set_task_run_state(left.id, Crashed(message=_WHY), force=True)
                await prefect.set_flow_run_state(run, Crashed(message=_WHY), force=True)
    except (PrefectException, httpx.HTTPError) as away:
        _LOG.warning("shift %d died; Prefect could not be told (%s)", dead.number, type(away).__name__)


_WHY: Final = "The process of this shift is gone; its work is in the tables and goes on in a later shift."
