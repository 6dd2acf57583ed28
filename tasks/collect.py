"""Collect: what shifts that died left behind, so that no letter waits for a dead hand and no Prefect run lies."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import PrefectException
from sqlalchemy.exc import SQLAlchemyError

from tasks.outline import outlined
from tasks.room import room_of
from tasks.runs import sweep
from tasks.shiftbook import bury_the_dead, may_look, suspects_any
from tasks.toolbox import Toolbox, toolbox

_LOG: Final = logging.getLogger("ieum.shift")


#: A process looks after runs left behind when it starts, when shifts died, and otherwise this often.
SWEEP_EVERY_SECONDS: Final = 60.0
#: How long one shift looks; the next one sees the rest.
SWEEP_SECONDS: Final = 10.0
#: When a process that looked dead is looked at again: a little after `tasks.shiftbook` would bury it.
SECOND_LOOK_SECONDS: Final = 5.5
_swept: dict[int, float] = {}


@task(
    name="collect what dead shifts left",
    task_run_name="collect what dead shifts left",
    persist_result=False,
    cache_policy=NO_CACHE,
)
@outlined
async def collect(shift: int) -> int:
    """Bury dead shifts, free their letters and mark their Prefect runs Crashed; return how many shifts and runs.

    Args:
        shift: Number of a shift that is open in this process.
    """
    room, tools = room_of(shift), toolbox()
    dead, suspects = await bury(tools)
    if suspects:
        # A process is dead only when it looked so twice; the second look need not wait for another shift.
        with suppress(TimeoutError):
            async with asyncio.timeout(SECOND_LOOK_SECONDS):
                await room.closing.wait()
        if not room.closing.is_set():
            dead += (await bury(tools))[0]
    room.died_before = dead
    if room.flow_run_id is not None:
        await look_after_runs(tools, lambda: room.leaving, anew=bool(dead))
    return dead


async def bury(tools: Toolbox) -> tuple[int, bool]:
    """Bury what is dead for certain; return how many shifts and runs, and whether to look again soon.

    That is when other processes are suspected, or when somebody else was just looking.
    """
    try:
        async with tools.engine.begin() as connection:
            if not await may_look(connection):
                return 0, True
            dead = await bury_the_dead(connection, tools.process, tools.clock())
            return len(dead), await suspects_any(connection, tools.process)
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("dead shifts were not looked for (%s)", type(away).__name__)
        return 0, False


async def look_after_runs(tools: Toolbox, leaving: Callable[[], bool], *, anew: bool) -> None:
    """Settle the Prefect runs that nobody works any more; without Prefect, say so: the next look tries again.

    Args:
        tools: Database and clock.
        leaving: Asked now and then; on a yes the rest is left.
        anew: Look even if this process did a moment ago.
    """
    now = time.monotonic()
    if not anew and now - _swept.get(tools.process, -SWEEP_EVERY_SECONDS) < SWEEP_EVERY_SECONDS:
        return
    # Set before, so that the desks which open together look once; taken back where it failed.
    _swept[tools.process] = now
    try:
        if not await sweep(tools, lambda: leaving() or time.monotonic() - now > SWEEP_SECONDS):
            _swept.pop(tools.process, None)
    except (PrefectException, httpx.HTTPError, SQLAlchemyError, OSError, TimeoutError) as away:
        _swept.pop(tools.process, None)
        _LOG.warning("runs left behind were not looked for (%s)", type(away).__name__)
