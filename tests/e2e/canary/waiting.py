"""Waiting for Prefect: its server writes events and task runs down a moment after it took them."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

#: The server's own flush interval is one second.
STILL_SECONDS = 3.0


async def events_are_written(prefect_database_url: str, patience_seconds: float = 60.0) -> None:
    """Return once the server's events and logs have stopped growing."""
    engine = create_async_engine(prefect_database_url, poolclass=NullPool)
    try:
        before, waited = -1, 0.0
        while waited < patience_seconds:
            async with engine.connect() as connection:
                sizes = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM log)"
                now = int((await connection.execute(text(sizes))).scalar_one())
            if now == before:
                return
            before = now
            await asyncio.sleep(STILL_SECONDS)
            waited += STILL_SECONDS
    finally:
        await engine.dispose()
