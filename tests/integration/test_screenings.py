"""Screening records: what a desk was told is kept where it is new, by one statement, and can be made again."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest_asyncio
from sqlalchemy import event

from models.screening.replay import replay
from models.screening_book import read_screenings
from models.vocabulary import Desk, Need
from tests.integration.ground import Ground, on_ground
from tests.integration.merges import merged
from tests.story.people import known

SUPPORT = "single-parent-support"


@pytest_asyncio.fixture
async def settled(ground: Ground) -> AsyncIterator[Ground]:
    """Give a ground on which client A was taken in and every desk has worked."""
    await ground.walks_in(Need.BENEFITS, recognized_income=1_400_000)
    await ground.work()
    yield ground


async def records(ground: Ground, program: str = SUPPORT) -> list[tuple[Any, ...]]:
    return await ground.rows(
        "SELECT result, missing, asked_on::text, params_version FROM screening_record WHERE program = :p ORDER BY id",
        p=program,
    )


async def tell(ground: Ground, **facts: object) -> None:
    [(journey,)] = await ground.rows("SELECT id FROM journey")
    await ground.put("staff:x", "facts_changed", journey=journey, desk=Desk.INTAKE, facts=facts)
    await ground.work()


async def test_what_the_rules_were_told_is_kept_whole(settled: Ground) -> None:
    [(journey,)] = await settled.rows("SELECT id FROM journey")
    async with settled.engine.connect() as connection:
        [entry] = await read_screenings(connection, journey, program=SUPPORT, most=9)
    said = entry.said

    assert ("BORDERLINE", (), known().version) == (said.result, said.missing, said.params_version)
    assert "2 persons 1,400,000 ≤ 1,463,513 (52 %, 2017)" in said.lines
    assert ("single parent: BORDERLINE", "young single parent: UNLIKELY") == said.routes
    assert (1_400_000, "1976-08-21") == (said.facts["recognized_income"], said.facts["birth_date"])
    assert tuple(source.cite for source in known().program(SUPPORT).law) == said.law != ()


async def test_the_same_answer_is_kept_once_however_often_it_is_asked(settled: Ground) -> None:
    await tell(settled, creditors=9)
    settled.now = settled.now.replace(day=5)
    await tell(settled, creditors=10)

    assert 1 == len(await records(settled))


async def test_another_answer_another_line_and_missing_facts_are_new(settled: Ground) -> None:
    await tell(settled, recognized_income=1_200_000)
    await tell(settled, recognized_income=None)
    await tell(settled, recognized_income=9_000_000)

    assert ["BORDERLINE", "LIKELY", "NEEDS_INFO", "UNLIKELY"] == [row[0] for row in await records(settled)]
    assert ["recognized_income"] == (await records(settled))[2][1]


async def test_another_catalog_is_new(settled: Ground) -> None:
    later = replace(known(), version="another")
    other = Ground(replace(settled.tools, catalog=later), settled.now)
    await tell(other, creditors=9)

    assert [known().version, "another"] == [row[3] for row in await records(settled)]


async def test_a_year_that_moves_the_line_is_new(settled: Ground) -> None:
    settled.now = settled.now.replace(year=2018, month=1)
    await tell(settled, creditors=9)

    assert ["2017-12-04", "2018-01-04"] == [row[2] for row in await records(settled)]


async def test_what_was_not_asked_is_not_screened(settled: Ground) -> None:
    programs = {row[0] for row in await settled.rows("SELECT program FROM screening_record")}

    assert {SUPPORT, "copay-relief", "education-benefit"} <= programs
    assert not programs & {"emergency-living-aid", "individual-rehabilitation", "financial-counseling"}


async def test_a_batch_of_many_keeps_them_with_one_statement(ground: Ground) -> None:
    for _ in range(5):
        await ground.walks_in(Need.BENEFITS)
    await ground.work(Desk.INTAKE)
    statements: list[str] = []
    event.listen(ground.engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(str(told[2])))

    await ground.work(Desk.WELFARE_BENEFITS)

    assert 5 == len(await records(ground))
    assert 1 == sum("INSERT INTO screening_record" in statement for statement in statements)


async def test_a_set_aside_case_keeps_what_a_broken_rule_asked_to_itself(ground: Ground) -> None:
    await ground.walks_in(Need.BENEFITS)
    await ground.work(Desk.INTAKE)

    def breaks(case: Any) -> list[Any]:  # noqa: ANN401 - a rule that breaks
        case.screening(SUPPORT)
        raise LookupError

    from tasks.batch import work_batch  # noqa: PLC0415

    await work_batch(ground.tools, ground.setup(Desk.WELFARE_BENEFITS, breaks))

    assert [] == await records(ground)


async def test_every_record_can_be_made_again(ground: Ground) -> None:
    journey = await ground.walks_in(employer="sunny-day-care")
    await ground.work()

    async with ground.engine.connect() as connection:
        entries = await read_screenings(connection, journey, most=100)

    assert {SUPPORT, "emergency-living-aid"} <= {entry.said.program for entry in entries}
    assert [()] * len(entries) == [replay(entry.said, known()).changed for entry in entries]


async def test_merged_journeys_have_one_history(ground: Ground) -> None:
    old, new = await ground.walks_in(Need.BENEFITS), await ground.walks_in(Need.LIVING)
    await ground.work()

    await merged(ground, new, old)

    assert [(old,)] == await ground.rows("SELECT DISTINCT journey_id FROM screening_record")
    assert "emergency-living-aid" in {row[0] for row in await ground.rows("SELECT program FROM screening_record")}


def replayed(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `ieum screening replay` on a database."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
    command = [sys.executable, "-c", "from deployments.command import app; app()", "screening", "replay", *arguments]
    return subprocess.run(
        command,
        env=bare | {"IEUM_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


async def test_the_command_makes_it_again_and_tells_what_a_catalog_changed(database_url: str) -> None:
    async with on_ground(database_url) as ground:
        await ground.walks_in(Need.BENEFITS, recognized_income=1_400_000)
        await ground.work()
        [(number,)] = await ground.rows("SELECT number FROM journey")
        same = replayed(database_url, number, SUPPORT)
        early = replayed(database_url, number, SUPPORT, "--as-of", "2017-12-03")
        on_the_day = replayed(database_url, number, SUPPORT, "--as-of", "2017-12-04", "--json")
        await ground.change(
            "UPDATE screening_record SET params_version = 'another', result = 'LIKELY',"
            " lines = jsonb_set(lines, '{2}', '\"2 persons 1,400,000 ≤ 1,970,114 (70 %, 2017)\"')"
        )
        changed = replayed(database_url, number, SUPPORT)
        unknown = [replayed(database_url, *asked) for asked in (("J-1", SUPPORT), (number, "no-such-program"))]

    assert (0, True) == (same.returncode, "The same again, line by line." in same.stdout), same.stderr
    assert (2, True) == (early.returncode, "by the end of 2017-12-03" in early.stderr)
    assert (0, True) == (on_the_day.returncode, '"same": true' in on_the_day.stdout)
    assert 1 == changed.returncode
    assert "catalog another then" in changed.stdout
    assert "  - 2 persons 1,400,000 ≤ 1,970,114 (70 %, 2017)" in changed.stdout
    assert "  + 2 persons 1,400,000 ≤ 1,463,513 (52 %, 2017)" in changed.stdout
    assert [2, 2] == [each.returncode for each in unknown]
