"""The database goes away: the doors say 503 and Retry-After while it is away, and are well again after it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from deployments.postgres import PrivatePostgres
from models.database import migrate
from tests.integration.doors.house import House, open_house, told
from tests.integration.doors.intakes import intake

pytestmark = pytest.mark.faults


@pytest_asyncio.fixture
async def own(tmp_path: Path) -> AsyncIterator[PrivatePostgres]:
    """Give a database server of the test's own, to be stopped."""
    closed = tmp_path / "own"
    closed.mkdir(mode=0o755)
    cluster = PrivatePostgres(closed)
    await cluster.start()
    yield cluster
    await cluster.stop(immediate=True)


async def assert_away(house: House) -> None:
    """Call every door that needs the database."""
    calls = {
        "webhook": lambda: house.post(house.event()),
        "intake": lambda: house.api("POST", "/api/journeys", intake()),
        "journeys": lambda: house.api("GET", "/api/journeys"),
        "ready": lambda: house.http.get(f"{house.base}/health/ready"),
        "follow-ups": lambda: house.http.get(f"{house.base}/health/follow-ups"),
    }
    for name, call in calls.items():
        answer: httpx.Response = await call()

        assert told(answer) == (503, "database-away"), name
        assert int(answer.headers["retry-after"]) > 0


async def test_a_stopped_database_is_503_and_a_started_one_is_used_at_once(own: PrivatePostgres) -> None:
    url = await own.ensure_database("ieum")
    await asyncio.to_thread(migrate, url)
    async with open_house(url) as house:
        assert (await house.post(house.event())).status_code == 202

        await own.stop(immediate=True)
        await assert_away(house)
        metrics = await house.http.get(f"{house.base}/metrics")
        assert "ieum_database_reachable 0.0" in metrics.text
        assert (await house.http.get(f"{house.base}/health/live")).status_code == 200

        await own.start()
        event = house.event()
        assert (await house.post(event)).status_code == 202
        assert (await house.post(event)).status_code == 202
        assert (await house.http.get(f"{house.base}/health/ready")).json() == {"status": "ready"}
        assert await house.rows("SELECT count(*) FROM inbox_event") == [(2,)]


async def test_a_restart_between_two_events_is_not_noticed(own: PrivatePostgres) -> None:
    url = await own.ensure_database("ieum")
    await asyncio.to_thread(migrate, url)
    async with open_house(url) as house:
        await asyncio.gather(*[house.post(house.event()) for _ in range(10)])
        await own.stop(immediate=True)
        await own.start()

        answers = await asyncio.gather(*[house.post(house.event()) for _ in range(10)])

        assert {202} == {answer.status_code for answer in answers}


async def test_a_database_that_accepts_and_never_answers_is_away_too() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with open_house(f"postgresql+asyncpg://ieum:x@127.0.0.1:{port}/ieum", connect=False) as house:
        await assert_away(house)
    server.close()
