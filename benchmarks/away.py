"""Away: an agency that hangs, while many letters wait for it; what becomes of all others is measured meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from benchmarks.client import FAR_OFFICE, far_intake
from models.counting import day_of

#: Says something at the staff's door: path, key, body.
Staff = Callable[[str, str, Mapping[str, Any]], Awaitable[bytes]]

PATIENCE_SECONDS: Final = 120.0
_LIES: Final = "SELECT count(DISTINCT journey_id) FROM letter WHERE agency = $1 AND state = 'waiting'"


@asynccontextmanager
async def one_agency_away(reader: "asyncpg.Connection[Any]", staff: Staff, clients: range) -> AsyncGenerator[None]:
    """Let an agency that the reference work never asks take letters and answer nothing, for the length of the block.

    Args:
        reader: The center's database.
        staff: Its door.
        clients: Numbers of those who walk in before the block begins; three letters of each lie there then.

    Raises:
        TimeoutError: Their letters are not written in time.
    """
    hole = await asyncio.start_server(_never, "127.0.0.1", 0)
    async with hole:
        url = f"http://127.0.0.1:{hole.sockets[0].getsockname()[1]}/"
        await reader.execute("UPDATE agency SET url = $2 WHERE code = $1", FAR_OFFICE, url)
        today = day_of(datetime.now(UTC))
        for nth in clients:
            await staff("/api/journeys", f"bench-far-{nth}", far_intake(nth, today))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await reader.fetchval(_LIES, FAR_OFFICE) < len(clients):  # noqa: ASYNC110 - the desks tell nobody
                await asyncio.sleep(0.1)
        yield


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take whatever comes until the caller hangs up, and say nothing."""
    while await reader.read(65536):
        pass
    writer.close()
