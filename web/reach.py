"""Reaching the database from a door: bounded in time, and honest about its being away.

A stuck connection can take seconds to be closed, so work that runs out of time is cancelled and left behind, not
waited for: the caller gets its answer in time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from sqlalchemy import exc

from models.database import is_away

T = TypeVar("T")

_left_behind: Final[set[asyncio.Task[Any]]] = set()


class DatabaseAway(Exception):  # noqa: N818 - a state of the house, not a fault of the program
    """The database does not answer in time. The caller may simply try again."""


class Budget:
    """The seconds one call may spend on the database, however many statements it makes."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    async def repeatably(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `work()` returns; it may be done twice without harm, and is where a connection had died unseen.

        Raises:
            DatabaseAway: As `within`.
        """
        return await self.within(_twice(work))

    async def within(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, if it comes in time.

        Raises:
            DatabaseAway: The time is used up, or the database cannot be reached.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        task = loop.create_task(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=max(self._left, 0.0))
        except asyncio.CancelledError:
            _leave(task)
            raise
        finally:
            self._left -= loop.time() - began
        if not done:
            _leave(task)
            raise DatabaseAway
        if (error := task.exception()) is None:
            return task.result()
        if isinstance(error, DatabaseAway) or is_away(error):
            raise DatabaseAway from None
        raise error

    async def until(self, promise: Awaitable[T]) -> T:
        """Return what `promise` comes to, if it comes in time; it must be such that it can be cancelled at once.

        Raises:
            DatabaseAway: As `within`.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(self._left, 0.0)):
                return await promise
        except Exception as error:
            if isinstance(error, DatabaseAway) or is_away(error):
                raise DatabaseAway from None
            raise
        finally:
            self._left -= loop.time() - began


async def _twice(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return await work()
    except exc.DBAPIError as error:
        # A pooled connection may have died while it lay there; by now the pool has thrown the old ones away.
        if not error.connection_invalidated:
            raise
    return await work()


def _leave(task: asyncio.Task[Any]) -> None:
    task.cancel()
    _left_behind.add(task)
    task.add_done_callback(_forget)


def _forget(task: asyncio.Task[Any]) -> None:
    _left_behind.discard(task)
    if not task.cancelled():
        task.exception()
