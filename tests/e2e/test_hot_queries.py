"""What an event costs does not grow with the journeys that are open: no statement on its way reads more for them.

A few clients walk in and are served by the real doors, desks and senders, once with few journeys open and once with
many; PostgreSQL itself tells how it worked each statement, also those that nobody has thought of here.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from benchmarks.client import intake as seeded
from benchmarks.seal import plain
from benchmarks.seeding import seed
from deployments.clocks import machine_clock
from deployments.postgres import PrivatePostgres
from models.numbers import Kind, spell
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake
from tests.e2e.plans import PlanLog, Ran

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FEW, MANY = 500, 5_000
#: How a day's clients fall into batches is not the same twice; 4,500 journeys more would show.
TIMES, ROWS, PAGES = 2, 400, 100
FLAGS: Final = ("--scripted", "--speed", "20", "--tries", "5", "--first-wait", "0.2")
#: Tables that have as many rows as there are journeys, or more.
BIG: Final = frozenset((
    *("journey", "client", "household_member", "consent", "referral", "transition", "milestone", "letter"),
    *("inbox_event", "notice", "agenda", "screening_record"),
))  # fmt: skip
#: Words of the statements that must have been seen, or the two days prove nothing.
HOT: Final = {
    "the intake looks whether it was here before": "WHERE journey.intake_key =",
    "the intake looks for the same person": "FROM client JOIN journey ON journey.client_id",
    "whether a journey of hers is open": "OR NOT EXISTS (SELECT FROM referral WHERE journey_id = journey.id)",
    "the intake": "INSERT INTO household_member",
    "numbering": "INSERT INTO number_series",
    "the letterbox": "WITH came AS",
    "an event that was here before": "SELECT id, digest, desk FROM inbox_event",
    "an event of a referral nobody knows": "WHERE parked.fate = 'parked'",
    "the claim": "FOR NO KEY UPDATE OF journey SKIP LOCKED",
    "the waiting events": "CROSS JOIN LATERAL ( SELECT inbox_event.id, journey_id",
    "whether anything waits": "SELECT EXISTS (SELECT 1 FROM inbox_event WHERE desk",
    "what desks tell each other": "SELECT nth, nextval(",
    "the cases, and how full the agencies are": "LIMIT limited.capacities",
    "what a desk changes": "UPDATE referral SET (state,",
    "what a desk writes": "jsonb_to_recordset(given.doc -> 'fates')",
    "who is woken": "WITH taken AS",
    "changed facts": "UPDATE journey SET facts",
    "the outbox": "WITH looked_at AS ( SELECT oldest.*",
    "arrivals": "AS more FROM sent",
    "what is tried again": "UPDATE letter SET next_attempt_at",
    "what goes to a person": "UPDATE letter SET state = 'with_person'",
    "the agencies' lines": "FROM endpoint_health WHERE breaker",
    "the watch": "AS busy",
    "what a person is told of after hours": "UPDATE letter SET person_told_at",
}
_FAILED: Final = "SELECT count(*) FROM letter WHERE state = 'waiting' AND last_problem IS NOT NULL"
#: A referral that is not there.
NOBODYS: Final = spell(Kind.REFERRAL, 2017, 108)
#: Things of every journey that a seeded one has not.
_MORE: Final = (
    """INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at, settled_at, settled_by)
    SELECT gen_random_uuid(), journey_id, desk, 'event_parked', number || ' event 0', '', number || nth, false,
           now() - interval '30 days', CASE nth WHEN 0 THEN now() - interval '20 days' END,
           CASE nth WHEN 0 THEN 'staff:x' END
    FROM referral, generate_series(0, 1) AS nth WHERE program = 'individual-rehabilitation'""",
    """INSERT INTO milestone (referral_id, lane, code, occurred_at, recorded_at, cause)
    SELECT id, 'main', 'filed', now() - interval '20 days', now() - interval '20 days', 'event:' || number
    FROM referral WHERE program = 'individual-rehabilitation'""",
    "VACUUM (ANALYZE) notice, milestone",
)


async def test_no_statement_on_an_events_way_reads_more_where_more_journeys_are_open(
    postgres: PrivatePostgres, migrated_template: str, tmp_path: Path
) -> None:
    async with _house(postgres, migrated_template, tmp_path / "few", FEW) as (stage, log):
        # Few rows are read faster from end to end: what is compared is the way by the indexes.
        await log.begin(enable_seqscan="off")
        few = await _day(stage, log)
    async with _house(postgres, migrated_template, tmp_path / "many", MANY) as (stage, log):
        await log.begin()
        many = await _day(stage, log)
        # A session that has run a statement often may plan it once for whatever it is given.
        await log.begin(plan_cache_mode="force_generic_plan")
        generic = await _day(stage, log)
        # The test of the test: of a day without one index it must say so.
        async with stage.engine.begin() as connection:
            await connection.exec_driver_sql("DROP INDEX ix_journey_client_id")
        await log.begin()
        planted = await _day(stage, log)

    for ran in (few, many, generic):
        seen = " ".join({each.statement for each in ran})
        assert [] == [name for name, words in HOT.items() if words not in seen]
        assert [] == _grown(few, ran)
    assert any("AS siblings," in told for told in _grown(few, planted))


@asynccontextmanager
async def _house(
    postgres: PrivatePostgres, template: str, folder: Path, journeys: int
) -> AsyncGenerator[tuple[Stage, PlanLog]]:
    """Give a house with so many open journeys, in which nobody lives yet."""
    name = f"hot_{journeys}"
    url = await postgres.ensure_database(name, template=template)
    try:
        async with Stage(folder, url, None, *FLAGS, linger_seconds=1.0) as stage:
            await seed(plain(url), journeys, seeded(0, stage.today, in_legs=False)["facts"])
            connection = await asyncpg.connect(plain(url))
            for statement in _MORE:
                await connection.execute(statement)
            await connection.close()
            yield stage, PlanLog(postgres.log, url)
    finally:
        await postgres.drop_database(name)


async def _day(stage: Stage, log: PlanLog) -> list[Ran]:
    """Let some clients walk in and be served, and return how every statement was worked."""
    nth = len(stage.opened)
    await stage.nursery.live()
    await stage.sandbox.weather("legal-aid", status=422)
    await stage.sandbox.weather("microfinance-desk", status=503)
    first = await stage.walk_in(f"client-{nth}", intake(nth, stage.today))
    while not await stage.number(_FAILED):  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.1)
    await stage.sandbox.weather("microfinance-desk")
    for more in (1, 2):
        await stage.walk_in(f"client-{nth + more}", intake(nth + more, stage.today))
    perhaps: dict[str, Any] = intake(nth, stage.today)
    perhaps["client"]["phone"] = "010-0000-9999"
    await stage.walk_in(f"perhaps-{nth}", perhaps)
    facts = {"event": "facts_changed", "facts": {"monthly_income": 100_000}}
    answer = await stage.api("POST", f"/api/journeys/{first}/events", facts, key=f"facts-{nth}")
    assert 202 == answer.status_code
    wish = {"event": "accepted", "referral": NOBODYS, "id": f"twice-{nth}", "occurred_at": machine_clock().isoformat()}
    for _ in range(2):
        assert 202 == (await stage.sandbox.say(agency="nhis", **wish))["status"]
    assert await stage.quiet(90)
    await stage.nursery.leave()
    return log.told()


def _grown(few: Iterable[Ran], many: Iterable[Ran]) -> list[str]:
    """Say of each statement what it reads more of, or from end to end, where many journeys are open."""
    usual = {each.statement: (0, 0) for each in many}
    for each in few:
        rows, pages = usual.get(each.statement, (0, 0))
        usual[each.statement] = (max(rows, each.rows), max(pages, each.pages))
    told: dict[str, None] = {}
    for each in many:
        rows, pages = usual[each.statement]
        if each.rows > TIMES * rows + ROWS or each.pages > TIMES * pages + PAGES or each.whole & BIG:
            whole = ", ".join(sorted(each.whole & BIG)) or "no table"
            change = f"{each.rows} rows for {rows}, {each.pages} pages for {pages}, {whole} from end to end"
            told[f"{change}: {each.statement}"] = None
    return list(told)
