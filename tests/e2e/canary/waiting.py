"""Waiting for Prefect: its server writes events and task runs down a moment after it took them."""

import asyncio
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

#: The server's own flush interval is one second.
STILL_SECONDS = 3.0

_SIZES: Final = text("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM log)")
_NAMED: Final = text("SELECT EXISTS (SELECT 1 FROM events WHERE event = :last)")


async def events_are_written(prefect_database_url: str, last: str = "", patience_seconds: float = 60.0) -> None:
    """Return once the server's events and logs have stopped growing, and the event named `last` is among them."""
    engine = create_async_engine(prefect_database_url, poolclass=NullPool)
    try:
        before, waited = -1, 0.0
        while waited < patience_seconds:
            async with engine.connect() as connection:
                now = int((await connection.execute(_SIZES)).scalar_one())
                there = bool(last == "" or (await connection.execute(_NAMED, {"last": last})).scalar_one())
            if now == before and there:
                return
            before = now
            await asyncio.sleep(STILL_SECONDS)
            waited += STILL_SECONDS
    finally:
        await engine.dispose()
