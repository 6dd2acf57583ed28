"""Prefect is never asked in a way that stops the process: beside a server that hangs, the doors would stand still."""

import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from queue import Empty, Queue

import httpx
import pytest
import pytest_asyncio
from prefect import flow
from prefect.logging import get_run_logger

from deployments.prefect_server import PrefectServer
from flows.hall import Hall
from models.vocabulary import FollowUp, Need
from tasks.toolbox import use
from tests.integration.blocking import watch_for_blocking
from tests.integration.ground import Ground
from tests.integration.town import Town

pytestmark = pytest.mark.timeout(180)


@flow(name="warm", persist_result=False)
async def warm() -> None:
    """Say something: once in a process Prefect starts the thread that sends what is said, and waits until it stands."""
    get_run_logger().info("warm")


@pytest_asyncio.fixture
async def blocking(prefect_server: PrefectServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Give what stops the event loop during a test."""
    assert prefect_server.api_url
    await warm()
    yield watch_for_blocking(monkeypatch)
    use(None)


async def test_what_is_looked_for_is_found(blocking: list[str], prefect_server: PrefectServer) -> None:
    httpx.get(f"{prefect_server.api_url}/health", trust_env=False)  # noqa: ASYNC210 - that is what is looked for
    other = threading.Thread(target=str, name="other")
    other.start()
    other.join()
    threading.Event().wait(0.01)
    with suppress(Empty):
        Queue[int]().get(timeout=0.01)

    seen = ["GET /api/health", "the end of other", "an event of another thread", "a condition of another thread"]
    assert seen == blocking


async def test_no_shift_stops_the_event_loop(ground: Ground, blocking: list[str]) -> None:
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=True) as hall:
        await ground.walks_in(Need.DEBT, Need.JOB)
        hall.ring()
        await hall.quiet(60)

    # Intake, debt relief and job placement each had a run.
    assert await ground.rows("SELECT count(*) >= 3 FROM shift WHERE flow_run_id IS NOT NULL") == [(True,)]
    assert 0 == hall.without_prefect
    assert [] == blocking


async def test_no_follow_up_stops_the_event_loop(town: Town, blocking: list[str]) -> None:
    await town.ground.walks_in(Need.DEBT)
    await town.ground.work()
    runs = [await town.schedule(follow_up) for follow_up in FollowUp]
    async with town.walked() as walking:
        ended = [await town.ends(run.id) for run in runs]

    # By night some make no sense and are skipped; the others were worked.
    worked = [run.name for run in ended if run.state is not None and run.state.name == "Completed"]
    assert len(worked) >= 5
    assert 0 == walking.without_prefect
    assert [] == blocking
