"""The chase again: twice, late, twice at the same time, after a crash, with a clock that jumps: no double effect."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flows.follow_up import JOBS
from models.vocabulary import FollowUp, Need
from tasks.follow_report import FollowReport
from tests.integration.ground import Ground, on_ground
from tests.integration.silence import COUNSELING, OVERDUE, days_later, digests, follow, silent, stands_at, steps
from tests.properties.checker import check_log

MINE = (FollowUp.OVERDUE, FollowUp.RETENTION, FollowUp.REVIEWS)


async def written(ground: Ground) -> list[Any]:
    """Return everything the follow-ups wrote that may not be there twice."""
    return [
        await ground.rows(
            "SELECT referral_id, deadline, due_at, step, does, letter_id FROM follow_up_step ORDER BY id"
        ),
        await ground.rows("SELECT id, agency, body, state FROM letter WHERE type = 'referral.reminded' ORDER BY id"),
        await ground.rows("SELECT key, detail, settled_at FROM notice WHERE follow_up IS NOT NULL ORDER BY key"),
        await ground.rows(
            "SELECT source, source_id, fate FROM inbox_event WHERE source LIKE 'follow-up:%' ORDER BY id"
        ),
        await ground.rows("SELECT journey_id, follow_up, look_at FROM agenda ORDER BY journey_id, follow_up"),
    ]


async def worked_through(ground: Ground) -> None:
    """Let a client be paid emergency aid, be granted a benefit, and be hired, with some silence between."""
    await silent(ground, *Need)
    aid, benefit = await ground.number("emergency-living-aid"), await ground.number("single-parent-support")
    await ground.put("agency:mapo-welfare-team", "progressed", number=aid, milestone="decided", hours=2)
    await ground.put("agency:mapo-welfare-team", "completed", number=benefit, outcome="granted", hours=3)
    counseling = await ground.number("job-counseling")
    await ground.put(
        "agency:seoul-west-employment-center", "completed", number=counseling, outcome="counseled", hours=4
    )
    await ground.work()
    package = await ground.number("employment-success-package")
    await ground.put("agency:seoul-west-employment-center", "completed", number=package, outcome="employed", hours=9)
    await ground.work()


@pytest.mark.parametrize("follow_up", MINE)
async def test_each_follow_up_run_again_does_nothing_more(ground: Ground, follow_up: FollowUp) -> None:
    await worked_through(ground)
    first = await follow(ground, days_later(40), follow_up)
    before = await written(ground)
    # Somebody has every journey looked at anew.
    await ground.change("UPDATE agenda SET look_at = :now", now=OVERDUE)

    again = await follow(ground, days_later(40), follow_up)

    assert first.counts["looked at"] == 1
    assert {"looked at": 1} == dict(again.counts)
    assert before[:-1] == (await written(ground))[:-1]
    assert any(before[:-1])


@pytest.mark.parametrize("follow_up", MINE)
async def test_two_runs_at_the_same_time_do_together_what_one_does(database_url: str, follow_up: FollowUp) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        for _ in range(12):
            await worked_through(one)
        now = days_later(40)
        stands_at(one, now)
        stands_at(other, now)

        reports = await asyncio.gather(*(JOBS[follow_up](ground.tools, now) for ground in (one, other, one, other)))

        done = sum((report.counts for report in reports), FollowReport().counts)
        assert done["looked at"] >= 12
        [(twice,)] = await one.rows(
            "SELECT count(*) FROM (SELECT 1 FROM follow_up_step GROUP BY referral_id, deadline, due_at, step"
            " HAVING count(*) > 1) AS x"
        )
        assert twice == 0
        counted = done["remind"] + done["staff"] + done["supervisor"] + done["expire"]
        assert counted == len(await one.rows("SELECT 1 FROM follow_up_step"))
        assert counted > 0
        # One letter for each agency, or as many as raced: never one reminder in two of them.
        told = [
            (line["referral"], line["waits_for"], line["reminder"]) for _, lines in await digests(one) for line in lines
        ]
        assert len(told) == len(set(told))
        assert [] == await one.rows("SELECT 1 FROM follow_up_step WHERE does = 'remind' AND letter_id IS NULL")
        async with one.engine.connect() as connection:
            assert [] == await check_log(connection)


async def test_killed_between_steps_and_digest_the_next_run_writes_the_one_digest(ground: Ground) -> None:
    await silent(ground, clients=3)
    await ground.change("ALTER TABLE letter ADD CONSTRAINT no_digest CHECK (type <> 'referral.reminded') NOT VALID")
    with pytest.raises(Exception, match="no_digest"):
        await follow(ground, OVERDUE)
    assert (6, []) == (len(await ground.rows("SELECT 1 FROM follow_up_step")), await digests(ground))
    await ground.change("ALTER TABLE letter DROP CONSTRAINT no_digest")

    report = await follow(ground, OVERDUE + timedelta(minutes=15))

    assert {"digest": 2} == dict(report.counts)
    assert [3, 3] == [len(lines) for _, lines in await digests(ground)]
    assert 6 == len(await ground.rows("SELECT 1 FROM follow_up_step WHERE letter_id IS NOT NULL"))


async def test_killed_within_a_page_nothing_of_it_is_written(ground: Ground) -> None:
    await silent(ground, clients=3)
    await ground.change("ALTER TABLE follow_up_step ADD CONSTRAINT none_today CHECK (step <> 1) NOT VALID")
    before = await ground.rows("SELECT journey_id, follow_up, look_at FROM agenda ORDER BY 1, 2")

    await follow(ground, OVERDUE)
    stuck = await ground.rows("SELECT about, detail FROM notice WHERE code = 'follow_up_failed'")
    assert 3 == len(stuck)
    assert {"overdue"} == {about for about, _ in stuck}
    assert [] == await ground.rows("SELECT 1 FROM follow_up_step")
    await ground.change("ALTER TABLE follow_up_step DROP CONSTRAINT none_today")
    assert before != await ground.rows("SELECT journey_id, follow_up, look_at FROM agenda ORDER BY 1, 2")

    await follow(ground, OVERDUE + timedelta(days=3, minutes=1))

    assert 6 == len(await ground.rows("SELECT 1 FROM follow_up_step"))
    assert {("follow-up",)} == set(await ground.rows("SELECT settled_by FROM notice WHERE code = 'follow_up_failed'"))


async def test_a_journey_that_cannot_be_read_stops_no_other(ground: Ground) -> None:
    await silent(ground, clients=2)
    [(number,)] = await ground.rows("SELECT min(number) FROM journey")
    await ground.change("""UPDATE journey SET facts = facts || '{"hair": "black"}' WHERE number = :n""", n=number)

    report = await follow(ground, OVERDUE)

    assert (1, 1) == (report.counts["could not be looked at"], report.counts["looked at"])
    assert 2 == len(await ground.rows("SELECT 1 FROM follow_up_step"))
    [(detail,)] = await ground.rows("SELECT detail FROM notice WHERE code = 'follow_up_failed'")
    assert "black" not in detail
    assert [(OVERDUE + timedelta(days=1),)] == await ground.rows(
        "SELECT look_at FROM agenda JOIN journey ON journey.id = journey_id"
        " WHERE number = :n AND follow_up = 'overdue'",
        n=number,
    )


async def test_a_clock_that_jumps_an_hour_and_back_reminds_nobody_twice_and_nobody_early(ground: Ground) -> None:
    await silent(ground)
    due = (await ground.rows("SELECT min(look_at) FROM agenda"))[0][0]
    await follow(ground, due)
    [(due,)] = await ground.rows("SELECT look_at FROM agenda WHERE follow_up = 'overdue'")
    assert due > ground.tools.clock()

    await follow(ground, due - timedelta(seconds=1))
    assert [] == await steps(ground)
    for moment in (due, due - timedelta(hours=1), due + timedelta(hours=1), due, due + timedelta(hours=2)):
        await follow(ground, moment)
        await ground.change("UPDATE agenda SET look_at = least(look_at, :now)", now=moment)

    assert 1 == len([step for step in await steps(ground) if step[0] == "D35-answer"])
    assert 1 == len([agency for agency, _ in await digests(ground) if agency == "microfinance-desk"])


async def test_who_is_looked_at_late_is_not_reminded_twice_at_once_nor_given_up_unwarned(ground: Ground) -> None:
    await silent(ground)

    await follow(ground, days_later(60))
    first = await steps(ground)
    await follow(ground, days_later(61))

    assert ("D35-answer", 1, "remind") in first
    assert not {(2, "remind"), (4, "expire")} & {(step, does) for code, step, does in first if code == "D35-answer"}
    assert ("D35-answer", 4, "expire") not in await steps(ground)


async def test_a_journey_that_a_desk_holds_is_looked_at_as_soon_as_it_is_free(ground: Ground) -> None:
    await silent(ground)
    async with ground.engine.connect() as holder:
        await holder.execute(text("SELECT 1 FROM journey FOR NO KEY UPDATE"))
        running = asyncio.create_task(follow(ground, OVERDUE))
        await asyncio.sleep(0.3)
        assert not running.done()
        await holder.rollback()

        report = await running

    assert 1 == report.counts["looked at"]
    assert [(COUNSELING,)] == await ground.rows(
        "SELECT program FROM follow_up_step s JOIN referral r ON r.id = s.referral_id WHERE r.program = :p",
        p=COUNSELING,
    )
