"""How a shift's Prefect run ends: Completed, or Failed with counts and nothing else where a person is needed."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from deployments.prefect_server import PrefectServer
from flows.hall import Hall
from models.vocabulary import Alarm, Desk, Need
from tasks import notify
from tasks.alarms import raise_alarm
from tasks.room import Room
from tasks.toolbox import use
from tests.integration.feed import events_named
from tests.integration.ground import Ground

pytestmark = pytest.mark.timeout(180)

AGENCY = "agency:microfinance-desk"
#: Words of the house with a number behind each.
COUNTS = re.compile(r"a person is needed: [a-z ]+ \d+( · [a-z ]+ \d+)*")


@pytest_asyncio.fixture
async def hall(ground: Ground, prefect_server: PrefectServer) -> AsyncIterator[Hall]:
    """Give a hall on the ground whose shifts are Prefect runs."""
    assert prefect_server.api_url
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=True) as opened:
        yield opened
    use(None)


async def last_state(ground: Ground, hall: Hall, desk: Desk = Desk.DEBT_RELIEF) -> State:
    """Work what waits, and return how the run of the desk's last shift ended."""
    hall.ring()
    await hall.quiet(60)
    async with asyncio.timeout(60), get_client() as prefect:
        while await ground.rows("SELECT 1 FROM shift WHERE state = 'open'"):  # noqa: ASYNC110 - it is the rows that tell
            await asyncio.sleep(0.05)
        [(run,)] = await ground.rows(
            "SELECT flow_run_id FROM shift WHERE desk = :desk ORDER BY number DESC LIMIT 1", desk=desk
        )
        while not ((state := (await prefect.read_flow_run(run)).state) and state.is_final()):  # noqa: ASYNC110 - so does Prefect
            await asyncio.sleep(0.05)
    assert (0, 0) == (hall.without_prefect, hall.broken)
    return state


async def test_a_letter_for_an_agency_that_is_not_connected_fails_the_shift_with_counts_only(
    ground: Ground, hall: Hall
) -> None:
    await ground.walks_in(Need.DEBT)
    state = await last_state(ground, hall)

    assert StateType.FAILED == state.type
    assert COUNTS.fullmatch(state.message or ""), state.message
    assert "letters with a person 1" in (state.message or "")


async def test_a_parked_event_fails_the_shift_with_counts_only(ground: Ground, hall: Hall) -> None:
    await ground.walks_in(Need.DEBT)
    await last_state(ground, hall)
    number = await ground.number("financial-counseling")
    await ground.put(AGENCY, "resumed", number=number)
    state = await last_state(ground, hall)

    assert StateType.FAILED == state.type
    assert COUNTS.fullmatch(state.message or ""), state.message
    assert "events parked 1" in (state.message or "")


async def test_a_journey_set_aside_fails_the_shift_with_counts_only(ground: Ground, hall: Hall) -> None:
    await ground.walks_in(Need.DEBT)
    await last_state(ground, hall)
    number = await ground.number("financial-counseling")
    await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    state = await last_state(ground, hall)

    assert StateType.FAILED == state.type
    assert COUNTS.fullmatch(state.message or ""), state.message
    assert "journeys set aside 1" in (state.message or "")
    assert [("unknown_word",)] == await ground.rows("SELECT reason FROM set_aside")


async def test_two_journeys_set_aside_by_a_shift_are_one_event_in_prefect(ground: Ground, hall: Hall) -> None:
    began = datetime.now(UTC)
    for _ in range(2):
        await ground.walks_in(Need.DEBT)
    await last_state(ground, hall)
    for (number,) in await ground.rows("SELECT number FROM referral WHERE program = 'financial-counseling'"):
        await ground.put(AGENCY, "progressed", number=number, milestone="pondered")
    await last_state(ground, hall)
    [(shift,)] = await ground.rows("SELECT max(number) FROM shift WHERE desk = 'debt-relief'")

    resource = f"ieum.shift-{shift}-of-debt-relief"
    [event] = await events_named("ieum.journey-set-aside", began, resource=resource)
    assert {"count": 2, "about": []} == event["payload"]
    assert f"shift {shift} of debt-relief" == event["resource"]["prefect.resource.name"]
    assert "김하늘" not in str(event)


async def test_a_shift_tells_prefect_of_each_kind_once(prefect_server: PrefectServer) -> None:
    assert prefect_server.api_url
    began, shift = datetime.now(UTC), uuid4().int % 10**9
    room = Room(shift=shift, desk=Desk.INTAKE)

    for agency in ("nhis", "microfinance-desk"):
        raise_alarm(room, Alarm.CREDENTIAL_ALARM, [agency])
    raise_alarm(room, Alarm.ENDPOINT_DISABLED, ["nhis"])

    resource = f"ieum.shift-{shift}-of-intake"
    # They come in the order in which they were told: when the last is there, so is every other.
    assert 1 == len(await events_named("ieum.endpoint-disabled", began, resource=resource))
    [event] = await events_named("ieum.credential-alarm", began, resource=resource)
    assert {"count": 1, "about": ["nhis"]} == event["payload"]


async def test_a_shift_after_which_nobody_is_needed_is_completed(ground: Ground, hall: Hall) -> None:
    await ground.walks_in(Need.DEBT)
    await last_state(ground, hall)
    number = await ground.number("financial-counseling")
    await ground.put(AGENCY, "accepted", number=number)

    assert StateType.COMPLETED == (await last_state(ground, hall)).type


async def test_a_shift_that_is_done_is_not_broken_by_a_prefect_that_goes_before_it_has_its_account(
    ground: Ground, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(**_: object) -> None:
        await asyncio.sleep(0)
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(notify, "acreate_table_artifact", gone)
    await ground.walks_in(Need.JOB)
    state = await last_state(ground, hall, Desk.INTAKE)

    assert StateType.FAILED == state.type
    assert [("done",)] == await ground.rows("SELECT DISTINCT state FROM shift")
