"""The automations on a real Prefect server: each is made to fire, and what it says is heard where alarms go."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from prefect.client.orchestration import PrefectClient, get_client
from prefect.states import Crashed, Failed, Running, Scheduled
from pydantic import SecretStr

from deployments.automations import BLOCK, automate, rules
from deployments.deploying import deploy_all
from deployments.prefect_server import PrefectServer
from flows.desks import DESKS
from flows.follow_up import FLOWS
from models.vocabulary import Alarm, Desk, FollowUp
from tasks.alarms import NAMED, event_of, tell
from tests.integration.feed import events_named
from tests.integration.listener import Listener, listening

pytestmark = pytest.mark.timeout(180)

FIRED = "prefect.automation.triggered"


@pytest.fixture(scope="module")
def ear(prefect_server: PrefectServer) -> Iterator[Listener]:
    """Give a listener that the automations post to; afterwards nobody is told of anything."""
    assert prefect_server.api_url

    async def automated(address: SecretStr | None) -> None:
        async with get_client() as prefect:
            await automate(prefect, address, rules(timedelta(seconds=10)))

    async def heard_once() -> None:
        # Prefect takes up a changed automation a moment later than it says so.
        for _ in range(30):
            tell(Alarm.AGENCY_SILENT, "warming up", ["nobody"])
            if await until(lambda: bool(listener.heard), 2):
                return

    with listening() as listener:
        asyncio.run(automated(SecretStr(listener.address)))
        asyncio.run(heard_once())
        yield listener
        asyncio.run(automated(None))


@pytest_asyncio.fixture
async def prefect(prefect_server: PrefectServer) -> AsyncIterator[PrefectClient]:
    """Give a client of the test session's server."""
    assert prefect_server.api_url
    async with get_client() as client:
        yield client


async def until(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until something holds, at most so long."""
    give_up = asyncio.get_running_loop().time() + seconds
    while not holds() and asyncio.get_running_loop().time() < give_up:  # noqa: ASYNC110 - a server tells it
        await asyncio.sleep(0.1)
    return holds()


async def hears(ear: Listener, words: str) -> bool:
    """Wait for a text with these words."""
    return await until(lambda: any(words in said for said in ear.texts()))


@pytest.mark.parametrize("alarm", list(Alarm))
async def test_an_alarm_of_ours_is_heard_where_alarms_go(ear: Listener, alarm: Alarm) -> None:
    tell(alarm, "shift 12 of debt-relief", ["nhis", "microfinance-desk"])

    assert await hears(ear, f"\n2: nhis, microfinance-desk (shift 12 of debt-relief)\nSee docs/runbook.md, {alarm};")


async def test_a_shift_that_failed_is_told_of_and_one_that_went_well_is_not(
    prefect: PrefectClient, ear: Listener
) -> None:
    flow = DESKS[Desk.DEBT_RELIEF].flow
    ill, well, other = [await prefect.create_flow_run(flow, name=f"debt-relief works shift {n}") for n in (7, 8, 9)]

    await prefect.set_flow_run_state(well.id, Running())
    await prefect.set_flow_run_state(ill.id, Failed(message="a person is needed: letters with a person 1"))
    await prefect.set_flow_run_state(other.id, Crashed(message="gone"), force=True)

    assert await hears(ear, "Ieum: a shift failed\ndebt-relief works shift 7: a person is needed")
    assert await hears(ear, "Ieum: a shift failed\ndebt-relief works shift 9: gone")
    assert not any("shift 8" in said for said in ear.texts())


async def test_a_follow_up_that_failed_is_told_of(prefect: PrefectClient, ear: Listener) -> None:
    run = await prefect.create_flow_run(FLOWS[FollowUp.DIGEST], name="digest up to 2017-12-05 08:00")

    await prefect.set_flow_run_state(run.id, Failed(message="KeyError at tasks/follow.py:1 in follow"))

    assert await hears(ear, "Ieum: a follow-up failed\ndigest up to 2017-12-05 08:00: KeyError")


@pytest.mark.slow
async def test_a_follow_up_that_nobody_takes_up_is_told_of(prefect: PrefectClient, ear: Listener) -> None:
    deployed = (await deploy_all(SecretStr(ear.address))).follow_ups
    await automate(prefect, SecretStr(ear.address), rules(timedelta(seconds=10)))
    hour = datetime.now(UTC) - timedelta(minutes=1)
    hours = {FollowUp.RETENTION: hour + timedelta(hours=1), FollowUp.KEEPING: hour, FollowUp.EXPIRY: hour}
    _, taken, _ = [
        await prefect.create_flow_run_from_deployment(deployed[each].id, state=Scheduled(scheduled_time=when))
        for each, when in hours.items()
    ]
    await prefect.set_flow_run_state(taken.id, Running())

    assert await hears(ear, "Ieum: a follow-up did not run\nexpiry is late: nobody takes it up")
    assert not any("keeping is late" in said for said in ear.texts()), "it was begun"
    assert not any("retention is late" in said for said in ear.texts()), "its hour has not come"


async def test_without_an_address_an_automation_fires_all_the_same(prefect: PrefectClient) -> None:
    stands = await automate(prefect, None)
    began = datetime.now(UTC)

    assert not any(automation.notifies for automation in stands)
    fired: list[str] = []
    for _ in range(3):
        # Prefect takes up a changed automation a moment later than it says so: what it was told before is not heard.
        tell(Alarm.AGENCY_SILENT, "run 3 of reconcile", [f"agency-{number}" for number in range(NAMED + 5)])
        if fired := [event["resource"]["prefect.resource.name"] for event in await events_named(FIRED, began)]:
            break
    assert "Ieum: an agency has fallen silent" in fired


async def test_an_address_that_is_taken_away_is_kept_nowhere(prefect: PrefectClient) -> None:
    await automate(prefect, SecretStr("https://alarms.example/secret-of-the-operator"))
    changed = [automation.changed for automation in await automate(prefect, SecretStr("https://alarms.example/other"))]
    known = await prefect.read_block_document_by_name(BLOCK, "custom-webhook", include_secrets=False)

    await automate(prefect, None)

    assert not any(changed), "the automations point to the block, whose address alone has changed"
    assert "alarms.example" not in known.model_dump_json()
    left = await prefect.read_block_documents()
    assert BLOCK not in [document.name for document in left]


async def test_one_that_was_switched_off_stays_off(prefect: PrefectClient) -> None:
    off = (await automate(prefect, None))[0]
    await prefect.pause_automation(off.id)

    await automate(prefect, SecretStr("https://alarms.example/"))

    known = await prefect.read_automation(off.id)
    assert known is not None
    assert (False, off.name) == (known.enabled, known.name)
    await prefect.resume_automation(off.id)
    await automate(prefect, None)


def test_every_alarm_has_an_event_of_its_own() -> None:
    assert "ieum.journey-set-aside" == event_of(Alarm.JOURNEY_SET_ASIDE)
    assert len(Alarm) == len({event_of(alarm) for alarm in Alarm})
