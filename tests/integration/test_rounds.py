"""The rounds: follow-ups at their hours in a warm process, as Prefect runs where Prefect is there, and without."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.states import Running

from deployments.clocks import machine_clock
from flows.follow_up import FLOWS
from flows.rounds import Rounds
from models.vocabulary import FollowUp
from tasks.collect import bury, look_after_runs
from tasks.follow_book import begin_run
from tasks.toolbox import use
from tests.integration.feed import events_named
from tests.integration.jobs import jobs
from tests.integration.smallest import break_down, fall_silent, go_on_for_ever
from tests.integration.town import DEAD, QUICK, Town

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("follow_up", list(FollowUp))
async def test_a_run_whose_hour_has_come_is_worked_as_prefects_own(town: Town, follow_up: FollowUp) -> None:
    await town.ground.walks_in()
    run = await town.schedule(follow_up)
    with jobs():
        async with town.walked() as walking:
            ended = await town.ends(run.id)
        rows = await town.has_rows(follow_up)

    assert ended.state is not None
    assert "Completed" == ended.state.name
    assert ended.name.startswith(f"{follow_up} up to 20"), "its name says what it covers"
    assert [("done", run.id)] == rows
    assert [('{"looked_at": 1}',)] == await town.ground.rows(
        "SELECT CAST(report AS text) FROM follow_up_run WHERE flow_run_id = :run", run=run.id
    )
    [artifact] = await town.prefect.read_artifacts(
        artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    )
    [(number,)] = await town.ground.rows("SELECT number FROM journey")
    assert f"follow-up-{follow_up}" == artifact.key
    assert [{"what": "looked_at", "journey": number}] == json.loads(str(artifact.data))
    assert "looked at 1" in str(artifact.description)
    assert 0 == walking.without_prefect


async def test_of_many_that_wait_the_latest_is_worked_and_covers_the_others(town: Town) -> None:
    waiting = [await town.schedule(FollowUp.RETENTION, minutes_ago) for minutes_ago in (90, 60, 30)]
    with jobs():
        async with town.walked():
            ended = [await town.ends(run.id) for run in waiting]
        await town.has_rows(FollowUp.RETENTION)

    assert ["Skipped", "Skipped", "Completed"] == [run.state and run.state.name for run in ended]
    assert [("done", waiting[-1].id)] == await town.has_rows(FollowUp.RETENTION)


async def test_one_that_makes_no_sense_any_more_is_skipped(town: Town) -> None:
    at_night = await town.schedule(FollowUp.OVERDUE, minutes_ago=20)
    with jobs():
        async with town.walked():
            ended = await town.ends(at_night.id)

    assert ended.state is not None
    assert "Skipped" == ended.state.name
    assert [] == await town.has_rows(FollowUp.OVERDUE, 0)


async def test_two_processes_work_one_run_once(town: Town) -> None:
    run = await town.schedule(FollowUp.REVIEWS)
    with jobs():
        async with town.walked(process=4711), town.walked(process=4712):
            await town.ends(run.id)
            await asyncio.sleep(1)

    assert [("done", run.id)] == await town.has_rows(FollowUp.REVIEWS)


async def test_a_second_run_is_cancelled_while_the_first_is_at_work(town: Town) -> None:
    first = await town.schedule(FollowUp.REVIEWS)
    with jobs({FollowUp.REVIEWS: go_on_for_ever}):
        async with town.walked(process=4711):
            await town.under_way(first.id)
            second = await town.schedule(FollowUp.REVIEWS)
            async with town.walked(process=4712):
                ended = await town.ends(second.id)

    assert ended.state is not None
    assert ("Cancelled", "Deployment concurrency limit reached.") == (ended.state.name, ended.state.message)
    assert [("broken", first.id)] == await town.has_rows(FollowUp.REVIEWS)


async def test_closed_while_at_work_it_leaves_no_run_running(town: Town) -> None:
    run = await town.schedule(FollowUp.EXPIRY)
    with jobs({FollowUp.EXPIRY: go_on_for_ever}):
        async with town.walked():
            await town.under_way(run.id)

    ended = await town.ends(run.id)
    assert ended.state is not None
    assert "Crashed" == ended.state.name
    assert [("broken", run.id)] == await town.has_rows(FollowUp.EXPIRY)


async def test_a_job_that_breaks_fails_its_run_without_a_word_of_what_it_held(town: Town) -> None:
    run = await town.schedule(FollowUp.KEEPING)
    with jobs({FollowUp.KEEPING: break_down}):
        async with town.walked():
            ended = await town.ends(run.id)
            rows = await town.has_rows(FollowUp.KEEPING)

    assert ended.state is not None
    assert "Failed" == ended.state.name
    assert "LookupError at " in str(ended.state.message)
    assert "김하늘" not in ended.model_dump_json()
    assert [("broken", run.id)] == rows


async def test_what_a_follow_up_notices_is_an_event_in_prefect_once(town: Town) -> None:
    began = datetime.now(UTC)
    with jobs({FollowUp.RECONCILE: fall_silent}):
        async with town.walked():
            for _ in range(2):
                run = await town.schedule(FollowUp.RECONCILE)
                await town.ends(run.id)

    [event] = await events_named("ieum.agency-silent", began)
    assert {"count": 1, "about": ["nhis"]} == event["payload"]
    assert event["resource"]["prefect.resource.name"].endswith(" of reconcile")


async def test_an_hour_that_prefect_missed_is_made_up_for_as_a_run_of_the_deployment(town: Town) -> None:
    await town.ground.change("DELETE FROM follow_up_run WHERE follow_up = 'retention'")
    with jobs():
        async with town.walked() as walking:
            [(state, run)] = await town.has_rows(FollowUp.RETENTION)
            ended = await town.ends(UUID(str(run)))

    assert ("done", town.deployed[FollowUp.RETENTION]) == (state, ended.deployment_id)
    assert 0 == walking.without_prefect


async def test_what_broke_is_tried_again_after_a_rest(town: Town) -> None:
    await town.ground.change("DELETE FROM follow_up_run WHERE follow_up = 'retention'")
    with jobs({FollowUp.RETENTION: break_down}):
        async with town.walked(replace(QUICK, rest_seconds=1.0)):
            assert 2 <= len(await town.has_rows(FollowUp.RETENTION, 2))


async def test_what_broke_is_not_tried_at_every_look(town: Town) -> None:
    await town.ground.change("DELETE FROM follow_up_run WHERE follow_up = 'retention'")
    with jobs({FollowUp.RETENTION: break_down}):
        async with town.walked(replace(QUICK, rest_seconds=600.0)):
            await town.has_rows(FollowUp.RETENTION)
            # Each of these is found by a look of its own.
            for _ in range(3):
                await town.ends((await town.schedule(FollowUp.REVIEWS)).id)

    assert 1 == len(await town.has_rows(FollowUp.RETENTION))


async def test_what_somebody_has_paused_in_prefect_stays_paused(town: Town) -> None:
    await town.ground.change("DELETE FROM follow_up_run WHERE follow_up = 'retention'")
    await town.prefect.pause_deployment(town.deployed[FollowUp.RETENTION])
    run = await town.schedule(FollowUp.REVIEWS)
    with jobs():
        async with town.walked():
            await town.ends(run.id)
            await asyncio.sleep(1)

    assert [] == await town.has_rows(FollowUp.RETENTION, 0)


async def test_without_prefect_a_follow_up_runs_all_the_same(town: Town) -> None:
    await town.ground.change("DELETE FROM follow_up_run WHERE follow_up = 'retention'")

    async def nobody_there() -> Mapping[FollowUp, UUID]:
        async with httpx.AsyncClient() as nobody:
            await nobody.get("http://127.0.0.1:1/api")
        raise AssertionError("somebody answered")

    use(town.tools)
    with jobs():
        async with Rounds(town.tools, nobody_there, QUICK) as walking:
            rows = await town.has_rows(FollowUp.RETENTION)
    use(None)

    assert [("done", None)] == rows
    assert 1 == walking.without_prefect


async def test_a_run_whose_process_is_gone_is_found_and_prefect_told(town: Town) -> None:
    run = await town.prefect.create_flow_run(FLOWS[FollowUp.REVIEWS], state=Running())
    async with town.tools.engine.begin() as connection:
        await begin_run(connection, FollowUp.REVIEWS, DEAD, run.id, machine_clock())

    first = await bury(town.tools)
    await town.ground.change(
        "UPDATE follow_up_run SET report = jsonb_build_object('suspected_at',"
        " CAST(report ->> 'suspected_at' AS numeric) - 6) WHERE report ? 'suspected_at'"
    )
    second = await bury(town.tools)
    await look_after_runs(town.tools, lambda: False, anew=True)

    assert ((0, True), (1, False)) == (first, second)
    assert [("broken", run.id)] == await town.has_rows(FollowUp.REVIEWS)
    ended = await town.ends(run.id)
    assert ended.state is not None
    assert "Crashed" == ended.state.name


async def test_a_run_at_work_is_not_taken_for_dead(town: Town) -> None:
    run = await town.schedule(FollowUp.DIGEST)
    others = replace(town.tools, process=5)
    with jobs({FollowUp.DIGEST: go_on_for_ever}):
        async with town.walked():
            await town.under_way(run.id)
            found = [await bury(others) for _ in range(2)]
            await look_after_runs(others, lambda: False, anew=True)
            await town.under_way(run.id)

    assert [(0, False), (0, False)] == found
