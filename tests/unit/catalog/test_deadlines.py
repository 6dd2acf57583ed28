"""The registry of deadlines: it holds what the programs need, cites what it says, and refuses every mistake."""

import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

import catalog
from catalog.deadline_table import draw
from catalog.deadlines import DatedFact, StateWord
from catalog.loader import SHIPPED
from models.facts import Facts
from models.vocabulary import ReferralState

PAGE = Path(__file__).parents[3] / "docs" / "deadlines.md"


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def of(known: catalog.Catalog, code: str) -> catalog.Deadline:
    return next(deadline for deadline in known.deadlines if deadline.code == code)


def test_every_number_of_the_registry_is_in_or_said_to_be_out(known: catalog.Catalog) -> None:
    numbers = {deadline.code[:3] for deadline in known.deadlines}
    out = {"D21", "D37"}

    assert {f"D{n:02}" for n in range(1, 42)} == numbers | out
    assert not numbers & out
    for number in out:
        assert f"**{number}**" in PAGE.read_text(encoding="utf-8")


def test_the_page_is_current(known: catalog.Catalog) -> None:
    assert draw(known) == PAGE.read_text(encoding="utf-8"), "run: python -m catalog.deadline_table docs/deadlines.md"


def test_what_was_not_read_says_why(known: catalog.Catalog) -> None:
    assert len(known.deadlines) > 50
    for deadline in known.deadlines:
        assert deadline.source.note


def test_every_program_has_the_centers_own_expectations(known: catalog.Catalog) -> None:
    for program in known.programs:
        codes = {deadline.code for deadline in known.deadlines_of(program)}
        assert {"D35-receipt", "D35-answer", "D35-reply", "D35-receipt-urgent", "D35-answer-urgent"} <= codes


def test_only_a_clients_time_moves_and_only_an_asked_offices_clock_stops(known: catalog.Catalog) -> None:
    moving = [deadline for deadline in known.deadlines if deadline.moves]
    stopping = {deadline.owed_by for deadline in known.deadlines if deadline.stops}

    assert {"client"} == {deadline.owed_by for deadline in moving}
    assert {"agency", "nhis"} == stopping


def test_courts_are_only_mirrored(known: catalog.Catalog) -> None:
    courts = [deadline for deadline in known.deadlines if deadline.owed_by in {"court", "city", "ministry"}]

    assert courts
    assert all(deadline.informational for deadline in courts)


def test_a_rule_that_changed_holds_its_days_and_no_others(known: catalog.Catalog) -> None:
    versions = [of(known, code) for code in ("D07", "D07-second")]

    for day, holding in ((date(2023, 12, 13), "D07-second"), (date(2023, 12, 14), "D07")):
        assert [holding] == [version.code for version in versions if version.holds_on(day)]


def test_an_extension_is_data(known: catalog.Catalog) -> None:
    assert catalog.Length(days=30) == of(known, "D01").extension
    assert catalog.Length(days=7) == of(known, "D18").extension


def test_the_words_are_those_of_the_house() -> None:
    assert {state.value for state in ReferralState} == set(get_args(StateWord))
    assert set(get_args(DatedFact)) <= set(Facts.model_fields)
    assert "deadlines" in {field.name for field in fields(catalog.Catalog)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("programs: [single-parent-support]", "programs: [soup]", "deadlines.yaml:9: there is no program 'soup'"),
        ("length: {days: 30}", "length: {days: thirty}", "deadlines.yaml:11: 'days': input should be a valid integer"),
        ("length: {days: 30}", "length: {days: 3, months: 1}", "a length is one number of 'hours', 'days'"),
        ("    length: {days: 30}\n", "", "a deadline needs one of 'length', 'ends_on' and 'line'; see docs"),
        ("    extended_by: [decision_extended]\n", "", "'extension' and 'extended_by' go together"),
        ("extended_by: [decision_extended]", "extended_by: [soup]", "has no milestone 'main.soup'; mend the word"),
        ("    extension: {days: 30}", "    extension: {days: -3}", "only a length is extended, and by a positive one"),
        ("count: elapsed", "count: civil", "'civil' takes days or months"),
        ("until: {milestones: [decided]", "until: {milestones: [soup]", "has no milestone 'main.soup'; mend the word"),
        ("from: {outcomes: [granted]}", "from: {outcomes: [soup]}", "has no outcome 'soup'"),
        ("declined: [crisis_not_found", "declined: [soup", "has no decline reason 'soup'; mend the word"),
        ("from: {application_date: true}", "from: {}", "'from' needs marks or 'happened'"),
        ("    owed_by: agency", "    owed_by: agency\n    moves: true", "only a client's time moves"),
        ("owed_by: agency", "owed_by: mayor", "'owed_by' holds an unknown word 'mayor'; use one of 'agency'"),
        ("force: law", "force: law\n    due: soon", "unknown key 'due'; remove it"),
        ("work: benefits-decree, at: §6", "work: hearsay, at: §6", "sources.yaml knows no work 'hearsay'"),
        ("valid_from: 2026-01-01", "valid_from: 2028-01-01", "the rule ends before it begins; mend valid_from"),
        ("from: {states: [requested]}", "from: {milestones: [decided]}", "bankruptcy has no milestone 'main.decided'"),
        ("until: {milestones: [decided], states: [completed]}", "until: {}", "'until' is missing: what meets it?"),
        ("  D02:", "  D01:", "'D01' stands here twice"),
        ("from: {application_date: true}", "from: {application_date: true, times: {decided: 2}}", "'times' goes with"),
        ("from: {states: [requested]}", "from: {states: [requested], facts: [livelihood_recipient]}", "take 'facts'"),
        ("times: {appointment_missed: 2", "times: {appointment_forgotten: 2", "'contact.appointment_forgotten'"),
        ("facts: [livelihood_recipient, m", "facts: [rich, m", "holds an unknown word 'rich'"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    page = folder / "deadlines.yaml"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(catalog.CatalogError) as refused:
        catalog.load(folder)

    problems = [str(problem) for problem in refused.value.problems]
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith("deadlines.yaml:") for problem in problems), problems


def test_a_calendar_that_is_gone_is_missed(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in ("calendar.yaml", "agencies.yaml"):
        page = folder / name
        page.write_text(page.read_text(encoding="utf-8").replace("center:", "hall:").replace(": center", ": hall"))

    with pytest.raises(catalog.CatalogError, match="there is no calendar 'center' to count by; add it"):
        catalog.load(folder)
