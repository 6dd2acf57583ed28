"""What integration tests share: a migrated database with a virtual clock, and desks to be worked by hand."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from prefect.client.orchestration import get_client

from deployments.clocks import machine_clock
from deployments.deploying import deploy_all
from deployments.prefect_server import PrefectServer
from tests.integration.ground import Ground, on_ground
from tests.integration.town import Town, kept_all_hours


@pytest_asyncio.fixture
async def ground(database_url: str) -> AsyncIterator[Ground]:
    """Give client A's world on a database of the test's own."""
    async with on_ground(database_url) as opened:
        yield opened


@pytest_asyncio.fixture
async def town(ground: Ground, prefect_server: PrefectServer) -> AsyncIterator[Town]:
    """Give a town in which every follow-up has run just now."""
    assert prefect_server.api_url
    stands = await deploy_all(None)
    deployed = {follow_up: each.id for follow_up, each in stands.follow_ups.items()}
    await kept_all_hours(ground)
    async with get_client() as prefect:
        yield Town(ground, replace(ground.tools, clock=machine_clock), prefect, deployed)
        for deployment in deployed.values():
            await prefect.resume_deployment(deployment)
