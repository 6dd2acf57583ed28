"""The chase on a real database: the agenda, reminders in digests, the supervisor's list, and who is left in peace."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from models.vocabulary import FollowUp, Need
from tasks.agenda import CLAIM, next_look, orphans
from tests.integration.ground import Ground
from tests.integration.silence import (
    COUNSELING,
    OVERDUE,
    arrived,
    days_later,
    digests,
    follow,
    notices,
    silent,
    steps,
)
from tests.properties.checker import check_log


async def checked(ground: Ground) -> list[str]:
    async with ground.engine.connect() as connection:
        return await check_log(connection)


async def looks(ground: Ground) -> dict[str, Any]:
    return dict(await ground.rows("SELECT follow_up, look_at FROM agenda"))


# The agenda


async def test_whoever_changes_a_journey_has_it_looked_at(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    assert {"overdue", "retention", "reviews"} == (await looks(ground)).keys()
    assert {ground.tools.clock()} == set((await looks(ground)).values())

    await follow(ground, OVERDUE - timedelta(days=2))
    far = (await looks(ground))["overdue"]
    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING), key="one")
    await ground.work()

    assert ground.tools.clock() < far
    assert ground.tools.clock() == (await looks(ground))["overdue"]


async def test_what_tells_nothing_new_changes_no_agenda(ground: Ground) -> None:
    await silent(ground)
    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING))
    await ground.work()
    await follow(ground, OVERDUE - timedelta(days=2))
    before = await looks(ground)

    await ground.put("agency:microfinance-desk", "accepted", number=await ground.number(COUNSELING), hours=-50)
    await ground.work()

    assert before == await looks(ground)


async def test_what_has_no_next_date_leaves_the_agenda_and_every_open_referral_has_one(ground: Ground) -> None:
    await silent(ground)
    for follow_up in (FollowUp.OVERDUE, FollowUp.RETENTION, FollowUp.REVIEWS):
        await follow(ground, OVERDUE - timedelta(days=2), follow_up)

    assert {"overdue"} == (await looks(ground)).keys()
    async with ground.engine.connect() as connection:
        assert [] == await orphans(connection)
        assert (await looks(ground))["overdue"] == await next_look(connection, FollowUp.OVERDUE)
        assert await next_look(connection, FollowUp.REVIEWS) is None


async def test_an_orphan_is_found(ground: Ground) -> None:
    await silent(ground)
    await ground.change("DELETE FROM agenda")

    async with ground.engine.connect() as connection:
        assert [row[0] for row in await ground.rows("SELECT number FROM referral ORDER BY number")] == await orphans(
            connection
        )


async def test_the_claim_reads_an_index_and_stays_so_with_many_journeys(ground: Ground) -> None:
    await silent(ground)
    await ground.change(
        "WITH client AS (SELECT id FROM client LIMIT 1), made AS ("
        " INSERT INTO journey (id, number, client_id, opened_on, opened_at, needs, facts)"
        " SELECT gen_random_uuid(), 'J-2016-' || n, client.id, '2016-01-04', now(), '[]', '{}'"
        " FROM client, generate_series(1, 20000) AS n RETURNING id)"
        " INSERT INTO agenda (journey_id, follow_up, look_at)"
        " SELECT id, follow_up, '2030-01-01' FROM made, unnest(ARRAY['overdue', 'retention', 'reviews']) AS follow_up"
    )
    await ground.change(
        "INSERT INTO inbox_event"
        " (desk, journey_id, source, source_id, word, data, digest, occurred_at, received_at, fate)"
        " SELECT 'intake', id, 'intake:x', number, 'opened', '{}', '', now(), now(), 'applied' FROM journey"
    )
    await ground.change("ANALYZE agenda, journey, inbox_event")

    async with ground.engine.connect() as connection:
        plan = await connection.execute(text(f"EXPLAIN {CLAIM}"), {"follow_up": "overdue", "now": OVERDUE})
        lines = "\n".join(plan.scalars())

    assert "ix_agenda_due" in lines
    assert "Seq Scan" not in lines


# Reminders


async def test_whoever_is_silent_is_reminded_in_one_letter_for_all_its_cases(ground: Ground) -> None:
    await silent(ground, clients=3)

    report = await follow(ground, OVERDUE)

    assert {"microfinance-desk": 3, "seoul-west-employment-center": 3} == {
        agency: len(lines) for agency, lines in await digests(ground)
    }
    assert (6, 2) == (report.counts["remind"], report.counts["digest"])
    [(_, lines), _] = await digests(ground)
    assert {("D35-answer", "2017-12-07", 1)} == {
        (each["waits_for"], each["due_on"], each["reminder"]) for each in lines
    }
    assert [] == await checked(ground)


async def test_what_staff_said_in_vain_is_no_answer_of_the_agency(ground: Ground) -> None:
    await silent(ground)
    number = await ground.number(COUNSELING)
    await ground.put("staff:kim", "resumed", number=number, hours=1)
    await ground.work()
    assert [("parked",)] == await ground.rows("SELECT fate FROM inbox_event WHERE source = 'staff:kim'")

    await follow(ground, OVERDUE)

    assert "microfinance-desk" in dict(await digests(ground))


async def test_an_answer_that_lies_with_a_person_is_one_but_no_word_from_before_the_question(ground: Ground) -> None:
    await silent(ground)
    number = await ground.number(COUNSELING)
    await ground.put("agency:microfinance-desk", "resumed", number=number, hours=1)
    await ground.work()
    parked = "SELECT fate FROM inbox_event WHERE source = 'agency:microfinance-desk'"
    assert [("parked",)] == await ground.rows(parked)

    await follow(ground, OVERDUE)
    assert "microfinance-desk" not in dict(await digests(ground))

    await ground.change("UPDATE inbox_event SET received_at = received_at - interval '3 days' WHERE fate = 'parked'")
    await ground.change("UPDATE agenda SET look_at = :at", at=OVERDUE)
    await follow(ground, OVERDUE)
    assert "microfinance-desk" in dict(await digests(ground))


async def test_one_letter_for_the_cases_of_two_desks(ground: Ground) -> None:
    await silent(ground, Need.LIVING, Need.BENEFITS)

    await follow(ground, OVERDUE)

    lines = dict(await digests(ground))["mapo-welfare-team"]
    programs = {line["program"] for line in lines}
    assert {"emergency-living-aid", "single-parent-support"} <= programs
    desks = await ground.rows("SELECT DISTINCT desk FROM referral WHERE agency = 'mapo-welfare-team'")
    assert {"emergency-aid", "welfare-benefits"} == {desk for (desk,) in desks}
    assert [("intake", None, None)] == await ground.rows(
        "SELECT DISTINCT desk, referral_id, journey_id FROM letter WHERE type = 'referral.reminded'"
    )


async def test_a_digest_holds_nothing_of_a_person(ground: Ground) -> None:
    await silent(ground)
    await follow(ground, OVERDUE)

    told = str(await digests(ground)) + str(
        await ground.rows("SELECT cause, about FROM letter WHERE journey_id IS NULL")
    )
    for personal in ("김하늘", "010-0000-4101", "1976", "2004", "가온로", "62000000", "J-2017"):
        assert personal not in told


async def test_two_reminders_then_the_supervisor_then_it_is_given_up_and_the_next_agency_is_asked(
    ground: Ground,
) -> None:
    await silent(ground)

    for day in range(15):
        await follow(ground, days_later(day))
        await ground.work()

    assert [("D35-answer", nth, does) for nth, does in enumerate(("remind", "remind", "supervisor", "expire"), 1)] == (
        await steps(ground)
    )[:4]
    found = await ground.rows("SELECT agency, state, reason FROM referral WHERE program = :p ORDER BY id", p=COUNSELING)
    assert [("microfinance-desk", "expired", "silence"), ("legal-aid", "requested", None)] == found
    cancelled = "SELECT agency, body ->> 'reason' FROM letter WHERE type = 'referral.cancelled'"
    assert ("microfinance-desk", "silence") in await ground.rows(cancelled)
    [(about, detail, settled)] = [row for row in await notices(ground, "tell_client") if COUNSELING in row[1]]
    assert (f"{COUNSELING}: microfinance-desk", None) == (detail, settled)
    assert (
        about == (await ground.rows("SELECT number FROM referral WHERE program = :p ORDER BY id", p=COUNSELING))[0][0]
    )
    assert {"follow-up"} == {by for _, detail, by in await notices(ground, "agency_overdue") if COUNSELING in detail}
    assert [] == await checked(ground)


async def test_the_word_to_the_client_settles_when_the_next_agency_has_answered(ground: Ground) -> None:
    await silent(ground)
    for day in range(15):
        await follow(ground, days_later(day))
        await ground.work()
    await ground.put("agency:legal-aid", "accepted", number=await ground.number_of_open(COUNSELING))
    await ground.work()

    await follow(ground, days_later(16))

    assert ["follow-up"] == [by for _, detail, by in await notices(ground, "tell_client") if COUNSELING in detail]


async def test_refused_by_silence_of_all_is_a_persons(ground: Ground) -> None:
    await silent(ground)
    for day in range(60):
        await follow(ground, days_later(day))
        await ground.work()
        await arrived(ground)

    states = await ground.rows("SELECT state FROM referral WHERE program = :p", p=COUNSELING)
    assert {("expired",)} == set(states)
    assert any(COUNSELING in about for about, _, _ in await notices(ground, "no_agency_left"))


# Notices


async def test_what_a_person_settled_stays_settled_and_what_settled_by_itself_stands_again(ground: Ground) -> None:
    await silent(ground, clients=2)
    await follow(ground, days_later(6))
    await ground.change(
        "UPDATE notice SET settled_at = :now, settled_by = :by WHERE code = 'agency_overdue' AND journey_id ="
        " (SELECT id FROM journey ORDER BY number LIMIT 1)",
        now=days_later(6),
        by="clerk",
    )
    await ground.change(
        "UPDATE notice SET settled_at = :now, settled_by = 'follow-up' WHERE code = 'agency_overdue'"
        " AND settled_by IS NULL",
        now=days_later(6),
    )
    before = {by for _, _, by in await notices(ground, "agency_overdue")}
    # Somebody has every journey looked at anew: the same notices should stand.
    await ground.change("UPDATE agenda SET look_at = :now", now=OVERDUE)

    await follow(ground, days_later(6.1))

    assert {"clerk", "follow-up"} == before
    assert {"clerk", None} == {by for _, _, by in await notices(ground, "agency_overdue")}
