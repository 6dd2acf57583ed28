"""Record: one Prefect task as long as the shift clears the inbox, batch after batch, and lingers for more.

The desks of a process take turns: whoever is rung works one batch for all whose shifts are open there, and each tells
of its own part in its own run.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger

from models.database import is_away
from models.vocabulary import Alarm, Desk
from tasks.alarms import raise_alarm
from tasks.batch import BatchReport, Moved, work_batch, work_one_by_one
from tasks.outline import outline, outlined
from tasks.room import Room, room_of
from tasks.toolbox import Toolbox, toolbox
from tasks.turns import DeskSetup

#: Moves of one shift that get a line each, those of one batch in one record; past it only totals are told.
LINES: Final = 200
#: How often the inbox is looked at although nobody rang: a bell may be lost with its connection.
LOOK_EVERY_SECONDS: Final = 2.0
#: How long to wait for a database that went away.
DATABASE_PAUSE_SECONDS: Final = 1.0
#: Pauses after batches that found work but could claim none of it (another process holds the cases).
BUSY_PAUSE_SECONDS: Final = 0.01
_SENDING_PAUSE_SECONDS: Final = 0.05

_Log: TypeAlias = "logging.Logger | logging.LoggerAdapter[logging.Logger]"
_setups: dict[int, DeskSetup] = {}


@dataclass(slots=True, kw_only=True)
class _Seat:
    """A desk whose shift is open in this process, at the table where it takes turns with the others."""

    room: Room
    setup: DeskSetup
    log: _Log
    #: When its shift has lingered long enough, by the loop's clock.
    closes_at: float
    #: When its inbox is looked at although nobody rang.
    look_at: float = 0.0
    #: Whether the last turn had anything for it.
    heard: bool = False
    #: What broke its part of a batch.
    broke: Exception | None = None

    @property
    def is_due(self) -> bool:
        """Whether its inbox is to be looked at."""
        return self.room.bell.is_set() or _now() >= self.look_at


@dataclass(slots=True)
class _Table:
    """The desks of one process that record now."""

    seats: dict[Desk, _Seat] = field(default_factory=dict[Desk, _Seat])
    #: Held while a batch is worked.
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


#: By the key of the process, for as long as anybody sits there.
_tables: dict[int, _Table] = {}


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
    table = _tables.setdefault(tools.process, _Table())
    seat = _Seat(room=room, setup=setup, log=_log(), closes_at=_now() + tools.linger_seconds)
    table.seats[setup.desk] = seat
    try:
        while not room.closing.is_set():
            await _sit(tools, table, seat)
    finally:
        if table.seats.get(setup.desk) is seat:
            del table.seats[setup.desk]
        if not table.seats:
            _tables.pop(tools.process, None)
    return room.recorded.moves


async def _sit(tools: Toolbox, table: _Table, seat: _Seat) -> None:
    """Take a turn where one is due; else wait for one, or let the shift close."""
    room = seat.room
    if seat.broke is not None:
        raise seat.broke
    if seat.is_due:
        async with table.turn:
            # Another desk's turn may have worked it meanwhile, or closed it.
            cleared = await _turn(tools, table, seat) if seat.is_due and not room.closing.is_set() else False
            if room.leaving and (cleared is None or (cleared and not room.posting)):
                _close(room)
        return
    left = 0.0 if room.leaving else seat.closes_at - _now()
    if left <= 0 and not room.posting and not table.turn.locked():
        _close(room)
        return
    pause = min(left, seat.look_at - _now()) if left > 0 else _SENDING_PAUSE_SECONDS
    try:
        async with asyncio.timeout(max(pause, 0.0)):
            await room.bell.wait()
    except TimeoutError:
        if room.leaving:
            seat.look_at = 0.0


async def _turn(tools: Toolbox, table: _Table, own: _Seat) -> bool | None:
    """Work one batch for all desks at the table; say whether nothing was left waiting.

    Returns:
        None where the database was away.
    """
    seats = {**table.seats, own.setup.desk: own}
    seated = [seats[desk] for desk in Desk if desk in seats]
    began = _now()
    for seat in seated:
        seat.room.bell.clear()
        seat.look_at = began + LOOK_EVERY_SECONDS
    batch, cleared = None, False
    try:
        batch = await _batch(tools, seated, own.log)
        if batch is None:
            cleared = None
        else:
            _tell_each(tools, seated, batch)
            cleared = await _is_cleared(seated, batch)
    finally:
        if not cleared:
            # Whoever comes first goes on.
            for seat in seated:
                if seat.heard or seat is own or batch is None:
                    seat.room.bell.set()
    if cleared is None:
        for seat in seated:
            seat.closes_at = _now() + tools.linger_seconds
            if seat.room.leaving:
                _close(seat.room)
    return cleared


async def _is_cleared(seated: Sequence[_Seat], batch: BatchReport) -> bool:
    """Say whether nothing was left waiting for these desks; pause where somebody else holds what waits."""
    leaving = any(seat.room.leaving for seat in seated)
    if any(seat.broke is not None for seat in seated):
        return False
    if not batch.events:
        if batch.held_elsewhere and not leaving:
            await asyncio.sleep(BUSY_PAUSE_SECONDS)
        return leaving or not batch.held_elsewhere
    return batch.cleared


async def _batch(tools: Toolbox, seated: Sequence[_Seat], log: _Log) -> BatchReport | None:
    """Return the next batch's report, or None where the database was away (it is tried again)."""
    try:
        return await work_batch(tools, *(seat.setup for seat in seated))
    except Exception as failed:  # noqa: BLE001 - either the database is away, or one case must not stop the others
        if is_away(failed):
            log.warning("the database is away; trying again: %s", outline(failed))
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            return None
        # Its own text might hold what is personal.
        log.error("a batch could not be written; its cases are worked one by one: %s", outline(failed))  # noqa: TRY400
    total = BatchReport()
    for seat in seated:
        try:
            part = await work_one_by_one(tools, seat.setup)
        except Exception as failed:  # noqa: BLE001 - its own shift breaks of it, and no other
            if is_away(failed):
                log.warning("the database is away; trying again: %s", outline(failed))
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)
                return total if total.events else None
            seat.broke = failed
        else:
            total.of[seat.setup.desk] = part
            total.add(part, 0)
    return total


def _tell_each(tools: Toolbox, seated: Sequence[_Seat], batch: BatchReport) -> None:
    """Let each desk tell of its own part, in its own run; it lingers from now."""
    for seat in seated:
        part = batch.of.get(seat.setup.desk)
        seat.heard = seat.broke is not None or (part is not None and part.events > 0)
        if part is None or not part.events:
            continue
        seat.closes_at = _now() + tools.linger_seconds
        _tell(seat.log, seat.room, part)
        tools.tally.batch(
            seat.setup.desk,
            moves=part.moves,
            letters=part.letters,
            set_aside=part.set_aside,
            notices=part.notices,
            fates=part.fates,
        )


def _close(room: Room) -> None:
    """Let the shift close: no further batch will come."""
    room.closing.set()
    room.letters.set()


def _tell(log: _Log, room: Room, batch: BatchReport) -> None:
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


def _log() -> _Log:
    try:
        return get_run_logger()
    except MissingContextError:
        return logging.getLogger("ieum.shift")


def _now() -> float:
    return asyncio.get_running_loop().time()
