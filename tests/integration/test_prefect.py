"""The Prefect server: the pinned versions work together, and what must not be kept or sent is not."""

from collections.abc import Awaitable
from pathlib import Path
from typing import cast

import httpx
import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings

from deployments.postgres import PrivatePostgres
from deployments.prefect_pages import POLICY
from deployments.prefect_server import PrefectServer, PrefectServerError

# The first start makes Prefect's tables.
pytestmark = pytest.mark.timeout(180)


@task
async def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@flow(name="smoke", flow_run_name="smoke over {number}")
async def smoke(number: int) -> int:
    """Call one task."""
    return await double(number)


@flow(name="failing")
async def failing() -> None:
    """Raise, as a flow with a broken rule would."""
    raise LookupError("nothing under this number")


async def final_state(running: object) -> State[object]:
    """Await a flow called with `return_state=True`, which Prefect types as if it were no coroutine."""
    return await cast("Awaitable[State[object]]", running)


async def test_a_flow_really_runs_to_completed(prefect_server: PrefectServer) -> None:
    state = await final_state(smoke(21, return_state=True))

    run_id = state.state_details.flow_run_id
    assert run_id is not None
    async with get_client() as prefect_client:
        run = await prefect_client.read_flow_run(run_id)
    assert ("smoke over 21", "Completed") == (run.name, run.state.name if run.state else None)
    assert prefect_server.api_url == get_current_settings().api.url


async def test_results_are_not_persisted_even_when_a_flow_fails(prefect_server: PrefectServer) -> None:
    await final_state(smoke(4, return_state=True))
    state = await final_state(failing(return_state=True))

    assert "Failed" == state.name
    storage = Path(prefect_server.home) / "storage"
    assert [] == (list(storage.rglob("*")) if storage.exists() else [])


async def test_the_api_asks_for_the_password_and_health_does_not(prefect_server: PrefectServer) -> None:
    user, _, password = prefect_server.login.partition(":")
    async with httpx.AsyncClient(base_url=prefect_server.ui_url) as browser:
        stranger = await browser.post("/api/flow_runs/filter", json={})
        staff = await browser.post("/api/flow_runs/filter", json={}, auth=(user, password))
        health = await browser.get("/api/health")

    assert [401, 200, 200] == [stranger.status_code, staff.status_code, health.status_code]


async def test_the_ui_finds_its_api_whatever_the_port(prefect_server: PrefectServer) -> None:
    async with httpx.AsyncClient(base_url=prefect_server.ui_url) as browser:
        page = await browser.get("/")
        settings = (await browser.get("/ui-settings")).json()

    assert page.is_success
    assert (prefect_server.api_url, "BASIC") == (settings["api_url"], settings["auth"])


@pytest.mark.parametrize("address", ["/", "/v2/", "/v2/runs"])
async def test_the_pages_of_the_ui_forbid_the_browser_to_call_anybody_else(
    prefect_server: PrefectServer, address: str
) -> None:
    async with httpx.AsyncClient(base_url=prefect_server.ui_url) as browser:
        page = await browser.get(address, headers={"accept": "text/html"}, follow_redirects=True)

    head, _, body = page.text.partition("<head>")[2].partition("<script")
    assert POLICY in head
    assert "/assets/" in body


async def test_a_foreign_web_page_may_not_read_the_api(prefect_server: PrefectServer) -> None:
    async with httpx.AsyncClient(base_url=prefect_server.ui_url) as browser:
        answer = await browser.get("/api/health", headers={"Origin": "https://elsewhere.example"})

    assert "access-control-allow-origin" not in answer.headers


async def test_the_server_runs_with_our_settings_and_calls_nobody(prefect_server: PrefectServer) -> None:
    user, _, password = prefect_server.login.partition(":")
    async with httpx.AsyncClient(base_url=prefect_server.ui_url) as staff:
        known = (await staff.get("/api/admin/settings", auth=(user, password))).json()

    assert known["server"]["analytics_enabled"] is False
    assert known["server"]["ui"]["show_promotional_content"] is False
    assert known["telemetry"]["enable_resource_metrics"] is False
    assert 100 == known["server"]["services"]["task_run_recorder"]["batch_size"]
    assert 200 == known["server"]["services"]["event_persister"]["batch_size"]


def test_a_desk_process_gets_our_settings_and_nobody_elses(prefect_server: PrefectServer) -> None:
    environment = {"PATH": "/usr/bin", "PREFECT_API_KEY": "somebody's", "PREFECT_PROFILE": "cloud"}

    prefect_server.enter(environment)

    assert "/usr/bin" == environment.pop("PATH")
    assert prefect_server.client_settings() == environment
    assert ("0", "1") == (environment["PREFECT_CLIENT_MAX_RETRIES"], environment["DO_NOT_TRACK"])


async def test_a_taken_port_is_one_sentence_with_a_remedy(
    prefect_server: PrefectServer, postgres: PrivatePostgres, tmp_path: Path
) -> None:
    taken = int(prefect_server.ui_url.rpartition(":")[2])

    with pytest.raises(PrefectServerError, match=f"Port {taken} .* is taken; stop"):
        await PrefectServer(tmp_path, postgres.database_url("prefect"), port=taken).start()


@pytest.mark.faults
async def test_a_start_that_fails_shows_the_log_without_the_password(postgres: PrivatePostgres, tmp_path: Path) -> None:
    away = postgres.database_url("no such database")
    server = PrefectServer(tmp_path, away)

    with pytest.raises(PrefectServerError, match="stopped while starting; see") as refusal:
        await server.start()

    assert (postgres.folder / "password").read_text() not in str(refusal.value)
    await server.stop()
