"""What the doors say about the follow-ups, from our own tables: when each was done, and which one is late."""

from datetime import timedelta
from typing import Any

from models.vocabulary import Desk, FollowUp, FollowUpState
from tasks.follow_book import begin_run, end_run
from tasks.shiftbook import open_row
from tests.integration.doors.house import NOW, House


async def stand(house: House) -> dict[str, Any]:
    answer = await house.http.get(f"{house.base}/health/follow-ups")
    assert 200 == answer.status_code
    return answer.json()


async def opened_for_business(house: House, *, days: int) -> None:
    """Let the house have been at work for so long."""
    async with house.engine.begin() as connection:
        await open_row(connection, Desk.INTAKE, 1, NOW - timedelta(days=days))


async def ran(house: House, follow_up: FollowUp, state: FollowUpState, *, hours_ago: float) -> None:
    """Let a follow-up have run some hours ago."""
    began = NOW - timedelta(hours=hours_ago)
    async with house.engine.begin() as connection:
        number = await begin_run(connection, follow_up, 1, None, began)
        await end_run(connection, number, state, {}, began)


async def test_a_house_that_never_was_at_work_is_late_with_nothing(house: House) -> None:
    told = await stand(house)

    assert "on_time" == told["status"]
    assert [follow_up.value for follow_up in FollowUp] == [each["follow_up"] for each in told["follow_ups"]]
    assert {(None, None, False)} == {(each["state"], each["last_done_at"], each["late"]) for each in told["follow_ups"]}


async def test_what_did_not_run_is_late_and_a_run_that_broke_off_does_not_count(house: House) -> None:
    await opened_for_business(house, days=10)
    for follow_up in FollowUp:
        # It is Monday, 14:00 in Seoul.
        await ran(house, follow_up, FollowUpState.DONE, hours_ago=0.1)
    await ran(house, FollowUp.RETENTION, FollowUpState.BROKEN, hours_ago=0)
    well = await stand(house)
    async with house.engine.begin() as connection:
        await connection.exec_driver_sql(
            "UPDATE follow_up_run SET began_at = began_at - interval '1 day', ended_at = ended_at - interval '1 day'"
            " WHERE state = 'done' AND follow_up = 'retention'"
        )
    late = await stand(house)

    assert "on_time" == well["status"]
    assert "late" == late["status"]
    [retention] = [each for each in late["follow_ups"] if each["late"]]
    assert ("retention", "broken") == (retention["follow_up"], retention["state"])
    assert retention["last_done_at"] is not None
    assert "2017-12-04T22:00:00Z" == retention["next_at"]


async def test_prometheus_reads_when_each_was_done_and_which_is_late(house: House) -> None:
    await opened_for_business(house, days=10)
    await ran(house, FollowUp.RECONCILE, FollowUpState.DONE, hours_ago=1)

    page = (await house.http.get(f"{house.base}/metrics")).text

    [done] = [line for line in page.splitlines() if line.startswith("ieum_follow_up_done") and "reconcile" in line]
    assert (NOW - timedelta(hours=1)).timestamp() == float(done.rpartition(" ")[2])
    assert 'ieum_follow_up_late{follow_up="reconcile"} 0.0' in page
    assert 'ieum_follow_up_late{follow_up="overdue"} 1.0' in page
    assert 'ieum_follow_up_done_timestamp_seconds{follow_up="overdue"}' not in page
