"""What happens while two journeys are merged: events, letters, desks at work, other merges, a crash."""

import asyncio

import pytest
from sqlalchemy import text

from models.keys import uuid7
from models.vocabulary import Desk
from tasks.batch import work_batch
from tasks.merging import Merged, NotMerged
from tasks.outbox import lease_letters
from tasks.results import Result, settle
from tests.integration.ground import Ground, on_ground
from tests.integration.merges import INTAKE, WHO, contradictions, merged, number_of, two

COUNSELING = "financial-counseling"


async def test_what_waits_for_either_is_heard_by_the_one_that_stays(ground: Ground) -> None:
    old, new = await two(ground)
    number = await ground.number(COUNSELING, new)
    waiting = await ground.put("agency:microfinance-desk", "accepted", number=number)
    told = await ground.put(WHO, "facts_changed", journey=new, desk=Desk.INTAKE, facts={"creditors": 9})
    await merged(ground, new, old)
    # A door that looked before the merge and wrote after it.
    late = await ground.put(WHO, "facts_changed", journey=new, desk=Desk.INTAKE, facts={"creditors": 10})

    await ground.work()

    fates = await ground.fates()
    assert ["applied"] * 3 == [fates[event or 0] for event in (waiting, told, late)]
    assert [(10,)] == await ground.rows("SELECT CAST(facts ->> 'creditors' AS int) FROM journey WHERE id = :j", j=old)
    assert [] == await contradictions(ground)


async def test_a_letter_on_its_way_is_settled_under_the_one_that_stays(ground: Ground) -> None:
    old, new = await two(ground)
    async with ground.engine.begin() as connection:
        letters = await lease_letters(connection, [Desk.DEBT_RELIEF], ground.tools.clock(), 4711)
    await merged(ground, new, old)

    async with ground.engine.begin() as connection:
        results = [Result(letter, None) for letter in letters]
        await settle(connection, results, ground.tools.clock())

    assert [(old,)] == await ground.rows("SELECT journey_id FROM inbox_event WHERE source = 'delivery'")
    await ground.work()
    assert [("received",)] == await ground.rows("SELECT state FROM referral WHERE program = :p", p=COUNSELING)


async def test_what_is_set_aside_parked_and_owed_moves_along(ground: Ground) -> None:
    old, new = await two(ground)
    number = await ground.number(COUNSELING, new)
    await ground.put("agency:microfinance-desk", "completed", number=number, outcome="wonderful")
    await ground.work()
    held = await ground.put("agency:microfinance-desk", "accepted", number=number)
    await ground.work()
    parked = await ground.put("agency:nhis", "accepted", number=await ground.number(INTAKE, new))
    await ground.work()
    for journey, hours in ((old, 50), (new, 5)):
        await ground.change(
            "INSERT INTO agenda (journey_id, follow_up, look_at) VALUES (:j, 'overdue', :at)"
            " ON CONFLICT (journey_id, follow_up) DO UPDATE SET look_at = excluded.look_at",
            j=journey,
            at=ground.now.replace(year=2018 if hours > 10 else 2017),
        )

    await merged(ground, new, old)

    assert [(old, "debt-relief")] == await ground.rows("SELECT journey_id, desk FROM set_aside")
    assert [(old,), (old,)] == await ground.rows(
        "SELECT journey_id FROM inbox_event WHERE id = ANY(:ids)", ids=[held, parked]
    )
    assert [(old, True)] == await ground.rows(
        "SELECT journey_id, look_at <= :now FROM agenda WHERE follow_up = 'overdue'", now=ground.tools.clock()
    )
    noticed = await ground.rows(
        "SELECT DISTINCT journey_id FROM notice WHERE code IN ('event_parked', 'journey_set_aside')"
    )
    assert [(old,)] == noticed


async def test_a_merge_waits_for_the_desk_that_works_one_of_them(database_url: str) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        old, new = await two(one)
        number = await one.number(COUNSELING, new)
        await one.put("agency:microfinance-desk", "accepted", number=number)
        async with other.engine.begin() as at_work:
            await at_work.execute(text("SELECT id FROM journey WHERE id = :j FOR NO KEY UPDATE"), {"j": new})
            merging = asyncio.create_task(merged(one, new, old))
            await until_it_waits(other)
            # The desk claims nothing of hers while the merge waits, and does not wait for it.
            report = await work_batch(other.tools, other.setup(Desk.DEBT_RELIEF))
            assert (0, True) == (report.events, report.held_elsewhere)
            assert not merging.done()
        assert (await merging).fresh
        await one.work()

        assert [] == await contradictions(one)
        assert [("accepted", old)] == await one.rows(
            "SELECT state, journey_id FROM referral WHERE number = :n", n=number
        )


async def until_it_waits(ground: Ground) -> None:
    """Wait until somebody waits for a lock."""
    async with asyncio.timeout(20):
        while not await ground.rows("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


async def test_two_merges_against_each_other_end_in_one_journey(database_url: str) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        old, new = await two(one)

        done = await asyncio.gather(merged(one, new, old), merged(other, old, new), return_exceptions=True)

        assert 1 == sum(isinstance(each, Merged) for each in done)
        [refused] = [each for each in done if isinstance(each, NotMerged)]
        assert "one-journey" == refused.code
        assert 1 == len(await one.rows("SELECT id FROM journey WHERE merged_into IS NULL"))


async def test_a_merge_that_dies_has_not_been(ground: Ground) -> None:
    old, new = await two(ground)
    before = await ground.rows("SELECT journey_id, client_id, state, number FROM referral ORDER BY number")
    # The very last thing a merge writes is refused.
    await ground.change("ALTER TABLE notice ADD CONSTRAINT no_word CHECK (code <> 'facts_differ') NOT VALID")
    await ground.change("UPDATE journey SET facts = facts || '{\"creditors\": 3}' WHERE id = :j", j=new)

    with pytest.raises(Exception, match="no_word"):
        await merged(ground, new, old)

    assert before == await ground.rows("SELECT journey_id, client_id, state, number FROM referral ORDER BY number")
    assert [] == await contradictions(ground)
    await ground.change("ALTER TABLE notice DROP CONSTRAINT no_word")
    assert (await merged(ground, new, old)).fresh


async def test_the_notice_that_suspected_it_is_settled(ground: Ground) -> None:
    old, new = await two(ground)
    await ground.change(
        "INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at)"
        " VALUES (:id, :j, 'intake', 'same_person_perhaps', :about, '', 'k', false, :now)",
        id=uuid7(ground.now),
        j=new,
        about=await number_of(ground, old),
        now=ground.now,
    )

    await merged(ground, new, old)

    assert [("merge",)] == await ground.rows("SELECT settled_by FROM notice WHERE code = 'same_person_perhaps'")
