"""Expiry: consents and keys are told before they end and when they have, once each, and settle when renewed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from models.keys import uuid7
from models.vocabulary import Desk, FollowUp, Need
from tasks.expiry import CONSENTS, expire, next_expiry
from tasks.follow import follow
from tasks.toolbox import use
from tests.integration.ground import Ground

DESK = "microfinance-desk"


def seoul(month: int, day: int, hour: int = 7, year: int = 2018) -> datetime:
    """Return a moment in Seoul, in UTC."""
    return datetime(year, month, day, hour, 20, tzinfo=UTC) - timedelta(hours=9)


async def rests_on_consent(ground: Ground, until: str = "2018-03-30") -> str:
    """Let a client with debts be referred on a consent that ends; return the journey's number."""
    journey = await ground.walks_in(Need.DEBT)
    await ground.work()
    await ground.change(
        "UPDATE consent SET valid_to = :until WHERE recipient = :desk", until=date.fromisoformat(until), desk=DESK
    )
    [(number,)] = await ground.rows("SELECT number FROM journey WHERE id = :id", id=journey)
    return str(number)


async def told(ground: Ground) -> list[tuple[str, str, str]]:
    rows = await ground.rows(
        "SELECT code, about, detail FROM notice WHERE settled_at IS NULL AND code LIKE 'consent_e%' ORDER BY code, key"
    )
    return [(code, about, detail) for code, about, detail in rows]


async def test_a_consent_is_told_a_month_and_a_week_before_its_end_and_when_it_has_ended(ground: Ground) -> None:
    await rests_on_consent(ground)
    last = "last day 2018-03-30"
    # 30 March is the last day: 28 February is 30 days before.
    assert {} == dict((await expire(ground.tools, seoul(2, 27))).counts)

    for at, code, raised in [
        (seoul(2, 28), "consent_ends", 1),
        (seoul(3, 1), "consent_ends", 0),
        (seoul(3, 22), "consent_ends", 0),
        (seoul(3, 23), "consent_ends", 1),
        (seoul(3, 30), "consent_ends", 0),
        (seoul(3, 31), "consent_ended", 1),
        (seoul(4, 20), "consent_ended", 0),
    ]:
        report = await expire(ground.tools, at)

        assert raised == report.counts[code], at
        assert [(code, DESK, last)] == await told(ground), at


async def test_an_hour_more_or_less_tells_nothing_early_and_nothing_twice(ground: Ground) -> None:
    await rests_on_consent(ground)
    last_minute = seoul(2, 28, 0) - timedelta(minutes=21)

    assert {} == dict((await expire(ground.tools, last_minute)).counts)
    assert 1 == (await expire(ground.tools, last_minute + timedelta(hours=1))).counts["consent_ends"]
    assert {} == dict((await expire(ground.tools, last_minute)).counts)
    assert {} == dict((await expire(ground.tools, last_minute + timedelta(hours=2))).counts)


async def test_what_is_renewed_settles_and_what_is_closed_is_not_told(ground: Ground) -> None:
    await rests_on_consent(ground)
    await expire(ground.tools, seoul(3, 25))
    [(journey,)] = await ground.rows("SELECT id FROM journey")
    ground.now = seoul(3, 26) - timedelta(hours=10)
    items = ["name", "birth_date", "phone", "income", "debts"]
    consent = {"purpose": "provision", "recipient": DESK, "items": items, "valid_to": "2020-12-03"}
    await ground.put("staff:front-desk", "consent_given", journey=journey, desk=Desk.INTAKE, consent=consent)
    await ground.work()

    await expire(ground.tools, seoul(3, 27))
    assert [] == await told(ground)

    number = await rests_on_consent(ground, "2018-04-02")
    await ground.change("UPDATE consent SET valid_to = '2018-04-02' WHERE recipient = :d", d=DESK)
    await expire(ground.tools, seoul(3, 28))
    assert 2 == len(await told(ground))
    await ground.change(
        "UPDATE referral SET state = 'completed' WHERE journey_id = (SELECT id FROM journey WHERE number = :n)",
        n=number,
    )
    await expire(ground.tools, seoul(3, 29))
    assert 1 == len(await told(ground))


async def test_what_rests_on_a_statute_does_not_end_with_a_consent(ground: Ground) -> None:
    await ground.walks_in(Need.LIVING)
    await ground.work()
    await ground.change("UPDATE consent SET valid_to = '2018-03-30' WHERE recipient = 'mapo-welfare-team'")

    assert {} == dict((await expire(ground.tools, seoul(3, 25))).counts)


async def test_runs_at_the_same_time_tell_it_once(ground: Ground) -> None:
    for _ in range(3):
        await rests_on_consent(ground)

    reports = await asyncio.gather(*(expire(ground.tools, seoul(3, 25)) for _ in range(3)))

    assert 3 == sum(report.counts["consent_ends"] for report in reports)
    assert 3 == len(await told(ground))


async def test_after_a_whole_run_only_what_ended_since_is_looked_at_and_a_broken_one_counts_for_nothing(
    ground: Ground,
) -> None:
    await rests_on_consent(ground, "2018-01-10")
    await ground.change(
        "INSERT INTO follow_up_run (follow_up, process, state, began_at, ended_at, report)"
        " VALUES ('expiry', 1, 'broken', :at, :at, '{}')",
        at=seoul(4, 1),
    )
    assert 1 == (await expire(ground.tools, seoul(4, 2))).counts["consent_ended"]

    await ground.change("DELETE FROM notice")
    await ground.change("UPDATE follow_up_run SET state = 'done'")
    assert {} == dict((await expire(ground.tools, seoul(4, 2))).counts)


async def test_a_key_is_told_before_it_retires_and_when_none_is_left(ground: Ground) -> None:
    tools, retires = ground.tools, seoul(3, 10, 12)
    await ground.change("INSERT INTO agency (code, url, added_at) VALUES (:d, 'http://127.0.0.1:1/', now())", d=DESK)
    async with ground.engine.begin() as connection:
        await tools.keyring.rotate(connection, DESK, "outbound", seoul(1, 1))
    await ground.change("UPDATE agency_key SET retires_at = :at", at=retires)

    assert {} == dict((await expire(tools, retires - timedelta(days=8))).counts)
    assert 1 == (await expire(tools, retires - timedelta(days=6))).counts["key_retires"]
    assert {} == dict((await expire(tools, retires - timedelta(days=5))).counts)
    [(detail,)] = await ground.rows("SELECT detail FROM notice WHERE settled_at IS NULL")
    assert "outbound, until 2018-03-10 12:20; none is left after it" == detail

    assert 1 == (await expire(tools, retires)).counts["no_live_key"]
    assert [("no_live_key",)] == await ground.rows("SELECT code FROM notice WHERE settled_at IS NULL")
    async with ground.engine.begin() as connection:
        await tools.keyring.rotate(connection, DESK, "outbound", retires)
    await expire(tools, retires + timedelta(days=1))
    assert [] == await ground.rows("SELECT code FROM notice WHERE settled_at IS NULL")


async def test_its_next_useful_moment_is_the_one_at_which_it_tells_something(ground: Ground) -> None:
    await rests_on_consent(ground)
    await ground.change("INSERT INTO agency (code, url, added_at) VALUES (:d, 'http://127.0.0.1:1/', now())", d=DESK)
    key = {"id": uuid7(ground.now), "at": seoul(3, 10, 12), "d": DESK}
    await ground.change(
        "INSERT INTO agency_key (id, agency, direction, sealed, created_at, retires_at)"
        " VALUES (:id, :d, 'inbound', '', now(), :at)",
        **key,
    )
    at = seoul(1, 2)
    moments: list[tuple[datetime, set[str]]] = []
    while True:
        async with ground.engine.connect() as connection:
            following = await next_expiry(connection, at)
        if following is None or following > seoul(12, 31):
            break
        assert {} == dict((await expire(ground.tools, following - timedelta(seconds=1))).counts)
        moments.append((following, set((await expire(ground.tools, following)).counts)))
        at = following

    midnight = timedelta(hours=7, minutes=20)
    assert [
        (seoul(2, 28) - midnight, {"consent_ends"}),
        (seoul(3, 3, 12), {"key_retires"}),
        (seoul(3, 10, 12), {"no_live_key"}),
        (seoul(3, 23) - midnight, {"consent_ends"}),
        (seoul(3, 31) - midnight, {"consent_ended"}),
    ] == moments


async def test_consents_that_end_are_found_by_their_day(ground: Ground) -> None:
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        window = {"first": seoul(1, 1).date(), "last": seoul(3, 1).date(), "after": uuid7(ground.now)}
        lines = "\n".join((await connection.execute(text(f"EXPLAIN {CONSENTS.text}"), window)).scalars())

    assert "ix_consent_ends" in lines


async def test_a_run_is_a_row_of_its_own_with_counts_and_no_persons_data(ground: Ground) -> None:
    await rests_on_consent(ground)
    ground.now = seoul(3, 25)
    use(ground.tools)
    try:
        counts = await follow(FollowUp.EXPIRY, expire, None)
    finally:
        use(None)

    assert {"consent_ends": 1} == counts
    assert [("expiry", {"consent_ends": 1}, True)] == await ground.rows(
        "SELECT follow_up, report, ended_at IS NOT NULL FROM follow_up_run"
    )
