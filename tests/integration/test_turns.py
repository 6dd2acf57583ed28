"""The desks of a process take turns: one batch for all of them, in which each case is read and written once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from models.case import Case
from models.case_chase import matters
from models.casebook import load_cases
from models.steps import AskStaff, Step
from models.vocabulary import Desk, FollowUp, Need
from tasks.batch import BatchReport, work_batch
from tasks.chase_reading import read_looks
from tasks.claims import BATCH_EVENTS, BATCH_JOURNEYS, claim
from tests.integration.ground import Ground
from tests.properties.checker import check_log

COUNSELING, PLACEMENT = "financial-counseling", "job-placement"
FATES = "SELECT desk, fate, fate_reason FROM inbox_event WHERE source LIKE 'desk:%' ORDER BY desk, id"
READS = "limited.capacities"


async def worked(ground: Ground, *desks: Desk, **rules: Any) -> BatchReport:  # noqa: ANN401 - rules of a test's own
    """Work one batch for these desks; with other rules than their own where a test wants so, by the desk's code."""
    setups = [ground.setup(desk, rules.get(desk.value.replace("-", "_"))) for desk in desks]
    return await work_batch(ground.tools, *setups)


def statements_of(ground: Ground) -> list[str]:
    """Return a list that grows by each statement from now on."""
    said: list[str] = []
    event.listen(ground.engine.sync_engine, "before_cursor_execute", lambda *told: said.append(str(told[2])))
    return said


def breaks(case: Case) -> Iterable[Step]:
    raise LookupError(case.number)


# One batch


async def test_what_a_desk_tells_another_is_heard_in_the_same_batch_and_the_case_is_read_once(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    said = statements_of(ground)

    report = await worked(ground, Desk.INTAKE, Desk.DEBT_RELIEF)

    assert await ground.number(COUNSELING, journey)
    heard = {row[0]: tuple(row[1:]) for row in await ground.rows(FATES)}
    others = {desk.value: ("waiting", None) for desk in Desk if desk not in {Desk.INTAKE, Desk.DEBT_RELIEF}}
    assert {"debt-relief": ("applied", None), **others} == heard
    assert 1 == sum(READS in each for each in said)
    assert (1, {Desk.INTAKE: 1, Desk.DEBT_RELIEF: 1}) == (
        report.cases,
        {d: part.events for d, part in report.of.items()},
    )
    assert report.cleared
    [(moved_by, caused_by)] = await ground.rows(
        "SELECT t.who, i.desk FROM transition AS t JOIN referral AS r ON r.id = t.referral_id"
        " JOIN inbox_event AS i ON t.cause LIKE 'rule_' || i.id || '_request%' WHERE r.program = :p", p=COUNSELING
    )  # fmt: skip
    assert ("desk:debt-relief", "debt-relief") == (moved_by, caused_by)
    async with ground.engine.connect() as connection:
        assert [] == await check_log(connection)


async def test_what_was_told_before_by_the_same_key_is_not_heard_again(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    [(opened, number)] = await ground.rows("SELECT i.id, j.number FROM inbox_event AS i JOIN journey AS j ON true")
    before = f"{number}:opened:{opened}:debt-relief"
    await ground.put("desk:intake", "heard", journey=journey, desk=Desk.DEBT_RELIEF, key=before, happened="opened")

    report = await worked(ground, Desk.INTAKE, Desk.DEBT_RELIEF)

    assert 1 == report.of[Desk.DEBT_RELIEF].events
    assert [("debt-relief", "applied", None)] == [tuple(r) for r in await ground.rows(FATES) if r[0] == "debt-relief"]


async def test_the_others_hear_what_was_told_them_when_their_own_batch_comes(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await worked(ground, Desk.INTAKE)

    report = await worked(ground, *Desk)

    assert 5 == report.events
    assert {("applied", None)} == {tuple(row[1:]) for row in await ground.rows(FATES)}


async def test_each_desk_shows_its_own_moves_in_its_own_shift(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT, Need.JOB)
    setups = [replace(ground.setup(desk), shift=nth) for nth, desk in enumerate(Desk, start=1)]

    await work_batch(ground.tools, *setups)

    shown = await ground.rows(
        "SELECT DISTINCT r.desk, t.shift FROM transition AS t JOIN referral AS r ON r.id = t.referral_id"
    )
    assert {(Desk.INTAKE, 1), (Desk.DEBT_RELIEF, 4)} <= set(shown)
    assert all(list(Desk).index(Desk(desk)) + 1 == shift for desk, shift in shown)


async def test_whoever_goes_on_with_a_case_knows_the_numbers_of_what_was_just_born(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT, Need.JOB)
    seen: list[str | None] = []

    def looks(case: Case) -> Iterable[Step]:
        seen.extend(referral.number for referral in case.referrals)
        return ()

    await worked(ground, Desk.INTAKE, Desk.DEBT_RELIEF, Desk.JOB_PLACEMENT, job_placement=looks)

    assert seen
    assert None not in seen
    assert {row[0] for row in await ground.rows("SELECT number FROM referral")} == set(seen)


# What a desk wants in the end


async def test_what_a_desk_wanted_earlier_in_a_batch_and_wants_no_more_is_not_said(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT, Need.JOB)
    await ground.work()
    await ground.put("staff:x", "woken", desk=Desk.INTAKE, journey=await _journey(ground))
    await ground.put("staff:x", "merged", desk=Desk.EMERGENCY_AID, journey=await _journey(ground))
    asked: list[int] = []

    def wavers(case: Case) -> Iterable[Step]:
        asked.append(len(case.referrals))
        # Its first turn comes before the one in which it hears of the other.
        return (AskStaff("in_two_minds", "1"),) if len(asked) == 1 else ()

    await worked(ground, Desk.INTAKE, Desk.EMERGENCY_AID, intake=wavers)

    assert len(asked) > 1
    assert [] == await ground.rows("SELECT key FROM notice WHERE code = 'in_two_minds' AND settled_at IS NULL")


async def _journey(ground: Ground) -> Any:  # noqa: ANN401 - a key
    return (await ground.rows("SELECT id FROM journey"))[0][0]


# One desk's trouble


async def test_a_case_that_is_stuck_at_one_desk_goes_on_at_the_others(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT, Need.JOB)

    report = await worked(ground, *Desk, debt_relief=breaks)

    assert [("debt-relief", "rule_raised")] == await ground.rows("SELECT desk, reason FROM set_aside")
    assert (1, 1) == (report.set_aside, report.of[Desk.DEBT_RELIEF].set_aside)
    assert [] == await ground.rows("SELECT 1 FROM referral WHERE desk = 'debt-relief'")
    assert [] != await ground.rows("SELECT 1 FROM referral WHERE desk = 'intake' AND state = 'requested'")
    assert [] == await ground.rows("SELECT 1 FROM inbox_event WHERE fate = 'waiting'")


async def test_a_desk_that_has_set_a_case_aside_hears_nothing_of_it_in_anybodys_batch(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, Need.JOB)
    await worked(ground, *Desk, debt_relief=breaks)
    await ground.put("staff:x", "facts_changed", desk=Desk.INTAKE, journey=journey, facts={})

    await worked(ground, *Desk)

    own = [tuple(row[1:]) for row in await ground.rows(FATES) if row[0] == "debt-relief"]
    assert ("held_back", "set_aside") == own[-1]
    assert [] == await ground.rows("SELECT 1 FROM referral WHERE desk = 'debt-relief'")


# What the turns of one batch must not mix up


async def test_a_flood_at_one_desk_leaves_the_others_their_share_of_a_batch(ground: Ground) -> None:
    clients = [await ground.walks_in(Need.DEBT) for _ in range(2)]
    await ground.work()
    flooded, other = await ground.number(COUNSELING, clients[0]), await ground.number("job-counseling", clients[1])
    for nth in range(BATCH_EVENTS + 20):
        await ground.put("agency:microfinance-desk", "resumed" if nth % 2 else "held", number=flooded, hours=nth / 100)
    await ground.put("agency:seoul-west-employment-center", "accepted", number=other, hours=3)

    report = await worked(ground, *Desk)

    assert 1 == report.of[Desk.INTAKE].events
    assert not report.cleared


async def test_a_batch_takes_a_hundred_cases_and_another_process_the_others(ground: Ground) -> None:
    for _ in range(BATCH_JOURNEYS + 5):
        await ground.walks_in(Need.JOB)

    async with ground.engine.begin() as held:
        first = await claim(held, [Desk.INTAKE])
        async with ground.engine.begin() as connection:
            second = await claim(connection, [Desk.INTAKE])

    assert (BATCH_JOURNEYS, False) == (len(first.journeys), first.all)
    assert 5 == len(second.journeys)
    assert set(first.journeys).isdisjoint(second.journeys)


async def test_nothing_is_owed_yet_of_what_was_born_since_a_follow_up_looked(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    async with ground.engine.begin() as connection:
        [case] = (await load_cases(connection, [journey], ground.tools.catalog, ground.tools.today())).values()
        look = (await read_looks(connection, {journey: case}, ground.tools.clock()))[journey]
    known = {matter.referral.id for matter in matters(case, FollowUp.OVERDUE, look)}
    born = next(iter(known))

    seen = {
        matter.referral.id
        for matter in matters(
            case, FollowUp.OVERDUE, replace(look, turns={k: turns for k, turns in look.turns.items() if k != born})
        )
    }

    assert known - {born} == seen


async def test_each_desk_keeps_the_screening_it_was_told_where_facts_change_between_their_turns(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, Need.JOB)
    income: list[int | None] = []

    def asks(case: Case) -> Iterable[Step]:
        income.append(case.facts.monthly_income)
        case.screening("emergency-living-aid")
        return ()

    await worked(ground, Desk.INTAKE)
    await ground.put("staff:x", "facts_changed", desk=Desk.INTAKE, journey=journey, facts={"monthly_income": 9_000_000})
    await ground.change("UPDATE inbox_event SET fate = 'waiting' WHERE desk = 'emergency-aid'")
    # The desk with the changed facts comes second: what the first was told is kept all the same.
    setups = [ground.setup(Desk.EMERGENCY_AID, asks), ground.setup(Desk.INTAKE, asks)]
    await work_batch(ground.tools, *setups)

    assert 9_000_000 in income
    kept = await ground.rows(
        "SELECT facts -> 'monthly_income' FROM screening_record WHERE program = 'emergency-living-aid' ORDER BY id"
    )
    assert 2 == len(kept)
    assert (9_000_000,) == kept[-1]
