"""Prefect's old runs: ours are removed with their logs and artifacts, others and young ones are left alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.runtime import flow_run

from deployments.clocks import VirtualClock
from deployments.prefect_server import PrefectServer
from deployments.tools import lay_out
from settings import Settings
from tasks.keeping import keep
from tasks.old_runs import prefect_is_known, remove_old_runs
from tests.integration.ground import Ground

pytestmark = pytest.mark.timeout(180)


@flow(name="digest", persist_result=False)
async def ours() -> UUID:
    """Be a run of ours, with an artifact; return its id."""
    await acreate_table_artifact(table=[{"run": str(flow_run.id)}], key="of-an-old-run")
    return UUID(flow_run.id)


@flow(name="somebody-elses", persist_result=False)
async def another() -> UUID:
    """Be a run of somebody else's; return its id."""
    return UUID(flow_run.id)


async def there(*runs: UUID) -> int:
    """Count which of these runs are there: other tests may have runs of the same flows on this server."""
    async with get_client() as prefect:
        return len(await prefect.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=list(runs)))))


async def artifacts() -> int:
    async with get_client() as prefect:
        return sum(each.key == "of-an-old-run" for each in await prefect.read_artifacts())


async def test_ours_go_when_they_are_old_and_nothing_else_does(prefect_server: PrefectServer) -> None:
    assert prefect_server.api_url
    assert prefect_is_known()
    # Other tests may have left runs of ours on this server: they go first.
    while await remove_old_runs(datetime.now(UTC) + timedelta(hours=1)):
        continue
    mine = [await ours() for _ in range(3)]
    strange = await another()
    now = datetime.now(UTC)

    assert 0 == await remove_old_runs(now - timedelta(days=1))
    assert 3 == await remove_old_runs(now + timedelta(hours=1), dry_run=True)
    assert (3, 1, 3) == (await there(*mine), await there(strange), await artifacts())

    # Whoever comes second finds them gone, and says nothing of it.
    removed = await asyncio.gather(*(remove_old_runs(now + timedelta(hours=1)) for _ in range(2)))

    assert max(removed) == 3
    assert (0, 1, 0) == (await there(*mine), await there(strange), await artifacts())
    assert 0 == await remove_old_runs(now + timedelta(hours=1))


async def test_keeping_on_virtual_time_leaves_prefects_runs_alone(
    ground: Ground, prefect_server: PrefectServer
) -> None:
    assert prefect_server.api_url
    assert prefect_is_known()
    mine = await ours()
    clock = VirtualClock(datetime.now(UTC) + timedelta(days=400))
    tools = lay_out(
        Settings(),
        ground.engine,
        master_key="a-pretend-master-key-of-the-tests-and-of-nobody-else",
        catalog=ground.tools.catalog,
        clock=clock,
    )

    report = await keep(tools, clock())

    assert 1 == await there(mine)
    assert "prefect_runs_removed" not in report.counts
