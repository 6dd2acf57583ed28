"""Shifts in this process: opening one, naming its Prefect run, closing it; a database that is away is waited for."""

import asyncio
import logging
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from models.vocabulary import Desk
from tasks.room import Room
from tasks.shiftbook import break_row, close_row, name_run, open_row
from tasks.toolbox import toolbox

_LOG: Final = logging.getLogger("ieum.shift")
_TRIES: Final = 30


async def new_shift(desk: Desk) -> Room:
    """Write a new shift down and return its room.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away: there is nothing a shift could work on.
    """
    tools = toolbox()
    async with tools.engine.begin() as connection:
        number = await open_row(connection, desk, tools.process, tools.clock())
    return Room(shift=number, desk=desk)


async def note_run(room: Room, run: str | None) -> UUID | None:
    """Note the Prefect run of a shift and return its id, or None outside of one."""
    if run is None:
        return None
    key = UUID(str(run))
    try:
        async with toolbox().engine.begin() as connection:
            await name_run(connection, room.shift, key)
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("shift %d: its run is found by name only (%s)", room.shift, type(away).__name__)
    return key


async def close_shift(room: Room, counts: dict[str, int]) -> None:
    """Write down that a shift is done; where the database is away for long, the next shift finds it open."""
    tools = toolbox()
    for _ in range(_TRIES):
        try:
            async with tools.engine.begin() as connection:
                await close_row(connection, room.shift, counts, tools.clock())
        except (SQLAlchemyError, OSError, TimeoutError):
            await asyncio.sleep(1)
        else:
            return
    _LOG.warning("shift %d could not be closed in the tables", room.shift)


async def break_shift(room: Room, outline: str) -> None:
    """Write down that a shift broke; where the database is away, its row stays open until this process is gone."""
    tools = toolbox()
    try:
        async with tools.engine.begin() as connection:
            await break_row(connection, room.shift, outline, tools.clock())
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("shift %d broke and could not be closed in the tables (%s)", room.shift, type(away).__name__)
