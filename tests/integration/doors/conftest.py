"""The open house that the tests of the doors share."""

import uuid
from collections.abc import AsyncIterator

import pytest_asyncio

from deployments.postgres import PrivatePostgres
from tests.integration.doors.house import House, open_house


@pytest_asyncio.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a house with its doors open and a database of its own."""
    async with open_house(database_url) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(postgres: PrivatePostgres, migrated_template: str) -> AsyncIterator[House]:
    """Give one open house to all the tests of a file that leave nothing behind."""
    name = f"shared_{uuid.uuid4().hex}"
    async with open_house(await postgres.ensure_database(name, template=migrated_template)) as opened:
        yield opened
    await postgres.drop_database(name)
