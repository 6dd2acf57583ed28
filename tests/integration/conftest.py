"""What integration tests share: a migrated database with a virtual clock, and desks to be worked by hand."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.ground import Ground, on_ground


@pytest_asyncio.fixture
async def ground(database_url: str) -> AsyncIterator[Ground]:
    """Give client A's world on a database of the test's own."""
    async with on_ground(database_url) as opened:
        yield opened
