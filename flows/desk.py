"""The desk: how every leg of the journey is worked, a shift at a time. What it decides is the desk's own rules.

A shift is the unit Prefect sees. It opens when there is work, clears the inbox batch after batch while its letters are
sent side by side, lingers for more, and closes. The same shift runs inside a Prefect run or, when Prefect is away,
without one: its work is in our tables (docs/adr/0004).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any, TypeAlias

from prefect import Task
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from models.planning import Rules
from models.vocabulary import Desk
from tasks.collect import collect
from tasks.deliver import deliver
from tasks.notify import in_words, notify, totals
from tasks.outline import broken_by, outlined
from tasks.presence import Presence
from tasks.record import by, record
from tasks.room import Room, enter, leave, ring_rooms
from tasks.runs import run_name
from tasks.shifts import close_shift, new_shift, note_run
from tasks.toolbox import toolbox
from tasks.turns import DeskSetup

#: What a shift came to: its counts, or a Failed state with them when a person is needed.
ShiftReport = dict[str, int] | State[Any]

#: A task that is as long as the shift; it takes the shift's number.
ShiftTask: TypeAlias = "Task[..., Coroutine[Any, Any, int]]"

#: The shift the hall has opened for the flow it is about to call.
_given: ContextVar[Room | None] = ContextVar("ieum_shift", default=None)


def given(room: Room | None) -> None:
    """Hand an opened shift to the flow that is called next in this context."""
    _given.set(room)


def name_of_run() -> str:
    """Name the run after the shift, so that it can be found even if nobody stored its id."""
    room = _given.get()
    return f"{flow_run.flow_name} works a worker's shift" if room is None else run_name(room.desk, room.shift)


@outlined
async def open_shift(desk: Desk, rules: Rules) -> ShiftReport:
    """Work one shift of a desk to its end.

    Returns:
        The shift's counts; as a Failed state, with numbers only, where something needs a person.
    """
    async with AsyncExitStack() as stack:
        room = _given.get()
        if room is None:
            # A worker's own shift: no hall holds its process's lock, listens to the bell or puts the tools away.
            stack.push_async_callback(toolbox().aclose)
            await stack.enter_async_context(Presence(toolbox().engine, toolbox().process, ring_rooms))
            room = await new_shift(desk)
        return await _work(room, rules)


async def _work(room: Room, rules: Rules) -> ShiftReport:
    tools, desk = toolbox(), room.desk
    room.flow_run_id = await note_run(room, flow_run.id)
    enter(room)
    try:
        by(DeskSetup(desk=desk, rules=rules, hears=tools.hears, shift=room.shift, flow_run_id=room.flow_run_id))
        # Nobody's work waits while what the dead left behind is settled.
        await _side_by_side(_in_run(collect, room), _in_run(record, room), _in_run(deliver, room))
        counts = totals(room)
        await close_shift(room, counts)
        room.done = True
        if room.flow_run_id is not None:
            await notify(room.shift)
    except Exception as error:
        # Once its row says that it is done, only the account of it in Prefect can be missing.
        room.broke = "" if room.done else broken_by(error)
        raise
    finally:
        leave(room)
    if counts["journeys_set_aside"] or counts["letters_with_a_person"] or counts["events_parked"]:
        return Failed(message=f"a person is needed: {in_words(counts)}")
    return counts


async def _in_run(verb: ShiftTask, room: Room) -> int:
    """Call a task as Prefect's task inside a run, and as the plain function without one."""
    return await (verb(room.shift) if room.flow_run_id is not None else verb.fn(room.shift))


async def _side_by_side(*works: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(work)
