"""Prefect's old runs: ours are removed with their logs and artifacts, others and young ones are left alone."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.runtime import flow_run

from deployments.prefect_server import PrefectServer
from tasks.old_runs import prefect_is_known, remove_old_runs

pytestmark = pytest.mark.timeout(180)


@flow(name="digest", persist_result=False)
async def ours() -> None:
    """Be a run of ours, with an artifact."""
    await acreate_table_artifact(table=[{"run": str(flow_run.id)}], key="of-an-old-run")


@flow(name="somebody-elses", persist_result=False)
async def another() -> None:
    """Be a run of somebody else's."""


async def runs(name: str) -> int:
    async with get_client() as prefect:
        found = await prefect.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=[name])), limit=200)
        return len(found)


async def artifacts() -> int:
    async with get_client() as prefect:
        return sum(each.key == "of-an-old-run" for each in await prefect.read_artifacts())


async def test_ours_go_when_they_are_old_and_nothing_else_does(prefect_server: PrefectServer) -> None:
    assert prefect_server.api_url
    assert prefect_is_known()
    # Other tests may have left runs of ours on this server: they go first.
    while await remove_old_runs(datetime.now(UTC) + timedelta(hours=1)):
        continue
    for _ in range(3):
        await ours()
    await another()
    now = datetime.now(UTC)

    assert 0 == await remove_old_runs(now - timedelta(days=1))
    assert 3 == await remove_old_runs(now + timedelta(hours=1), dry_run=True)
    assert (3, 1, 3) == (await runs("digest"), await runs("somebody-elses"), await artifacts())

    # Whoever comes second finds them gone, and says nothing of it.
    removed = await asyncio.gather(*(remove_old_runs(now + timedelta(hours=1)) for _ in range(2)))

    assert max(removed) == 3
    assert (0, 1, 0) == (await runs("digest"), await runs("somebody-elses"), await artifacts())
    assert 0 == await remove_old_runs(now + timedelta(hours=1))
