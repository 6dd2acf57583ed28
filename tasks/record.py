"""Record: one Prefect task as long as the shift clears the inbox, batch after batch, and lingers for more."""

import asyncio
import logging
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from models.database import is_away
from models.vocabulary import Alarm
from tasks.alarms import raise_alarm
from tasks.batch import BatchReport, DeskSetup, Moved, work_batch, work_one_by_one
from tasks.outline import outline, outlined
from tasks.room import Room, room_of
from tasks.toolbox import Toolbox, toolbox

#: Moves of one shift that get a line each, those of one batch in one record; past it only totals are told.
LINES: Final = 200
#: After a batch of several cases a desk rests four times as long as the batch took, and never longer than this: what
#: comes meanwhile is worked together, for a case is read and written as a whole however much there is to hear. A client
#: who is alone at a desk waits for nothing (docs/adr/0017).
REST_SECONDS: Final = 0.3
_REST: Final = 4.0
#: How often the inbox is looked at although nobody rang: a bell may be lost with its connection.
LOOK_EVERY_SECONDS: Final = 2.0
#: How long to wait for a database that went away.
DATABASE_PAUSE_SECONDS: Final = 1.0
#: Pauses after batches that found work but could claim none of it (another process holds the cases).
BUSY_PAUSE_SECONDS: Final = 0.01
_SENDING_PAUSE_SECONDS: Final = 0.05

_setups: dict[int, DeskSetup] = {}


def by(setup: DeskSetup) -> None:
    """Say by which rules a shift is worked, before `record` is called with its number."""
    _setups[setup.shift] = setup


@task(name="record the moves", task_run_name="record the moves", persist_result=False, cache_policy=NO_CACHE)
@outlined
async def record(shift: int) -> int:
    """Work batches until nothing came for the linger; then let the shift close. Return the number of moves.

    Args:
        shift: Number of a shift that is open in this process.
    """
    room, tools, setup = room_of(shift), toolbox(), _setups.pop(shift)
    log = _log()
    loop = asyncio.get_running_loop()
    closes_at = loop.time() + tools.linger_seconds
    while True:
        room.bell.clear()
        began = loop.time()
        batch = await _batch(tools, setup)
        if batch is None and room.leaving:
            return _close(room)
        if batch is None or batch.events:
            closes_at = loop.time() + tools.linger_seconds
            if batch is not None:
                _tell(log, room, batch)
                tools.tally.batch(
                    room.desk,
                    moves=batch.moves,
                    letters=batch.letters,
                    set_aside=batch.set_aside,
                    notices=batch.notices,
                    fates=batch.fates,
                )
            if batch is None or not batch.cleared:
                continue
            if batch.cases > 1 and not room.leaving:
                await asyncio.sleep(min(_REST * (loop.time() - began), REST_SECONDS))
        if batch.held_elsewhere and not room.leaving:
            await asyncio.sleep(BUSY_PAUSE_SECONDS)
            continue
        left = 0.0 if room.leaving else closes_at - loop.time()
        if left <= 0 and not room.posting and (room.leaving or not room.bell.is_set()):
            return _close(room)
        try:
            async with asyncio.timeout(max(min(left, LOOK_EVERY_SECONDS), _SENDING_PAUSE_SECONDS)):
                await room.bell.wait()
        except TimeoutError:
            continue


def _close(room: Room) -> int:
    """Let the shift close: no further batch will come."""
    room.closing.set()
    room.letters.set()
    return room.recorded.moves


async def _batch(tools: Toolbox, setup: DeskSetup) -> BatchReport | None:
    """Return the next batch's report, or None where the database was away (it is tried again)."""
    try:
        return await work_batch(tools, setup)
    except Exception as failed:  # noqa: BLE001 - either the database is away, or one case must not stop the others
        if is_away(failed):
            _log().warning("the database is away; trying again: %s", outline(failed))
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            return None
        _log().error("a batch could not be written; its cases are worked one by one: %s", outline(failed))
        return await work_one_by_one(tools, setup)


def _tell(log: "logging.Logger | logging.LoggerAdapter[logging.Logger]", room: Room, batch: BatchReport) -> None:
    told = room.recorded.moves
    room.recorded.add(batch, LINES)
    if batch.letters or batch.proven:
        room.ring_letters()
    if batch.set_aside:
        raise_alarm(room, Alarm.JOURNEY_SET_ASIDE, (), batch.set_aside)
    if lines := [_line(moved) for moved in batch.moved[: max(0, LINES - told)]]:
        log.info("%s", "\n".join(lines))
    if told + batch.moves > LINES:
        log.info("moves so far: %d", room.recorded.moves)


def _line(moved: Moved) -> str:
    step = f" · {moved.milestone}" if moved.milestone else ""
    return f"{moved.referral} {moved.start} → {moved.end} ({moved.event}{step})"


def _log() -> "logging.Logger | logging.LoggerAdapter[logging.Logger]":
    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("ieum.shift")
