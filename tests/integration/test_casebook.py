"""The casebook: what was written is read back as the case that was worked."""

import gc
import weakref
from typing import Any
from uuid import uuid4

import pytest

from models.case import Case
from models.casebook import bare_cases, load_cases
from models.vocabulary import Desk, Need, ReferralState
from tasks.forgetting import forget
from tasks.room import Room, enter, leave
from tests.integration.ground import Ground
from tests.story.people import WALKED_IN, case_of_a, known


async def test_a_case_is_read_as_it_was_told(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, Need.LIVING)

    async with ground.engine.connect() as connection:
        case = (await load_cases(connection, [journey], known(), WALKED_IN))[journey]

    told = case_of_a(Need.DEBT, Need.LIVING)
    assert (told.wants, told.facts, told.number) == (case.wants, case.facts, case.number)
    assert set(told.consents) == set(case.consents)
    assert () == case.referrals


async def test_a_referral_is_read_with_its_milestones_its_letters_and_the_end_of_its_log(ground: Ground) -> None:
    journey = await ground.walks_in(Need.LIVING)
    await ground.work()
    number = await ground.number("emergency-living-aid")
    await ground.put("agency:mapo-welfare-team", "progressed", number=number, milestone="decided", reference="가-11")
    await ground.work()

    async with ground.engine.connect() as connection:
        case = (await load_cases(connection, [journey], known(), WALKED_IN))[journey]

    aid = case.referral("emergency-living-aid")
    assert (number, ReferralState.IN_PROGRESS, "가-11", "decided") == (
        aid.number,
        aid.state,
        aid.reference,
        aid.stands(),
    )
    assert (3, {("referral.requested", "1")}) == (aid.sequence, set(aid.letters))
    assert [(aid.created_at,)] == await ground.rows("SELECT created_at FROM referral WHERE number = :n", n=number)
    assert await ground.rows("SELECT hash FROM transition WHERE hash = :hash", hash=aid.last_hash)


async def test_what_was_read_a_moment_ago_is_read_anew_once_it_has_changed(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, marital="divorced")

    async def read() -> Case:
        async with ground.engine.connect() as connection:
            return (await load_cases(connection, [journey], known(), WALKED_IN))[journey]

    first, again = await read(), await read()
    # The same facts are the same object, so that they are screened once.
    assert first.facts is again.facts
    assert first.screening("individual-rehabilitation") is again.screening("individual-rehabilitation")

    await ground.change('UPDATE journey SET facts = facts || \'{"marital": "widowed"}\' WHERE id = :j', j=journey)
    await ground.change("UPDATE household_member SET lives_together = false")
    changed = await read()
    assert ("divorced", "widowed") == (first.facts.marital, changed.facts.marital)
    assert ([True], [False]) == tuple([m.lives_together for m in c.facts.household or ()] for c in (first, changed))


@pytest.mark.parametrize("by", ["the end of a shift", "forgetting"])
async def test_nothing_that_was_read_stays_in_memory_after(ground: Ground, by: str) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    async with ground.engine.connect() as connection:
        facts = weakref.ref((await load_cases(connection, [journey], known(), WALKED_IN))[journey].facts)
    gc.collect()
    assert facts() is not None

    if by == "forgetting":
        await forget(ground.engine, ground.tools.catalog, ground.now)
    else:
        enter(room := Room(shift=1, desk=Desk.INTAKE))
        leave(room)
    gc.collect()
    assert facts() is None


async def test_many_cases_cost_no_more_statements_than_one(ground: Ground) -> None:
    journeys = [await ground.walks_in(Need.DEBT) for _ in range(5)]
    await ground.work()

    async with ground.engine.connect() as connection:
        cases = await load_cases(connection, journeys, known(), WALKED_IN)

    assert set(journeys) == set(cases)
    assert all({journey} == {case.journey_id} for journey, case in cases.items())
    assert [1] * 5 == [sum(r.desk is Desk.DEBT_RELIEF for r in case.referrals) for case in cases.values()]


async def test_cases_come_in_the_order_asked_for_however_the_database_reads_them(ground: Ground) -> None:
    journeys = [await ground.walks_in(Need.DEBT) for _ in range(7)]

    for asked in (journeys, journeys[::-1], journeys[3:] + journeys[:3]):
        async with ground.engine.connect() as connection:
            assert asked == list(await load_cases(connection, asked, known(), WALKED_IN))


async def test_what_is_unknown_is_left_out(ground: Ground) -> None:
    async with ground.engine.connect() as connection:
        assert {} == await load_cases(connection, [uuid4()], known(), WALKED_IN)
        assert {} == await load_cases(connection, [], known(), WALKED_IN)


async def test_the_load_counts_what_is_open_at_agencies_with_a_capacity(ground: Ground) -> None:
    journeys = [await ground.walks_in(Need.DEBT) for _ in range(3)]
    await ground.work()
    closed = await ground.number("financial-counseling")
    await ground.put("agency:microfinance-desk", "completed", number=closed, outcome="loan")
    await ground.work()

    async with ground.engine.connect() as connection:
        case = (await load_cases(connection, journeys, known(), WALKED_IN))[journeys[0]]

    assert {"microfinance-desk": 2} == case.load


async def test_of_two_referrals_made_in_one_moment_the_later_is_the_later(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    said: list[tuple[str, str, dict[str, Any]]] = [
        ("microfinance-desk", "redirected", {}),
        ("legal-aid", "completed", {"outcome": "loan"}),
    ]
    for agency, word, words in said:
        number = await ground.number_of_open("financial-counseling")
        await ground.put(f"agency:{agency}", word, number=number, **words)
        await ground.work()
        # The clock stands: keys of one millisecond sort by chance, so let chance be against us.
    await ground.change("UPDATE referral SET created_at = :now", now=ground.now)

    async with ground.engine.connect() as connection:
        case = (await load_cases(connection, [journey], known(), WALKED_IN))[journey]

    assert ["microfinance-desk", "legal-aid"] == [r.agency for r in case.referrals if r.desk is Desk.DEBT_RELIEF]


async def test_a_case_that_cannot_be_read_can_still_be_set_aside_by_its_number(ground: Ground) -> None:
    journey = await ground.walks_in()
    await ground.change("""UPDATE journey SET facts = '{"no such fact": 1}'""")

    async with ground.engine.connect() as connection:
        bare = (await bare_cases(connection, [journey], known(), WALKED_IN))[journey]

    assert (journey, "J-2017-000001-8") == (bare.journey_id, bare.number)
