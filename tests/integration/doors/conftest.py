"""The open house that the tests of the doors share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.doors.house import House, open_house


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house with its doors open and a database of its own."""
    async with open_house(database_url) as opened:
        yield opened
