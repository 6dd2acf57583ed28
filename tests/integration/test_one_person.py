"""One person, two journeys: the same program is asked for once while it is open, whichever desk is quicker."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from models.casebook import load_cases
from models.vocabulary import Desk, Need
from tasks.batch import BatchReport, work_batch, work_one_by_one
from tests.integration.ground import Ground, on_ground
from tests.properties.checker import check_log
from tests.story.people import WALKED_IN, known

COUNSELING = "financial-counseling"


async def open_ones(ground: Ground, journey: UUID) -> list[str]:
    rows = await ground.rows(
        "SELECT number FROM referral WHERE journey_id = :j AND program = :p", j=journey, p=COUNSELING
    )
    return [row[0] for row in rows]


async def noticed(ground: Ground, journey: UUID) -> list[str]:
    rows = await ground.rows(
        "SELECT about FROM notice WHERE journey_id = :j AND code = 'already_open' AND desk = 'debt-relief'"
        " AND settled_at IS NULL",
        j=journey,
    )
    return [row[0] for row in rows]


async def shift(ground: Ground, desk: Desk) -> BatchReport:
    """Work a batch as a shift does: what cannot be written whole is worked case by case."""
    try:
        return await work_batch(ground.tools, ground.setup(desk))
    except IntegrityError:
        return await work_one_by_one(ground.tools, ground.setup(desk))


async def test_what_is_open_in_an_old_journey_is_not_asked_again_in_a_new_one(ground: Ground) -> None:
    old = await ground.walks_in(Need.DEBT)
    await ground.work()
    [number] = await open_ones(ground, old)

    new = await ground.walks_in(Need.DEBT, again=old)
    await ground.work()

    assert [] == await open_ones(ground, new)
    assert [f"{COUNSELING}:{number}"] == await noticed(ground, new)
    assert [] == await ground.rows("SELECT reason FROM set_aside")


async def test_once_it_is_closed_it_may_be_asked_again_and_the_notice_settles(ground: Ground) -> None:
    old = await ground.walks_in(Need.DEBT)
    await ground.work()
    new = await ground.walks_in(Need.DEBT, again=old)
    await ground.work()
    [number] = await open_ones(ground, old)

    await ground.put("agency:microfinance-desk", "completed", number=number, outcome="counseled_only")
    await ground.put("staff:x", "facts_changed", journey=new, desk=Desk.INTAKE, facts={})
    await ground.work()

    assert 1 == len(await open_ones(ground, new))
    assert [] == await noticed(ground, new)


async def test_the_older_one_is_not_reopened_while_the_newer_is_open(ground: Ground) -> None:
    old = await ground.walks_in(Need.DEBT)
    await ground.work()
    [number] = await open_ones(ground, old)
    await ground.put("staff:x", "withdrawn", number=number, reason="client_wish")
    await ground.work()
    await ground.walks_in(Need.DEBT, again=old)
    await ground.work()

    reopened = await ground.put("staff:x", "reopened", number=number, reason="client_wish")
    await ground.work()

    assert "parked: another_is_open" == (await ground.fates())[reopened or 0]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two processes"])
async def test_two_desks_at_once_ask_once(database_url: str, *, together: bool) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        old = await one.walks_in(Need.DEBT)
        new = await one.walks_in(Need.DEBT, again=old, running=2)
        await shift(one, Desk.INTAKE)
        if together:
            await shift(one, Desk.DEBT_RELIEF)
        else:
            await asyncio.gather(*[shift(ground, Desk.DEBT_RELIEF) for ground in (one, other)])
        await one.work()

        asked = [await open_ones(one, journey) for journey in (old, new)]
        told = [await noticed(one, journey) for journey in (old, new)]
        async with one.engine.connect() as connection:
            contradictions = await check_log(connection)
        aside = await one.rows("SELECT reason FROM set_aside")

    numbers = [number for numbers in asked for number in numbers]
    assert 1 == len(numbers)
    assert [f"{COUNSELING}:{numbers[0]}"] == [about for abouts in told for about in abouts]
    assert ([], []) == (contradictions, aside)


async def test_a_load_takes_as_many_statements_for_many_journeys_as_for_one(ground: Ground) -> None:
    first = await ground.walks_in(Need.DEBT)
    journeys = [first]
    for again in (first, first, None):
        await ground.work()
        journeys.append(await ground.walks_in(Need.DEBT, again=again))
    await ground.work()
    statements: list[str] = []
    event.listen(ground.engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(str(told[2])))

    counts: list[int] = []
    for asked in ([first], journeys):
        statements.clear()
        async with ground.engine.connect() as connection:
            cases = await load_cases(connection, asked, known(), WALKED_IN)
        counts.append(len(statements))

    assert [1, 1] == counts, "the cases, with how full the agencies are"
    assert {COUNSELING, "job-counseling"} == cases[journeys[1]].elsewhere.keys()
    assert {} == cases[journeys[-1]].elsewhere
