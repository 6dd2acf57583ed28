"""Prefect is never asked in a way that stops the process: beside a server that hangs, the doors would stand still."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from deployments.prefect_server import PrefectServer
from flows.follow_up import FLOWS
from flows.hall import Hall
from models.vocabulary import Need
from tasks.toolbox import use
from tests.integration.ground import Ground

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def blocking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the calls of httpx's blocking client that a thread made whose event loop was running."""
    made: list[str] = []
    send = httpx.Client.send

    def seen(client: httpx.Client, request: httpx.Request, *, stream: bool = False, **others: object) -> httpx.Response:
        assert set(others) <= {"auth", "follow_redirects"}
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            made.append(f"{request.method} {request.url.path}")
        return send(client, request, stream=stream)

    monkeypatch.setattr(httpx.Client, "send", seen)
    return made


async def test_what_is_looked_for_is_found(blocking: list[str], prefect_server: PrefectServer) -> None:
    httpx.get(f"{prefect_server.api_url}/health", trust_env=False)  # noqa: ASYNC210 - that is what is looked for

    assert ["GET /api/health"] == blocking


async def test_no_shift_asks_prefect_with_a_blocking_call(
    ground: Ground, prefect_server: PrefectServer, blocking: list[str]
) -> None:
    assert prefect_server.api_url
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=True) as hall:
        await ground.walks_in(Need.DEBT, Need.JOB)
        hall.ring()
        await hall.quiet(60)
    use(None)

    # Intake, debt relief and job placement each had a run.
    assert await ground.rows("SELECT count(*) >= 3 FROM shift WHERE flow_run_id IS NOT NULL") == [(True,)]
    assert 0 == hall.without_prefect
    assert [] == blocking


async def test_no_follow_up_asks_prefect_with_a_blocking_call(
    ground: Ground, prefect_server: PrefectServer, blocking: list[str]
) -> None:
    assert prefect_server.api_url
    use(ground.tools)
    for flow in FLOWS.values():
        await flow()
    use(None)

    assert [] == blocking
