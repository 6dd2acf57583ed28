"""Deploying to a real Prefect server: what stands afterwards, that a second time changes nothing, and that it fires."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule

from deployments.deploying import Standing, deploy_all
from deployments.prefect_server import PrefectServer
from models.schedules import SCHEDULES, next_hour
from models.vocabulary import FollowUp

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture
async def prefect(prefect_server: PrefectServer) -> AsyncIterator[PrefectClient]:
    """Give a client of the test session's server."""
    assert prefect_server.api_url
    async with get_client() as client:
        yield client


async def test_what_is_deployed_stands_once_and_a_second_time_changes_nothing(prefect: PrefectClient) -> None:
    first = await deploy_all(None)
    seen = await _seen(prefect)
    second = await deploy_all(None)

    assert (6, 7, 7) == (len(second.desks), len(second.follow_ups), len(second.automations))
    assert 0 == second.changed
    assert _ids(first) == _ids(second)
    assert seen == await _seen(prefect)


async def test_each_follow_up_has_its_schedule_and_a_limit_of_one(prefect: PrefectClient) -> None:
    stands = await deploy_all(None)

    for follow_up in FollowUp:
        known = await prefect.read_deployment(stands.follow_ups[follow_up].id)
        [schedule] = known.schedules
        assert isinstance(schedule.schedule, CronSchedule)
        assert (SCHEDULES[follow_up], "Asia/Seoul") == (schedule.schedule.cron, schedule.schedule.timezone)
        assert schedule.active
        assert known.global_concurrency_limit is not None
        assert known.concurrency_options is not None
        assert 1 == known.global_concurrency_limit.limit
        assert ConcurrencyLimitStrategy.CANCEL_NEW == known.concurrency_options.collision_strategy
        assert (f"flows.follow_up.{follow_up}", "follow-ups") == (known.entrypoint, known.work_queue_name)


async def test_prefect_itself_schedules_the_next_runs(prefect: PrefectClient) -> None:
    """With SQLAlchemy 2.1 Prefect 3.8.8 takes a schedule and never makes a run of it."""
    stands = await deploy_all(None)
    deployed = [each.id for each in stands.follow_ups.values()]
    in_a_year = datetime.now(UTC) + timedelta(days=365)

    async with asyncio.timeout(120):
        while True:
            waiting = await prefect.get_scheduled_flow_runs_for_deployments(deployed, scheduled_before=in_a_year)
            own = [run for run in waiting if run.auto_scheduled]
            if {run.deployment_id for run in own} == set(deployed):
                break
            await asyncio.sleep(0.5)

    for follow_up, each in stands.follow_ups.items():
        hours = [run.expected_start_time for run in own if run.deployment_id == each.id]
        first = min(hour for hour in hours if hour is not None)
        assert next_hour(follow_up, first - timedelta(seconds=1)) == first, (
            "an hour of ours, whatever the server's zone"
        )


async def _seen(prefect: PrefectClient) -> dict[str, set[tuple[object, ...]]]:
    """Return everything of ours that the server has, down to the ids of schedules and limits."""
    deployments = await prefect.read_deployments()
    automations = await prefect.read_automations()
    return {
        "deployments": {
            (each.id, each.updated, each.global_concurrency_limit and each.global_concurrency_limit.id)
            for each in deployments
        },
        "schedules": {(schedule.id, schedule.updated) for each in deployments for schedule in each.schedules},
        "automations": {(each.id, each.model_dump_json()) for each in automations},
    }


def _ids(stands: Standing) -> list[object]:
    return [part.id for part in (*stands.desks, *stands.follow_ups.values(), *stands.automations)]
