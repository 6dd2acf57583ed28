"""A shift: opened, worked, closed, and found by the next one when its process died."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
import pytest_asyncio

from flows.hall import Hall
from models.vocabulary import Desk, Need
from tasks.collect import bury
from tasks.outbox import lease_letters
from tasks.presence import Presence
from tasks.shiftbook import bury_the_dead, close_row, may_look, name_run, open_row
from tasks.toolbox import use
from tests.integration.ground import Ground, session_to
from tests.properties.checker import check_log

DEAD = 990_000_001


@pytest_asyncio.fixture
async def hall(ground: Ground) -> AsyncIterator[Hall]:
    """Give a hall without Prefect on the ground, open for the test."""
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=False) as opened:
        yield opened
    use(None)


async def all_closed(ground: Ground) -> list[tuple[object, ...]]:
    """Wait until every shift is closed, and return their desks and what they came to."""
    async with asyncio.timeout(30):
        while await ground.rows("SELECT 1 FROM shift WHERE state = 'open'"):  # noqa: ASYNC110 - it is the rows that tell
            await asyncio.sleep(0.05)
    return await ground.rows("SELECT desk, state, report ->> 'events', report ->> 'moves' FROM shift ORDER BY number")


async def gone(ground: Ground) -> None:
    """Wait until PostgreSQL knows that a process that held its lock is gone."""
    held = (
        "SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE locktype = 'advisory' AND datname = current_database()"
    )
    async with asyncio.timeout(30):
        while await ground.rows(held):  # noqa: ASYNC110 - it is the rows that tell
            await asyncio.sleep(0.02)


async def test_a_shift_opens_when_there_is_work_and_closes_when_there_is_none(ground: Ground, hall: Hall) -> None:
    await ground.walks_in(Need.JOB)
    hall.ring()

    await hall.quiet(30)
    shifts = await all_closed(ground)

    assert ("intake", "done", "1", "2") == shifts[0]
    assert [("requested",)] == await ground.rows("SELECT state FROM referral")
    async with ground.engine.connect() as connection:
        assert [] == await check_log(connection)
    assert (0, 0) == (hall.broken, hall.without_prefect)


async def test_desks_without_work_have_no_shift(ground: Ground, hall: Hall) -> None:
    hall.ring()

    await hall.quiet(30)

    assert [] == await ground.rows("SELECT desk FROM shift")


async def test_every_row_of_the_log_names_its_shift(ground: Ground, hall: Hall) -> None:
    await ground.walks_in(Need.JOB, Need.DEBT)
    hall.ring()

    await hall.quiet(30)
    await all_closed(ground)

    named = await ground.rows("SELECT DISTINCT s.desk FROM transition t JOIN shift s ON s.number = t.shift")
    assert {("intake",), ("debt-relief",)} == set(named)
    assert [(0,)] == await ground.rows("SELECT count(*) FROM transition WHERE shift IS NULL")


async def test_one_case_that_cannot_be_written_does_not_keep_the_shift_from_the_others(
    ground: Ground, hall: Hall
) -> None:
    poisoned, whole = await ground.walks_in(Need.JOB), await ground.walks_in(Need.JOB)
    hall.ring()
    await hall.quiet(30)
    for journey in (poisoned, whole):
        number = await ground.number("job-counseling", journey)
        # No door lets a number through where a word belongs.
        reason: object = 17 if journey == poisoned else "said so"
        await ground.put("agency:seoul-west-employment-center", "accepted", number=number, reason=reason)
    hall.ring()

    await hall.quiet(30)

    assert [(poisoned, "could_not_be_written")] == await ground.rows("SELECT journey_id, reason FROM set_aside")
    assert [("accepted",)] == await ground.rows("SELECT state FROM referral WHERE journey_id = :j", j=whole)
    assert 0 == hall.broken


async def test_a_database_that_is_shutting_down_is_waited_for_and_nobody_set_aside(ground: Ground, hall: Hall) -> None:
    await ground.change(
        "CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'shutting down' USING ERRCODE = '57P03'; END $$"
    )
    await ground.change("CREATE TRIGGER away BEFORE INSERT ON transition EXECUTE FUNCTION away()")
    await ground.walks_in(Need.JOB)
    hall.ring()
    await asyncio.sleep(0.5)
    assert [] == await ground.rows("SELECT 1 FROM referral")

    await ground.change("DROP TRIGGER away ON transition")
    await hall.quiet(30)

    assert [("requested",)] == await ground.rows("SELECT state FROM referral")
    assert ([], 0) == (await ground.rows("SELECT reason FROM set_aside"), hall.broken)


async def test_a_hall_that_is_rung_while_it_closes_closes_all_the_same(ground: Ground) -> None:
    use(ground.tools)
    for steps in range(6):
        hall = Hall(ground.tools, with_prefect=False)
        async with hall:
            # The watch has looked and waits for the bell; it rings some steps of the loop before the end.
            await asyncio.sleep(0.1)
            hall.ring()
            for _ in range(steps):
                await asyncio.sleep(0)
    use(None)


async def test_a_shift_that_opens_while_the_hall_closes_does_not_linger(ground: Ground) -> None:
    use(replace(ground.tools, linger_seconds=3600))
    opened, nth = 0, 0
    # It closes a little later each time, until it closed some times with its shift open already.
    while opened < 8:
        nth += 1
        await ground.walks_in(Need.JOB, running=nth)
        async with asyncio.timeout(30), Hall(ground.tools, with_prefect=False):
            await asyncio.sleep(0.004 * nth)
        opened = len(await ground.rows("SELECT 1 FROM shift"))
    use(None)

    assert {("done",)} == set(await ground.rows("SELECT state FROM shift"))


# The dead


async def opened_by(ground: Ground, process: int) -> int:
    async with ground.engine.begin() as connection:
        return await open_row(connection, Desk.DEBT_RELIEF, process, ground.now)


async def suspected(ground: Ground) -> None:
    """Look once, and let the seconds pass after which a process that still looks dead is buried."""
    async with ground.engine.begin() as connection:
        assert [] == await bury_the_dead(connection, ground.tools.process, ground.now)
    await ground.change(
        "UPDATE shift SET report = jsonb_build_object('suspected_at', CAST(report ->> 'suspected_at' AS numeric) - 6)"
        " WHERE report ? 'suspected_at'"
    )


async def test_a_shift_whose_process_is_gone_is_found_and_its_letters_freed(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await opened_by(ground, DEAD)
    run = uuid4()
    async with ground.engine.begin() as connection:
        await name_run(connection, number, run)
        leased = await lease_letters(connection, [Desk.DEBT_RELIEF], ground.tools.clock(), DEAD)
    assert 1 == len(leased)

    await suspected(ground)
    async with ground.engine.begin() as connection:
        dead = await bury_the_dead(connection, ground.tools.process, ground.now)
    async with ground.engine.begin() as connection:
        again = await bury_the_dead(connection, ground.tools.process, ground.now)

    assert [(number, Desk.DEBT_RELIEF, run)] == [(shift.number, shift.of, shift.flow_run_id) for shift in dead]
    assert [] == again
    assert [("died",)] == await ground.rows("SELECT state FROM shift WHERE number = :n", n=number)
    assert [(None, None)] == await ground.rows(
        "SELECT leased_until, leased_by FROM letter WHERE id = :id", id=leased[0].id
    )


async def test_a_shift_whose_process_lives_is_left_alone(ground: Ground) -> None:
    number = await opened_by(ground, DEAD)
    living = await session_to(ground.engine)
    await living.fetchval("SELECT pg_advisory_lock($1::bigint)", DEAD)

    async with ground.engine.begin() as connection:
        assert [] == await bury_the_dead(connection, ground.tools.process, ground.now)
    assert [({},)] == await ground.rows("SELECT report FROM shift")
    await living.close()
    await gone(ground)
    await suspected(ground)
    async with ground.engine.begin() as connection:
        assert [number] == [shift.number for shift in await bury_the_dead(connection, 1, ground.now)]


async def test_the_next_shift_finds_the_one_that_died(ground: Ground, hall: Hall) -> None:
    dead = await opened_by(ground, DEAD)
    await suspected(ground)
    await ground.walks_in(Need.JOB)
    hall.ring()

    await hall.quiet(30)
    await all_closed(ground)

    assert [("died",)] == await ground.rows("SELECT state FROM shift WHERE number = :n", n=dead)
    assert ("1",) in await ground.rows("SELECT report ->> 'dead_shifts_found' FROM shift")


async def test_a_shift_that_was_buried_is_not_closed_as_done(ground: Ground) -> None:
    number = await opened_by(ground, DEAD)
    await suspected(ground)
    async with ground.engine.begin() as connection:
        await bury_the_dead(connection, ground.tools.process, ground.now)
        await close_row(connection, number, {"events": 1}, ground.now)

    assert [("died",)] == await ground.rows("SELECT state FROM shift WHERE number = :n", n=number)


@pytest.mark.parametrize("state", ["sent", "with_person"])
async def test_a_letter_that_is_settled_is_not_touched_by_a_funeral(ground: Ground, state: str) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    await opened_by(ground, DEAD)
    await ground.change("UPDATE letter SET state = :state, leased_by = :dead", state=state, dead=DEAD)
    await suspected(ground)

    async with ground.engine.begin() as connection:
        await bury_the_dead(connection, ground.tools.process, ground.now)

    assert {(state, DEAD)} == set(await ground.rows("SELECT state, leased_by FROM letter"))


async def test_a_process_that_comes_back_in_time_is_not_buried(ground: Ground) -> None:
    await opened_by(ground, DEAD)
    await suspected(ground)

    async with Presence(ground.engine, DEAD, lambda _: None):
        pass
    await gone(ground)

    # It looks dead once more, and that is the first look again.
    async with ground.engine.begin() as connection:
        assert [] == await bury_the_dead(connection, ground.tools.process, ground.now)
    assert [("open",)] == await ground.rows("SELECT state FROM shift")


async def test_two_who_look_at_once_do_not_take_each_other_for_the_dead_come_back(ground: Ground) -> None:
    await opened_by(ground, DEAD)
    await suspected(ground)

    async with ground.engine.begin() as first:
        assert await may_look(first)
        assert 1 == len(await bury_the_dead(first, 1, ground.now))
        assert (0, True) == await bury(ground.tools)
        await first.rollback()

    assert [(True,)] == await ground.rows("SELECT report ? 'suspected_at' FROM shift")
    assert (1, False) == await bury(ground.tools)


async def test_a_process_that_is_met_alive_is_suspected_anew(ground: Ground) -> None:
    await opened_by(ground, DEAD)
    await suspected(ground)
    living = await session_to(ground.engine)
    await living.fetchval("SELECT pg_advisory_lock($1::bigint)", DEAD)

    for _ in range(2):
        async with ground.engine.begin() as connection:
            assert [] == await bury_the_dead(connection, ground.tools.process, ground.now)
        await living.close()
        await gone(ground)
