"""The morning's list: everything that needs a person, at its desk, counted whole; and nothing about anybody."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from models.keys import uuid7
from models.vocabulary import Desk, Need
from tasks import morning
from tasks.digest import digest
from tasks.morning import read_digest
from tasks.morning_list import Digest
from tests.integration.ground import Ground

COUNSELING = "financial-counseling"
#: What the ground's client is called, where she lives, and what an agency may say of her.
PERSONAL = ("김하늘", "010-0000-4101", "가온로", "1976-08-21", "seizure of wages")


async def something_of_everything(ground: Ground) -> dict[str, str]:
    """Let every kind of thing wait for a person; return the numbers it is about."""
    await ground.walks_in(Need.DEBT)
    waits = await ground.walks_in(Need.DEBT, signed=())
    await ground.work()
    number = await ground.number(COUNSELING, None)
    [(sent,)] = await ground.rows(
        "SELECT number FROM referral WHERE program = :p AND state = 'requested'", p=COUNSELING
    )
    await ground.put("agency:microfinance-desk", "completed", number=sent, outcome="loan", note="seizure of wages")
    await ground.work()
    await ground.put("agency:microfinance-desk", "held", number=sent, hours=2, note="seizure of wages")
    await ground.put("agency:nhis", "accepted", number="R-2017-999999-0")
    await ground.work()
    await ground.change(
        "UPDATE letter SET state = 'with_person', last_problem = 'status-422' WHERE referral_number = :n", n=sent
    )
    [(journey,)] = await ground.rows("SELECT number FROM journey WHERE id = :id", id=waits)
    await ground.change(
        "INSERT INTO set_aside (journey_id, desk, reason, detail, event_id, since)"
        " VALUES (:id, 'job-placement', 'unknown_word', '', 7, :now)",
        id=waits,
        now=ground.now - timedelta(days=3),
    )
    await ground.change(
        "INSERT INTO notice (id, desk, code, about, detail, key, by_rule, raised_at)"
        " VALUES (:id, 'intake', 'agency_silent', 'nhis', '', 'k', false, :now)",
        id=uuid7(ground.now),
        now=ground.now - timedelta(days=2),
    )
    return {"closed": sent, "draft": number, "journey": str(journey)}


async def read(ground: Ground, desk: Desk | None = None) -> Digest:
    async with ground.engine.connect() as connection:
        return await read_digest(connection, ground.tools.catalog, ground.tools.clock(), desk)


async def test_everything_that_needs_a_person_stands_at_its_desk(ground: Ground) -> None:
    about = await something_of_everything(ground)

    found = await read(ground)

    assert [desk.value for desk in Desk] == [each.desk for each in found.desks]
    desks = {each.desk: each for each in found.desks}
    debt, job = desks["debt-relief"], desks["job-placement"]
    assert [("status-422", about["closed"])] == [(letter.problem, letter.referral) for letter in debt.letters]
    assert [("no_road", "agency:microfinance-desk")] == [(parked.reason, parked.source) for parked in debt.parked]
    assert {"consent_missing", "event_parked"} == {notice.code for notice in debt.notices}
    assert {"set_aside": 0, "letters": 1, "parked": 1, "notices": 2, "notices_today": 2} == debt.counts
    assert [(about["journey"], "unknown_word", 7, 3)] == [(a.journey, a.reason, a.event, a.days) for a in job.set_aside]
    assert [("agency_silent", "기관의 회신이 끊김", 2)] == [(n.code, n.title.ko, n.days) for n in found.supervisor]
    assert ["unknown_referral"] == [parked.reason for parked in found.parked_without_desk]
    assert 1 == found.supervisor_count


async def test_one_desks_list_is_that_desks_alone(ground: Ground) -> None:
    await something_of_everything(ground)

    found = await read(ground, Desk.DEBT_RELIEF)

    assert ["debt-relief"] == [each.desk for each in found.desks]
    assert ([], []) == (found.supervisor, found.parked_without_desk)


async def test_no_person_is_in_it_nor_what_anybody_said(ground: Ground) -> None:
    await something_of_everything(ground)
    async with ground.engine.begin() as connection:
        await connection.execute(text("UPDATE notice SET detail = '김하늘'"))

    told = (await read(ground)).model_dump_json() + str((await digest(ground.tools, ground.tools.clock())).table)

    assert "consent_missing" in told
    assert [] == [word for word in PERSONAL if word in told]


async def test_deadlines_count_while_nobody_has_answered(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    [(referral,)] = await ground.rows("SELECT id FROM referral WHERE program = :p", p=COUNSELING)
    for step, due in [(1, -2), (2, -2), (1, 0)]:
        await ground.change(
            "INSERT INTO follow_up_step (referral_id, agency, follow_up, deadline, due_at, step, does, done_at)"
            " VALUES (:r, 'microfinance-desk', 'overdue', :d, :due, :step, 'remind', :done)",
            r=referral,
            d=f"D{due + 35}",
            due=ground.now + timedelta(days=due, hours=step),
            step=step,
            done=ground.now + timedelta(hours=1),
        )

    [debt] = (await read(ground, Desk.DEBT_RELIEF)).desks
    assert (1, 1) == (debt.overdue, debt.due_today)

    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING), hours=3)
    await ground.work()
    [debt] = (await read(ground, Desk.DEBT_RELIEF)).desks
    assert (0, 0) == (debt.overdue, debt.due_today)


async def test_the_lists_are_bounded_and_the_counts_are_not(ground: Ground) -> None:
    for nth in range(morning.MOST + 7):
        await ground.change(
            "INSERT INTO notice (id, desk, code, about, detail, key, by_rule, raised_at)"
            " VALUES (:id, 'intake', 'facts_missing', 'x', '', :key, false, :now)",
            id=uuid7(ground.now),
            key=str(nth),
            now=ground.now,
        )

    intake = (await read(ground)).desks[0]
    report = await digest(ground.tools, ground.tools.clock())

    assert (morning.MOST, morning.MOST + 7) == (len(intake.notices), intake.counts["notices"])
    assert morning.MOST + 7 == report.counts["notices"]


async def test_runs_at_the_same_time_change_nothing(ground: Ground) -> None:
    await something_of_everything(ground)
    before = await ground.rows("SELECT * FROM notice ORDER BY id")

    reports = await asyncio.gather(*(digest(ground.tools, ground.tools.clock()) for _ in range(3)))

    assert 1 == len({str(report.table) for report in reports})
    assert before == await ground.rows("SELECT * FROM notice ORDER BY id")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (morning.NOTICES, "ix_notice_open"),
        (morning.SUPERVISOR, "ix_notice_open"),
        (morning.LETTERS, "ix_letter_with_person"),
        (morning.PARKED, "ix_inbox_parked"),
        # By the day they were done, or by the referrals that are open: the planner has both.
        (morning.DEADLINES, "ix_follow_up_step_"),
        (morning.AGENDA, "ix_agenda_due"),
    ],
)
async def test_only_what_is_open_is_read(ground: Ground, statement: object, index: str) -> None:
    known = {
        "desks": ["intake"],
        "supervisors": ["agency_silent"],
        "midnight": ground.now,
        "day_ends": ground.now,
        "since": ground.now,
        "most": 50,
        "whole": True,
        "follow_ups": ["overdue"],
    }
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        lines = "\n".join((await connection.execute(text(f"EXPLAIN {statement}"), known)).scalars())

    assert index in lines
