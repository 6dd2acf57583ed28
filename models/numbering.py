"""Numbering: who asks for numbers at the same moment gets them by one short transaction of their own.

The series' row is held for that moment only, never until a batch commits. A number once given is never given again;
one whose batch is rolled back afterwards stays unused: numbers are unique, and not without gaps (docs/adr/0015).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from models.numbers import Kind, spell

_NEXT: Final = text("""
    INSERT INTO number_series (kind, year, last) VALUES (:kind, :year, :count)
    ON CONFLICT (kind, year) DO UPDATE SET last = number_series.last + excluded.last
    RETURNING last
""")

#: How long a number may take: within what a door gives a whole call.
SECONDS: Final = 1.5

_left_behind: Final[set[asyncio.Task[int]]] = set()
_Series = tuple[Kind, int]
_Asked = tuple[int, asyncio.Future[int]]


@dataclass(slots=True)
class _Desk:
    """Who waits for numbers of which series, and whoever is fetching them."""

    asked: dict[_Series, list[_Asked]] = field(default_factory=dict[_Series, list[_Asked]])
    fetching: asyncio.Task[None] | None = None


_desks: WeakKeyDictionary[AsyncEngine, _Desk] = WeakKeyDictionary()


async def next_numbers(engine: AsyncEngine, kind: Kind, year: int, count: int) -> list[str]:
    """Return fresh numbers in their order, written as people say them.

    Args:
        engine: The house's database; one more of its connections is used for a moment.
        kind: What they name.
        year: Four digits, of opening in Asia/Seoul.
        count: How many.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, OSError, TimeoutError: The database is away; what was given meanwhile is unused.
    """
    if not count:
        return []
    loop = asyncio.get_running_loop()
    desk = _desks.setdefault(engine, _Desk())
    future: asyncio.Future[int] = loop.create_future()
    desk.asked.setdefault((kind, year), []).append((count, future))
    if desk.fetching is None:
        desk.fetching = loop.create_task(_fetch(engine, desk))
    first = await future
    return [spell(kind, year, first + nth) for nth in range(count)]


async def _fetch(engine: AsyncEngine, desk: _Desk) -> None:
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        while desk.asked:
            series = next(iter(desk.asked))
            asked = desk.asked.pop(series)
            await _give(autocommit, series, asked)
    finally:
        desk.fetching = None


async def _give(engine: AsyncEngine, series: _Series, asked: list[_Asked]) -> None:
    """Raise the series for all who asked, within `SECONDS`.

    A stuck connection can take long to be closed, too: it is left behind, not waited for.
    """
    together = sum(count for count, _ in asked)
    raising = asyncio.create_task(_raise(engine, series, together))
    try:
        await asyncio.wait({raising}, timeout=SECONDS)
    finally:
        if not raising.done():
            raising.cancel()
            _left_behind.add(raising)
            raising.add_done_callback(_forget)
    problem = raising.exception() if raising.done() else TimeoutError("the numbers did not come in time")
    first = 0 if problem is not None else raising.result() - together + 1
    for count, future in asked:
        if not future.done():
            if problem is None:
                future.set_result(first)
            else:
                future.set_exception(problem)
        first += count


async def _raise(engine: AsyncEngine, series: _Series, count: int) -> int:
    parameters = {"kind": series[0].value, "year": series[1], "count": count}
    async with engine.connect() as connection:
        return int((await connection.execute(_NEXT, parameters)).scalar_one())


def _forget(raising: asyncio.Task[int]) -> None:
    _left_behind.discard(raising)
    if not raising.cancelled():
        raising.exception()
