"""A screening made again: the same from the same, and a change of the catalog told line by line."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import catalog
from models.screening import Result, screen
from models.screening.replay import Recorded, replay
from tests.story.people import case_of_a, facts_of_a, known

ON = date(2018, 1, 8)
PROGRAM = "single-parent-support"


def recorded(program: str = PROGRAM) -> Recorded:
    """Return a screening of client A as it is kept."""
    facts = facts_of_a(recognized_income=1_400_000)
    made = screen(program, facts, known(), ON)
    return Recorded(
        program=program,
        result=made.result.value,
        reason=made.reason,
        lines=made.lines,
        routes=made.routes,
        missing=made.missing,
        facts=facts.model_dump(mode="json", exclude_none=True),
        law=tuple(source.cite for source in made.law),
        params_version=made.params_version,
        asked_on=ON,
    )


@pytest.fixture
def another(tmp_path: Path) -> catalog.Catalog:
    """Give a catalog in which the line of single-parent support of these years is another one."""
    folder = tmp_path / "catalog"
    shutil.copytree(Path(catalog.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    lines = folder / "parameters" / "percent-lines.yaml"
    text = lines.read_text(encoding="utf-8")
    assert "valid_to: 2022-09-30, value: 52" in text
    lines.write_text(text.replace("valid_to: 2022-09-30, value: 52", "valid_to: 2022-09-30, value: 40"), "utf-8")
    return catalog.load(folder)


@pytest.mark.parametrize("program", sorted(known().programs))
def test_with_the_same_catalog_every_program_says_the_same(program: str) -> None:
    again = replay(recorded(program), known())

    assert ((), (), ()) == (again.changed, again.gone, again.instead)
    assert again.same_catalog


def test_a_change_of_the_catalog_is_told_with_its_lines(another: catalog.Catalog) -> None:
    again = replay(recorded(), another)

    assert not again.same_catalog
    assert {"result", "reason", "lines", "routes"} == set(again.changed)
    assert "2 persons 1,400,000 ≤ 1,480,490 (52 %, 2018)" in again.gone
    assert "2 persons 1,400,000 > 1,138,839 (40 %, 2018)" in again.instead
    assert (Result.BORDERLINE.value, Result.UNLIKELY) == (again.then.result, again.now.result)


def test_another_version_alone_changes_nothing(another: catalog.Catalog) -> None:
    again = replay(recorded("education-benefit"), another)

    assert ((), False) == (again.changed, again.same_catalog)


def test_a_case_screens_once_and_anew_for_other_facts_or_another_day() -> None:
    case = case_of_a(recognized_income=1_400_000, today=ON)
    first = case.screening(PROGRAM)

    assert first is case.screening(PROGRAM)
    richer = replace(case, facts=facts_of_a(recognized_income=9_000_000))
    later = replace(case, today=date(2026, 1, 8))
    assert Result.UNLIKELY is richer.screening(PROGRAM).result
    assert date(2026, 1, 8) == later.screening(PROGRAM).asked_on
    assert [first] == [replace(case).screening(PROGRAM)]
    assert [PROGRAM] == [made.program for made in case.screenings()]
    assert [] == replace(case, facts=facts_of_a()).screenings()
