"""Presence: one connection by which this process is known to be alive, and on which it hears the bell.

It holds an advisory lock on the process's own key for as long as it lives (a shared one: a process may be present
several times over); whoever can take that lock for itself knows that the process is dead. When the connection is lost
it is opened again, and meanwhile work is found by looking; for that while this living process looks dead, which is why
nobody is buried before having looked dead for some seconds (`tasks.shiftbook.bury_the_dead`). One that cannot come back
in that time is buried alive: others may then send the letters it holds, and its late results change nothing (the fence
of the lease).
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import BELL
from tasks.shiftbook import ALIVE

#: Together shorter than the time until somebody is buried.
_AGAIN_AFTER_SECONDS: Final = 1.0
_CONNECT_SECONDS: Final = 3.0
_PRESENT_SECONDS: Final = 30.0
_NAMED: Final = {"application_name": "ieum presence"}
#: How many halls of this operating-system process are present, by key.
_held: Counter[int] = Counter()


def new_process_key() -> int:
    """Return a key for this process: positive, 62 random bits."""
    return secrets.randbits(62) or 1


class Presence:
    """An open presence; `rung` is called with the desk's code whenever the bell rings."""

    def __init__(self, engine: AsyncEngine, process: int, rung: Callable[[str], None]) -> None:
        """Prepare; nothing is opened yet."""
        self._engine, self._process, self._rung = engine, process, rung
        self._keeping: asyncio.Task[None] | None = None
        self._present = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        try:
            # Not `wait_for`: in Python 3.11 it forgets that it was cancelled when what it waits for happens just then.
            async with asyncio.timeout(_PRESENT_SECONDS):
                await self._present.wait()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    def _on_bell(self, connection: object, pid: int, channel: str, payload: object) -> None:
        del connection, pid, channel
        self._rung(str(payload))

    async def _keep(self) -> None:
        # The URL may say more than an address, and SQLAlchemy knows how asyncpg is told.
        _, address = self._engine.dialect.create_connect_args(self._engine.url)
        while True:
            connection: Any = None
            try:
                connection = await asyncpg.connect(**address, timeout=_CONNECT_SECONDS, server_settings=_NAMED)
                lost = asyncio.Event()
                connection.add_termination_listener(partial(_set, lost))
                await connection.fetchval("SELECT pg_advisory_lock_shared($1)", self._process)
                await connection.execute(ALIVE, self._process)
                await connection.add_listener(BELL, self._on_bell)
                self._present.set()
                await lost.wait()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(_AGAIN_AFTER_SECONDS)


@asynccontextmanager
async def holding(presence: Presence, process: int) -> AsyncGenerator[None]:
    """Be present for the whole life of a process, so that what is done in it need not be so again."""
    async with presence:
        _held[process] += 1
        try:
            yield
        finally:
            _held[process] -= 1


def is_held(process: int) -> bool:
    """Say whether a process is present for its whole life; otherwise each run in it looks after itself."""
    return bool(_held[process])


@asynccontextmanager
async def present(engine: AsyncEngine, process: int) -> AsyncGenerator[None]:
    """Be present for a block; where the process is (`holding`), nothing is opened for it."""
    if is_held(process):
        yield
        return
    async with Presence(engine, process, lambda _: None):
        yield


def _set(lost: asyncio.Event, connection: object) -> None:
    del connection
    lost.set()
