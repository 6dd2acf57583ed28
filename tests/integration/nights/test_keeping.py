"""Keeping: whose time is over is forgotten, once, and nobody else; the log goes on explaining every state."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from models.vocabulary import Need
from tasks.forgetting import forget
from tasks.keeping import keep, let_go
from tests.e2e.faults.log_check import check_log
from tests.integration.ground import Ground

COUNSELING, AGENCY = "financial-counseling", "agency:microfinance-desk"
#: What the ground's client is called and where she lives, and what was said of her.
PERSONAL = ("김하늘", "010-0000-4101", "가온로", "08-21", "05-10", "seizure", "가-1234", "62000000")
#: Six years after client A walked in; her consent to the center itself has ended in 2021.
LATER = datetime(2023, 12, 20, 18, tzinfo=UTC)


async def done_with(ground: Ground) -> UUID:
    """Let a client with debts walk in, be counseled and be done with, and her consents end in 2021."""
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    for program, agency, outcome in [
        (COUNSELING, AGENCY, "loan"),
        ("job-counseling", "agency:seoul-west-employment-center", "counseled"),
    ]:
        number = await ground.number(program, journey)
        await ground.put(agency, "accepted", number=number, reference="가-1234", hours=1)
        await ground.put(agency, "completed", number=number, outcome=outcome, note="seizure of wages", hours=2)
    await ground.work()
    await ground.change("UPDATE letter SET state = 'sent'")
    await ground.change("UPDATE consent SET valid_to = '2021-12-03' WHERE recipient IS NULL")
    await ground.change("UPDATE notice SET detail = 'seizure of wages'")
    return journey


async def all_withdrawn(ground: Ground) -> None:
    """Let everything that is open be called off."""
    open_ones = "SELECT number, agency FROM referral WHERE outcome IS NULL AND state <> 'cancelled'"
    while found := await ground.rows(open_ones):
        for number, agency in found:
            await ground.put("staff:front-desk", "withdrawn", number=number, reason="client_wish", hours=3)
            await ground.put(f"agency:{agency}", "cancelled", number=number, hours=4)
        await ground.work()
    await ground.change("UPDATE letter SET state = 'sent'")


async def everything(ground: Ground) -> str:
    """Return every row of every table, as text."""
    tables = await ground.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await ground.rows(f"SELECT t::text FROM {table} AS t") for (table,) in tables]  # noqa: S608
    return "\n".join(str(row) for found in rows for row in found)


async def names(ground: Ground) -> list[str]:
    return [name for (name,) in await ground.rows("SELECT name FROM client ORDER BY id")]


async def open_referrals(ground: Ground) -> list[tuple[str, str]]:
    rows = await ground.rows("SELECT program, state FROM referral WHERE outcome IS NULL")
    return [(program, state) for program, state in rows]


async def test_whose_time_is_over_is_forgotten_and_the_log_still_explains_every_state(ground: Ground) -> None:
    await done_with(ground)
    assert [] == await open_referrals(ground)
    before = await ground.rows("SELECT * FROM transition ORDER BY id")
    states = await ground.rows("SELECT number, state, outcome FROM referral ORDER BY number")
    told = await everything(ground)
    assert [] == [word for word in PERSONAL if word not in told]

    report = await keep(ground.tools, LATER)

    assert 1 == report.counts["clients_forgotten"]
    assert [] == [word for word in PERSONAL if word in await everything(ground)]
    assert [("", 1976, 1, 1, LATER)] == [
        (name, born.year, born.month, born.day, at)
        for name, born, at in await ground.rows("SELECT name, birth_date, forgotten_at FROM client")
    ]
    assert before == await ground.rows("SELECT * FROM transition ORDER BY id")
    assert states == await ground.rows("SELECT number, state, outcome FROM referral ORDER BY number")
    async with ground.engine.connect() as connection:
        assert [] == [wrong for wrong in await check_log(connection) if "series" not in wrong]


async def test_twice_and_at_the_same_time_forgets_once(ground: Ground) -> None:
    for _ in range(3):
        await done_with(ground)

    reports = await asyncio.gather(*(keep(ground.tools, LATER) for _ in range(3)))

    assert 3 == sum(report.counts["clients_forgotten"] for report in reports)
    again = await keep(ground.tools, LATER + timedelta(hours=1))
    assert 0 == again.counts["clients_forgotten"] + again.counts["events_emptied"]
    assert {LATER} == {at for (at,) in await ground.rows("SELECT forgotten_at FROM client")}


@pytest.mark.parametrize(
    ("at", "forgotten"),
    [
        # Done on 4 December 2017: five years end with 4 December 2022 in Seoul, which is 15:00 in UTC.
        (datetime(2021, 12, 4, 3, tzinfo=UTC), 0),
        (datetime(2022, 12, 4, 14, 59, tzinfo=UTC), 0),
        (datetime(2022, 12, 4, 15, 0, tzinfo=UTC), 1),
    ],
)
async def test_to_the_hour_and_not_an_hour_early(ground: Ground, at: datetime, forgotten: int) -> None:
    await done_with(ground)

    assert forgotten == (await keep(ground.tools, at)).counts["clients_forgotten"]


async def test_who_is_not_due_is_looked_at_again_when_she_is_and_not_before(ground: Ground) -> None:
    await done_with(ground)
    early = datetime(2018, 1, 7, 18, tzinfo=UTC)

    assert 1 == (await forget(ground.engine, ground.tools.catalog, early)).looked_at
    assert 0 == (await forget(ground.engine, ground.tools.catalog, early + timedelta(days=700))).looked_at
    assert [(datetime(2022, 12, 4, 15, tzinfo=UTC),)] == await ground.rows("SELECT keeping_at FROM client")


async def test_a_consent_that_holds_keeps_and_one_withdrawn_does_not(ground: Ground) -> None:
    await done_with(ground)
    await ground.change("UPDATE consent SET valid_to = '9999-12-31' WHERE recipient IS NULL")
    assert 0 == (await keep(ground.tools, LATER)).counts["clients_forgotten"]

    await ground.change("UPDATE consent SET withdrawn_at = :now", now=LATER)
    await ground.change("UPDATE client SET keeping_at = :now", now=LATER)
    assert 1 == (await keep(ground.tools, LATER)).counts["clients_forgotten"]


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        ("UPDATE letter SET state = 'with_person' WHERE referral_number LIKE 'R-%'", "letter"),
        ("UPDATE inbox_event SET fate = 'parked' WHERE word = 'completed'", "event"),
        ("UPDATE inbox_event SET fate = 'held_back' WHERE word = 'completed'", "event"),
        (
            """INSERT INTO set_aside (journey_id, desk, reason, detail, since)
            SELECT id, 'debt-relief', 'rule_raised', '', now() FROM journey""",
            "set_aside",
        ),
        ("UPDATE journey SET facts = '{\"no such fact\": 1}'", "unreadable"),
    ],
)
async def test_while_anybody_has_to_do_anything_nothing_is_touched(ground: Ground, meanwhile: str, why: str) -> None:
    await done_with(ground)
    await ground.change(meanwhile)

    report = await keep(ground.tools, LATER)

    assert (0, 1) == (report.counts["clients_forgotten"], report.counts[f"clients_held_by_{why}"])
    assert ["김하늘"] == await names(ground)


async def test_what_is_open_is_kept_however_long(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()

    report = await keep(ground.tools, datetime(2040, 1, 1, tzinfo=UTC))

    assert 0 == report.counts["clients_forgotten"]
    assert ["김하늘"] == await names(ground)


async def test_whoever_waits_for_an_answer_to_an_appeal_is_not_forgotten(ground: Ground) -> None:
    journey = await ground.walks_in(Need.LIVING)
    await ground.work()
    number = await ground.number("emergency-living-aid", journey)
    team = "agency:mapo-welfare-team"
    await ground.put(team, "completed", number=number, outcome="refused", hours=1)
    await ground.put(team, "progressed", number=number, lane="appeal", milestone="objection_filed", hours=2)
    await ground.work()
    await all_withdrawn(ground)
    await ground.change("UPDATE consent SET withdrawn_at = now()")

    report = await keep(ground.tools, LATER)

    assert (0, 1) == (report.counts["clients_forgotten"], report.counts["clients_held_by_appeal"])


async def test_a_case_a_desk_works_just_now_is_left_to_the_next_run(ground: Ground) -> None:
    await done_with(ground)
    async with ground.engine.connect() as desk, desk.begin():
        await desk.execute(text("SELECT id FROM journey FOR NO KEY UPDATE"))
        assert 0 == (await keep(ground.tools, LATER)).counts["clients_forgotten"]

    assert 1 == (await keep(ground.tools, LATER + timedelta(days=7))).counts["clients_forgotten"]


async def test_a_dry_run_counts_and_changes_nothing(ground: Ground) -> None:
    await done_with(ground)
    before = await everything(ground)

    kept = await let_go(ground.engine, ground.tools.catalog, LATER, None, dry_run=True)

    assert before == await everything(ground)
    assert 1 == kept.counts["clients_forgotten"]
    assert kept.counts["events_emptied"] == (await keep(ground.tools, LATER)).counts["events_emptied"] > 0


async def test_a_run_of_many_pages_goes_on_where_it_broke_off(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        await done_with(ground)
    monkeypatch.setattr("tasks.forgetting.PAGE", 2)
    monkeypatch.setattr("tasks.forgetting.MOST", 3)

    first = await forget(ground.engine, ground.tools.catalog, LATER)
    second = await forget(ground.engine, ground.tools.catalog, LATER)

    assert (4, 1) == (first.clients.total(), second.clients.total())
    assert {""} == set(await names(ground))
