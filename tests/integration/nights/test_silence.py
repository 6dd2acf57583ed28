"""The silence alarm: once for a silence, only for who owes something, settled when the agency speaks again."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console
from sqlalchemy import text

from deployments.linkage_showing import show
from models.counting import day_of
from models.vocabulary import Need
from tasks.linkage import LinkageReport, report
from tasks.silence import SPOKE, watch_silence
from tests.integration.ground import Ground

DESK = "microfinance-desk"
#: Monday, 8 January 2018, in the small hours of Seoul.
NIGHT = datetime(2018, 1, 7, 16, 30, tzinfo=UTC)


async def spoke_daily(ground: Ground) -> None:
    """Let a referral lie at the agency since November, and the agency speak on every working day of December."""
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number("financial-counseling")
    await ground.change("UPDATE referral SET state = 'accepted', created_at = '2017-11-20T00:00:00Z'")
    for day in range(1, 30):
        at = datetime(2017, 12, day, 3, tzinfo=UTC)
        if at.weekday() < 5 and day != 25:
            await ground.put(
                f"agency:{DESK}", "progressed", number=number, hours=(at - ground.now) / timedelta(hours=1)
            )


async def spoke_every(ground: Ground, *, days: int) -> None:
    """Let a referral lie at the agency since November, and the agency speak so often, last on 29 December."""
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number("financial-counseling")
    await ground.change("UPDATE referral SET state = 'accepted', created_at = '2017-11-20T00:00:00Z'")
    for nth in range(8):
        at = datetime(2017, 12, 29, 3, tzinfo=UTC) - timedelta(days=nth * days)
        await ground.put(f"agency:{DESK}", "progressed", number=number, hours=(at - ground.now) / timedelta(hours=1))


async def watch(ground: Ground, at: datetime) -> set[str]:
    async with ground.engine.begin() as connection:
        return set(await watch_silence(connection, ground.tools, at))


async def open_about(ground: Ground) -> list[tuple[str, str]]:
    rows = await ground.rows(
        "SELECT about, detail FROM notice WHERE code = 'agency_silent' AND settled_at IS NULL ORDER BY raised_at"
    )
    return [(about, detail) for about, detail in rows]


async def test_the_report_names_who_fell_silent_and_when_it_was_over(ground: Ground) -> None:
    await spoke_daily(ground)
    await watch(ground, NIGHT)
    first, today = day_of(NIGHT) - timedelta(days=30), day_of(NIGHT)

    def lines(found: LinkageReport) -> list[tuple[str | None, ...]]:
        return [(each["agency"], each["last_word"], each["told_on"], each["settled_on"]) for each in found.silences]

    found = await report(ground.engine, ground.tools.catalog, first, today, NIGHT)
    assert [(DESK, "2017-12-29", "2018-01-08", None)] == lines(found)
    out = StringIO()
    show(found, ground.tools.catalog, Console(file=out, width=160))
    [row] = [line for line in out.getvalue().splitlines() if "2017-12-29" in line]
    assert "2018-01-08" in row

    hours = (NIGHT + timedelta(days=1) - ground.now) / timedelta(hours=1)
    await ground.put(f"agency:{DESK}", "progressed", number=await ground.number("financial-counseling"), hours=hours)
    await watch(ground, NIGHT + timedelta(days=2))
    found = await report(ground.engine, ground.tools.catalog, first, today, NIGHT)
    assert [(DESK, "2017-12-29", "2018-01-08", "2018-01-10")] == lines(found)
    assert [] == (await report(ground.engine, ground.tools.catalog, first, first, NIGHT)).silences


async def test_a_silence_is_told_once_and_settles_when_the_agency_speaks_again(ground: Ground) -> None:
    await spoke_daily(ground)
    # Its last word came on Friday, 29 December; New Year is a holiday.
    assert set() == await watch(ground, datetime(2018, 1, 3, 16, 30, tzinfo=UTC))

    assert {DESK} == await watch(ground, NIGHT)
    assert set() == await watch(ground, NIGHT)
    assert set() == await watch(ground, NIGHT + timedelta(days=1))
    assert [(DESK, "last word 2017-12-29; 4 working days, usually 1")] == await open_about(ground)
    # Long after, when the window holds no word any more, it is still silent.
    assert set() == await watch(ground, NIGHT + timedelta(days=90))
    assert 1 == len(await open_about(ground))

    hours = (NIGHT + timedelta(days=91) - ground.now) / timedelta(hours=1)
    await ground.put(f"agency:{DESK}", "progressed", number=await ground.number("financial-counseling"), hours=hours)
    assert set() == await watch(ground, NIGHT + timedelta(days=92))
    assert [] == await open_about(ground)


@pytest.mark.parametrize("every", [2, 4, 6])
async def test_whoever_speaks_rarely_and_falls_silent_does_not_make_it_forgotten(ground: Ground, every: int) -> None:
    await spoke_every(ground, days=every)

    nights = [NIGHT + timedelta(days=nth) for nth in range(-6, 40)]
    told = [night for night in nights if await watch(ground, night)]

    assert 1 == len(told), "in the end somebody is told, once"
    assert 1 == len(await open_about(ground))


async def test_who_owes_nothing_is_not_silent(ground: Ground) -> None:
    await spoke_daily(ground)
    await ground.change("UPDATE referral SET state = 'on_hold'")
    assert set() == await watch(ground, NIGHT)

    await ground.change("UPDATE referral SET state = 'accepted'")
    assert {DESK} == await watch(ground, NIGHT)
    await ground.change("UPDATE referral SET state = 'completed'")
    await watch(ground, NIGHT)
    assert [] == await open_about(ground)


async def test_who_owes_since_yesterday_only_is_not_silent(ground: Ground) -> None:
    await spoke_daily(ground)
    await ground.change("UPDATE referral SET created_at = '2018-01-06T00:00:00Z'")

    assert set() == await watch(ground, NIGHT)


async def test_two_looks_at_once_tell_it_once(ground: Ground) -> None:
    await spoke_daily(ground)

    found = await asyncio.gather(watch(ground, NIGHT), watch(ground, NIGHT))

    assert [set(), {DESK}] == sorted(found, key=len)
    assert 1 == len(await ground.rows("SELECT 1 FROM notice WHERE code = 'agency_silent'"))


async def test_the_days_of_an_agency_are_looked_up_in_an_index(ground: Ground) -> None:
    async with ground.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        parameters = {"agencies": [DESK], "days": [NIGHT.date()], "begins": [NIGHT]}
        lines = "\n".join((await connection.execute(text(f"EXPLAIN {SPOKE.text}"), parameters)).scalars())

    assert "ix_inbox_from_agency" in lines
