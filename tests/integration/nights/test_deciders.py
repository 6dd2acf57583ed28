"""Reconcile asks who decides what was sent to another agency: once it has gone there, and by the same rules."""

import asyncio

from sqlalchemy import text

from models.vocabulary import Desk, Need
from tasks.asking import TAKE_UNDECIDED
from tests.integration.ground import Ground
from tests.integration.nights.conftest import Wire
from tests.integration.nights.test_reconcile import events_of, notices

TEAM, NHIS, SCHOOLS = "mapo-welfare-team", "nhis", "seoul-office-of-education"
COPAY, EDUCATION = "copay-relief", "education-benefit"
#: Whoever takes what was sent to it has it for a while.
_TAKEN_SLOWLY = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$",
    "CREATE TRIGGER slowly BEFORE UPDATE OF asked_at ON referral FOR EACH ROW EXECUTE FUNCTION slowly()",
)


async def accepted(wire: Wire, program: str, *milestones: str) -> str:
    """Let a client be referred to the team, which says yes and these steps, a day and a half before the night."""
    journey = await wire.ground.walks_in(Need.BENEFITS)
    await wire.ground.put(
        "staff:x", "referral_chosen", journey=journey, desk=Desk.WELFARE_BENEFITS, program=program, agency=TEAM
    )
    await wire.ground.work()
    number = await wire.ground.number(program)
    await wire.ground.put(f"agency:{TEAM}", "accepted", number=number, hours=1)
    for nth, milestone in enumerate(milestones):
        await wire.ground.put(f"agency:{TEAM}", "progressed", number=number, milestone=milestone, hours=2 + nth)
    await wire.ground.work()
    await wire.pass_(hours=36)
    return number


async def recognizes(wire: Wire, number: str) -> None:
    """Let the insurer decide, and nobody hear it."""
    await wire.weather(NHIS, silence=True)
    await wire.say(NHIS, "progressed", referral=number, id="n-1", milestone="recognized")
    await wire.say(NHIS, "completed", referral=number, id="n-2", outcome="granted")


async def test_what_the_insurer_said_and_nobody_heard_is_fetched_from_the_insurer(wire: Wire) -> None:
    number = await accepted(wire, COPAY, "applied", "checked", "notified_nhis")
    await recognizes(wire, number)

    report = await wire.night()
    await wire.ground.work()

    assert 2 == report.counts["events_fetched"], (report.counts, await notices(wire.ground))
    assert [("n-1", "progressed", "applied"), ("n-2", "completed", "applied")] == await events_of(wire.ground, NHIS)
    assert [("completed", "granted")] == await wire.ground.rows(
        "SELECT state, outcome FROM referral WHERE number = :n", n=number
    )
    assert ("events_fetched", NHIS) in await notices(wire.ground)


async def test_the_insurer_is_not_asked_before_the_matter_has_gone_to_it(wire: Wire) -> None:
    number = await accepted(wire, COPAY, "applied", "checked")
    await recognizes(wire, number)

    await wire.night()
    assert [] == await events_of(wire.ground, NHIS)

    await wire.ground.put(f"agency:{TEAM}", "progressed", number=number, milestone="notified_nhis")
    await wire.ground.work()
    await wire.pass_(hours=24)
    await wire.night()
    assert 2 == len(await events_of(wire.ground, NHIS))


async def test_where_no_step_is_named_the_decider_is_asked_once_the_addressee_has_said_yes(wire: Wire) -> None:
    number = await accepted(wire, EDUCATION)
    await wire.weather(SCHOOLS, silence=True)
    await wire.say(SCHOOLS, "progressed", referral=number, id="s-1", milestone="decided")
    await wire.ground.change("UPDATE referral SET state = 'received' WHERE number = :n", n=number)

    await wire.night()
    assert [] == await events_of(wire.ground, SCHOOLS)

    await wire.ground.change("UPDATE referral SET state = 'accepted' WHERE number = :n", n=number)
    await wire.night()
    assert ["s-1"] == [id_ for id_, _, _ in await events_of(wire.ground, SCHOOLS)]


async def test_twice_and_at_the_same_time_asks_once_and_a_late_webhook_is_known(wire: Wire) -> None:
    number = await accepted(wire, COPAY, "applied", "checked", "notified_nhis")
    await recognizes(wire, number)

    reports = [*await wire.nights_at_once(3), await wire.night()]
    await wire.weather(NHIS)
    late = await wire.control("POST", "/say", {"agency": NHIS, "id": "n-1"})

    assert 2 == sum(report.counts["events_fetched"] for report in reports)
    assert 202 == late["status"]
    assert 2 == len(await events_of(wire.ground, NHIS))
    assert 1 == len(
        await wire.ground.rows(
            "SELECT 1 FROM referral WHERE number = :n AND decider_asked_at = :t", n=number, t=wire.now
        )
    )


async def test_a_page_that_is_being_taken_for_the_addressee_is_not_passed_over(wire: Wire) -> None:
    number = await accepted(wire, COPAY, "applied", "checked", "notified_nhis")
    await recognizes(wire, number)
    await wire.ground.change("UPDATE referral SET asked_at = :now WHERE number <> :n", now=wire.now, n=number)
    for statement in _TAKEN_SLOWLY:
        await wire.ground.change(statement)
    # Connections that are open already: the addressee, which comes first, has its rows first.
    await asyncio.gather(*(wire.ground.rows("SELECT pg_sleep(0.2)") for _ in range(8)))

    report = await wire.night()

    assert 2 == report.counts["events_fetched"], (report.counts, report.table)


async def test_a_decider_that_knows_nothing_yet_is_nobodys_worry(wire: Wire) -> None:
    await accepted(wire, COPAY, "applied", "checked", "notified_nhis")

    report = await wire.night()

    assert 0 == sum(line.get("agency") == NHIS for line in report.table)
    # The team, to which nothing was delivered here, was asked too and knows nothing.
    assert [(TEAM,)] == await wire.ground.rows("SELECT DISTINCT detail FROM notice WHERE code = 'agency_knows_nothing'")


async def test_whoever_decides_other_programs_is_not_asked(wire: Wire) -> None:
    number = await accepted(wire, EDUCATION)
    await recognizes(wire, number)

    await wire.night()

    assert [] == await events_of(wire.ground, NHIS)


async def test_what_a_decider_tells_beyond_its_part_is_parked_as_at_the_door(wire: Wire) -> None:
    number = await accepted(wire, COPAY, "applied", "checked", "notified_nhis")
    await recognizes(wire, number)
    await wire.say(NHIS, "held", referral=number, id="n-3", reason="papers_missing")

    report = await wire.night()
    await wire.ground.work()

    assert 3 == report.counts["events_fetched"], (report.counts, report.table, await notices(wire.ground))
    assert {("n-1", "applied"), ("n-2", "applied"), ("n-3", "parked")} == {
        (id_, fate) for id_, _, fate in await events_of(wire.ground, NHIS)
    }
    assert [("not_theirs",)] == await wire.ground.rows("SELECT fate_reason FROM inbox_event WHERE source_id = 'n-3'")


async def test_the_undecided_are_found_by_their_index_alone(ground: Ground) -> None:
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        parameters = {
            "addressee": TEAM,
            "program": COPAY,
            "handed_on": ["notified_nhis"],
            "before": ground.now,
            "now": ground.now,
        }
        explain = text(f"EXPLAIN {TAKE_UNDECIDED.text}")
        lines = "\n".join((await connection.execute(explain, {**parameters, "most": 20})).scalars())

    assert "ix_referral_undecided" in lines
    assert "Sort" not in lines


async def test_who_decides_what_is_the_catalogs(ground: Ground) -> None:
    decided = {
        agency: {(each.program, each.handed_on) for each in ground.tools.catalog.decided_by(agency)}
        for agency in ground.tools.catalog.agencies
    }

    assert {
        NHIS: {(COPAY, ("notified_nhis",))},
        SCHOOLS: {(EDUCATION, ())},
        "seoul-west-employment-center": {("employment-promotion-subsidy", ())},
        # It is mirrored: nobody asks it.
        "seoul-bankruptcy-court": {("bankruptcy", ()), ("individual-rehabilitation", ("commenced", "filed"))},
    } == {agency: found for agency, found in decided.items() if found}
