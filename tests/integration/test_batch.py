"""A batch: one transaction for many cases, in which one case that is stuck never stops the others."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from models.case import Case
from models.steps import Refer, Step
from models.vocabulary import Desk, JourneyEvent, Need, ReferralState
from tasks.batch import work_batch, work_one_by_one
from tests.integration.ground import Ground, on_ground
from tests.properties.checker import check_log

COUNSELING = "financial-counseling"
#: As many creditors mark the one case that goes wrong.
UNLUCKY = 873


async def checked(ground: Ground) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection)


async def states(ground: Ground, program: str) -> list[str]:
    return [row[0] for row in await ground.rows("SELECT state FROM referral WHERE program = :p ORDER BY id", p=program)]


# One transaction


async def test_all_that_a_batch_comes_to_is_written_at_once_or_not_at_all(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work(Desk.INTAKE)
    # The outbox refuses; so nothing else may have been written either.
    await ground.change(
        "ALTER TABLE letter ADD CONSTRAINT nothing_today CHECK (type <> 'referral.requested') NOT VALID"
    )

    with pytest.raises(Exception, match="nothing_today"):
        await work_batch(ground.tools, ground.setup(Desk.DEBT_RELIEF))

    assert [] == await states(ground, COUNSELING)
    assert ["waiting"] == [
        row[0] for row in await ground.rows("SELECT fate FROM inbox_event WHERE desk = 'debt-relief'")
    ]
    assert [] == await checked(ground)


async def test_many_cases_are_worked_in_one_batch(ground: Ground) -> None:
    for _ in range(20):
        await ground.walks_in(Need.DEBT)

    report = await work_batch(ground.tools, ground.setup(Desk.INTAKE))

    assert (20, 40, 20) == (report.events, report.moves, report.letters)
    numbers = [row[0] for row in await ground.rows("SELECT number FROM referral")]
    assert 20 == len(set(numbers))
    assert [] == await checked(ground)


async def test_an_event_of_another_desk_is_left_to_it(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)

    assert 0 == (await work_batch(ground.tools, ground.setup(Desk.DEBT_RELIEF))).events


# Two at once


async def test_two_processes_on_one_desk_never_apply_an_event_twice_and_keep_each_journeys_order(
    database_url: str,
) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        for running in range(1, 13):
            await one.walks_in(Need.DEBT, running=running)
        await one.work()
        numbers = [row[0] for row in await one.rows("SELECT number FROM referral WHERE program = :p", p=COUNSELING)]
        sent: dict[str, list[int | None]] = {number: [] for number in numbers}
        for nth in range(6):
            for number in numbers:
                word = "resumed" if nth % 2 else "held"
                sent[number].append(await one.put("agency:microfinance-desk", word, number=number, hours=nth / 10))

        async def works(ground: Ground) -> int:
            moves, idle = 0, 0
            while idle < 3:
                report = await work_batch(ground.tools, ground.setup(Desk.DEBT_RELIEF))
                moves, idle = moves + report.moves, 0 if report.events else idle + 1
                await asyncio.sleep(0.005)
            return moves

        moves = await asyncio.gather(works(one), works(other), works(one), works(other))

        assert 6 * 12 == sum(moves)
        log = await one.rows(
            "SELECT r.number, t.cause FROM transition t JOIN referral r ON r.id = t.referral_id"
            " WHERE t.cause LIKE 'event:%' ORDER BY r.number, t.sequence"
        )
        heard = {number: [f"event:{key}" for key in keys] for number, keys in sent.items()}
        assert heard == {number: [cause for n, cause in log if n == number] for number in numbers}
        assert [] == await checked(one)


async def test_a_case_that_is_held_elsewhere_waits_and_the_others_do_not(ground: Ground) -> None:
    held, free = await ground.walks_in(Need.JOB), await ground.walks_in(Need.JOB)

    async with ground.engine.begin() as holder:
        await holder.execute(text("SELECT 1 FROM journey WHERE id = :id FOR NO KEY UPDATE"), {"id": held})
        first = await work_batch(ground.tools, ground.setup(Desk.INTAKE))
        blocked = await work_batch(ground.tools, ground.setup(Desk.INTAKE))
    after = await work_batch(ground.tools, ground.setup(Desk.INTAKE))

    assert (1, 0, True, 1) == (first.events, blocked.events, blocked.held_elsewhere, after.events)
    assert {(free,), (held,)} == set(await ground.rows("SELECT journey_id FROM referral"))


# Stuck


def raising(case: Case) -> Iterator[Step]:
    if case.facts.creditors == UNLUCKY:
        raise ZeroDivisionError(case.facts.model_dump_json())
    yield Refer(COUNSELING)


async def test_a_rule_that_raises_sets_aside_its_own_journey_and_holds_back_what_comes_later(ground: Ground) -> None:
    unlucky = await ground.walks_in(Need.DEBT, creditors=UNLUCKY)
    await ground.walks_in(Need.DEBT)
    await ground.work(Desk.INTAKE)
    setup = ground.setup(Desk.DEBT_RELIEF, raising)

    report = await work_batch(ground.tools, setup)
    await ground.put("desk:intake", JourneyEvent.HEARD, journey=unlucky, desk=Desk.DEBT_RELIEF)
    later = await work_batch(ground.tools, setup)

    assert (1, ["requested"]) == (report.set_aside, await states(ground, COUNSELING))
    assert [(unlucky, "rule_raised", "ZeroDivisionError at desk debt-relief")] == await ground.rows(
        "SELECT journey_id, reason, detail FROM set_aside"
    )
    assert {"held_back": 1} == later.fates
    assert [("journey_set_aside",)] == await ground.rows("SELECT code FROM notice WHERE journey_id = :j", j=unlucky)
    assert [] == await checked(ground)


async def test_a_journey_set_aside_at_one_desk_goes_on_at_the_others(ground: Ground) -> None:
    journey = await ground.walks_in(Need.DEBT, Need.LIVING)
    await ground.work()
    number = await ground.number(COUNSELING)
    await ground.put("agency:microfinance-desk", "completed", number=number, outcome="wonderful")
    aid = await ground.number("emergency-living-aid")
    await ground.put("agency:mapo-welfare-team", "accepted", number=aid)

    await ground.work()

    assert [("debt-relief", "unknown_word")] == await ground.rows("SELECT desk, reason FROM set_aside")
    assert (["requested"], ["accepted"]) == (
        await states(ground, COUNSELING),
        await states(ground, "emergency-living-aid"),
    )
    assert [(journey,)] == await ground.rows("SELECT journey_id FROM set_aside")


@pytest.mark.parametrize(
    ("word", "data"),
    [("no such word", {}), ("facts_changed", {"facts": None}), ("consent_given", {"consent": {}})],
)
async def test_an_event_that_makes_no_sense_at_all_is_its_own_journeys_affair(
    ground: Ground, word: str, data: dict[str, Any]
) -> None:
    broken, whole = await ground.walks_in(Need.JOB), await ground.walks_in(Need.JOB)
    await ground.put("staff:front-desk", word, journey=broken, desk=Desk.INTAKE, **data)

    report = await work_batch(ground.tools, ground.setup(Desk.INTAKE))

    assert 1 == report.set_aside
    assert [(broken, "could_not_be_heard")] == await ground.rows("SELECT journey_id, reason FROM set_aside")
    assert (whole,) in await ground.rows("SELECT journey_id FROM referral")


# What cannot be written


async def poisoned(ground: Ground, how: str) -> None:
    """Let one of three journeys be one that cannot be written, or not even read."""
    for creditors in (8, UNLUCKY, 8):
        await ground.walks_in(Need.DEBT, creditors=creditors)
    await ground.work(Desk.INTAKE)
    await ground.change(how)


@pytest.mark.parametrize(
    "how",
    [
        # The database refuses it.
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF (SELECT facts ->> 'creditors' FROM journey WHERE id = NEW.journey_id) = '873'
             THEN RAISE EXCEPTION 'thirteen'; END IF; RETURN NEW; END $$""",
        # It cannot be read any more.
        """UPDATE journey SET facts = facts || '{"hair": "black"}' WHERE facts ->> 'creditors' = '873'""",
        # It cannot be packed: there is nobody of that sex.
        """UPDATE client SET birth_date = '2999-01-01', sex = 'other' FROM journey
             WHERE journey.client_id = client.id AND facts ->> 'creditors' = '873'""",
    ],
    ids=["refused", "unreadable", "impossible"],
)
async def test_the_one_case_that_cannot_be_written_is_set_aside_and_the_others_go_on(ground: Ground, how: str) -> None:
    await poisoned(ground, how)
    if "refuse()" in how:
        await ground.change("CREATE TRIGGER refuses BEFORE INSERT ON referral FOR EACH ROW EXECUTE FUNCTION refuse()")
    setup = ground.setup(Desk.DEBT_RELIEF)

    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever it is, the batch as a whole is refused
        await work_batch(ground.tools, setup)
    report = await work_one_by_one(ground.tools, setup)

    assert (1, 2) == (report.set_aside, report.letters)
    assert ["requested", "requested"] == await states(ground, COUNSELING)
    [(number, reason, detail)] = await ground.rows(
        "SELECT number, reason, detail FROM set_aside JOIN journey ON journey.id = journey_id"
    )
    assert ("J-2017-000002-6", "could_not_be_written") == (number, reason)
    assert not [value for value in ("873", "black", "other", "2999") if value in detail]
    assert [] == await checked(ground)


# Parked, and taken up again


async def test_a_word_that_comes_before_its_referral_waits_for_it(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    early = await ground.put("agency:seoul-west-employment-center", "accepted", number="R-2017-000001-0")
    assert "parked: unknown_referral" == (await ground.fates())[early or 0]

    await ground.work()

    assert ["accepted"] == await states(ground, "job-counseling")
    assert "applied" == (await ground.fates())[early or 0]


async def test_the_same_id_again_has_no_second_effect(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)

    first = await ground.put("agency:microfinance-desk", "accepted", number=number, key="one")
    again = await ground.put("agency:microfinance-desk", "declined", number=number, key="one", reason="no_debt")
    await ground.work()

    assert (True, None) == (first is not None, again)
    assert ["accepted"] == await states(ground, COUNSELING)


async def test_what_the_client_takes_back_within_the_batch_in_which_it_was_given_stays_taken_back(
    ground: Ground,
) -> None:
    journey = await ground.walks_in(Need.DEBT, signed=())
    signed = {
        "purpose": "provision", "recipient": "microfinance-desk", "items": ["name", "phone", "income", "debts"],
        "valid_to": "2019-12-03",
    }  # fmt: skip
    at_intake: dict[str, Any] = {"journey": journey, "desk": Desk.INTAKE}
    await ground.put("staff:front-desk", JourneyEvent.CONSENT_GIVEN, consent=signed, **at_intake)
    await ground.put("staff:front-desk", JourneyEvent.CONSENT_WITHDRAWN, recipient="microfinance-desk", **at_intake)

    await ground.work()

    assert [(False,)] == await ground.rows(
        "SELECT withdrawn_at IS NULL FROM consent WHERE recipient = 'microfinance-desk'"
    )
    assert [ReferralState.DRAFTED] == await states(ground, COUNSELING)


async def test_days_later_the_case_is_read_with_the_days_date(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    ground.now += timedelta(hours=14)

    await ground.work()

    # Ten in the morning and fourteen hours more: in Seoul it is the next day.
    assert {"2017-12-05"} == {str(row[0]) for row in await ground.rows("SELECT application_date FROM referral")}


async def test_the_word_of_who_only_decides_does_not_prove_that_the_addressee_has_its_letter(ground: Ground) -> None:
    await ground.walks_in(Need.BENEFITS, obligor_ok=True)
    await ground.work()
    number = await ground.number("copay-relief")
    tried = "UPDATE letter SET attempts = 1, first_try_at = CAST(:at AS timestamptz) WHERE referral_number = :n"
    await ground.change(tried, at=ground.now, n=number)

    await ground.put("agency:nhis", "progressed", number=number, milestone="recognized", hours=1)
    await ground.work()

    assert ["in_progress"] == await states(ground, "copay-relief")
    assert [("waiting",)] == await ground.rows("SELECT state FROM letter WHERE referral_number = :n", n=number)
