"""Prefect is never asked in a way that stops the process: beside a server that hangs, the doors would stand still."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from deployments.prefect_server import PrefectServer
from flows.hall import Hall
from models.vocabulary import FollowUp, Need
from tasks.toolbox import use
from tests.integration.blocking import watch_for_blocking
from tests.integration.ground import Ground
from tests.integration.jobs import jobs
from tests.integration.town import Town

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def blocking(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Give what stops the event loop during a test."""
    yield watch_for_blocking(monkeypatch)
    use(None)


async def test_what_is_looked_for_is_found(blocking: list[str], prefect_server: PrefectServer) -> None:
    httpx.get(f"{prefect_server.api_url}/health", trust_env=False)  # noqa: ASYNC210 - that is what is looked for
    other = threading.Thread(target=str, name="other")
    other.start()
    other.join()
    threading.Event().wait(0.01)

    assert ["GET /api/health", "the end of other", "an event of another thread"] == blocking


async def test_no_shift_stops_the_event_loop(
    ground: Ground, prefect_server: PrefectServer, blocking: list[str]
) -> None:
    assert prefect_server.api_url
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=True) as hall:
        await ground.walks_in(Need.DEBT, Need.JOB)
        hall.ring()
        await hall.quiet(60)

    # Intake, debt relief and job placement each had a run.
    assert await ground.rows("SELECT count(*) >= 3 FROM shift WHERE flow_run_id IS NOT NULL") == [(True,)]
    assert 0 == hall.without_prefect
    assert [] == blocking


@pytest.mark.parametrize("follow_up", list(FollowUp))
async def test_no_follow_up_stops_the_event_loop(town: Town, blocking: list[str], follow_up: FollowUp) -> None:
    await town.ground.walks_in()
    run = await town.schedule(follow_up)
    with jobs():
        async with town.walked() as walking:
            await town.ends(run.id)

    assert 0 == walking.without_prefect
    assert [] == blocking
