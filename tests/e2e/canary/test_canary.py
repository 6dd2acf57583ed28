"""The canary test: 22 strings through whole journeys and every failing path; none is found where it may not be."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from deployments.postgres import PrivatePostgres
from deployments.prefect_server import PrefectServer
from tests.e2e.canary.hostility import Answers, client, knock, speak
from tests.e2e.canary.markers import CANARIES, text_of
from tests.e2e.canary.scanner import Scanner
from tests.e2e.canary.waiting import events_are_written
from tests.e2e.faults.stage import Stage

FLAGS = ("--scripted", "--speed", "10", "--tries", "3", "--first-wait", "0.2")
PLANTS = "rules_raise,writing_raises,sending_raises,shifts_break"
#: Tables of ours that people see without asking for a client, or that never need to hold one.
BARE_TABLES = frozenset({"notice", "set_aside", "shift", "transition", "milestone", "endpoint_health", "agency"})

#: PostgreSQL itself refuses a client of 43 creditors, with the name in its error.
REFUSAL = """
CREATE FUNCTION refuse_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT facts->>'creditors' FROM journey WHERE id = NEW.journey_id) = '43' THEN
        RAISE EXCEPTION 'refused: % (%)', (SELECT client.name FROM client JOIN journey ON journey.client_id = client.id
            WHERE journey.id = NEW.journey_id), row_to_json(NEW);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_client BEFORE INSERT ON referral FOR EACH ROW EXECUTE FUNCTION refuse_client();
"""


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_no_canary_is_found_where_it_may_not_be(
    postgres: PrivatePostgres, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    answers: Answers = []
    settings = prefect_server.client_settings()
    async with Stage(tmp_path, database_url, settings, *FLAGS, plant=PLANTS, linger_seconds=1.0) as stage:
        async with stage.engine.begin() as connection:
            for statement in re.split(r"(?<=;)\n(?=CREATE)", REFUSAL.strip()):
                await connection.exec_driver_sql(statement)
        await stage.sandbox.weather("legal-aid", status=422)
        redirect = f"http://127.0.0.1:9/{text_of('words in a URL')}"
        await stage.sandbox.weather("sunny-day-care", answer="redirect", redirect_to=redirect)
        await stage.nursery.live()
        numbers = [await stage.walk_in(f"client-{n}", client(stage, n, n)) for n in (8, 41, 42, 43, 44)]
        await knock(stage, numbers[0], answers)
        await speak(stage, await _referral(stage, numbers[-1]), answers)
        await _settled(stage)
        assert 5 == await stage.number("SELECT count(*) FROM client WHERE name = :name", name=text_of("name"))
        counts = await _what_happened(stage)
        answers += [str(said["answer"]) for said in await stage.sandbox.said()]
        answers.append(str(await stage.sandbox.letters()))
        await stage.nursery.leave()
    await events_are_written(postgres.database_url("prefect"))
    scanner = Scanner(CANARIES.values())
    await scanner.look_through(postgres.database_url("prefect"))
    scanner.look_into(Path(prefect_server.home))
    await scanner.look_through(database_url, only=BARE_TABLES)
    for log in (prefect_server.log, postgres.log, stage.nursery.log, stage.sandbox.log):
        scanner.look_at(log.read_bytes(), f"{log.parent.name}/{log.name}")
    for answer in answers:
        scanner.look_at(answer, "an answer")
    print(  # noqa: T201 - the counts are what the test is run for
        f"\n{len(CANARIES)} canaries, {len(answers)} answers; looked at {scanner.values} values in {scanner.tables}"
        f" columns, {scanner.files} files\n{counts}"
    )

    assert len(CANARIES) >= 20
    assert [] == sorted(f"{leak.canary} in {leak.place}" for leak in scanner.leaks)
    assert scanner.values > 1000
    assert {"rule_raised", "could_not_be_written"} <= set(counts["set aside"])
    assert {"letter_refused", "journey_set_aside"} <= set(counts["notices"])
    assert {"parked", "applied", "held_back"} <= set(counts["fates"])
    assert counts["runs that failed"] > 0


async def _referral(stage: Stage, journey: str) -> str:
    """Wait for a referral of the journey that an agency can speak about, and return its number."""
    for _ in range(200):
        found = await stage.rows(
            "SELECT referral.number FROM referral JOIN journey ON journey.id = journey_id"
            " WHERE journey.number = :journey AND program = 'single-parent-support'",
            journey=journey,
        )
        if found:
            return str(found[0][0])
        await asyncio.sleep(0.1)
    raise AssertionError("the referral never came")


async def _settled(stage: Stage) -> None:
    """Wait until no event waits, nobody plays and no letter can be sent any more."""
    calm = 0
    for _ in range(400):
        waiting = await stage.number("SELECT count(*) FROM inbox_event WHERE fate = 'waiting'")
        unsent = await stage.number("SELECT count(*) FROM letter WHERE state = 'waiting' AND attempts = 0")
        calm = calm + 1 if not waiting + unsent + await stage.sandbox.playing() else 0
        if calm >= 8:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"it never settled: {await _what_happened(stage)}")


async def _what_happened(stage: Stage) -> dict[str, Any]:
    async def counted(sql: str) -> dict[str, int]:
        return {str(word): count for word, count in await stage.rows(sql)}

    return {
        "set aside": await counted("SELECT reason, count(*) FROM set_aside GROUP BY 1"),
        "notices": await counted("SELECT code, count(*) FROM notice GROUP BY 1"),
        "fates": await counted("SELECT fate, count(*) FROM inbox_event GROUP BY 1"),
        "letters": await counted("SELECT state || ' ' || coalesce(last_problem, ''), count(*) FROM letter GROUP BY 1"),
        "runs that failed": stage.nursery.counters()["broken"] + stage.nursery.counters()["without_prefect"],
    }
