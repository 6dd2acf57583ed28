"""Reading a scenario file: every mistake with its file, line and remedy."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from catalog import Catalog, Problem
from catalog.explain import explain
from catalog.reading import Page, Place, read_page
from deployments.rehearsal.catalog_values import NoCatalogValue, filled, filled_facts
from deployments.rehearsal.expected import Expected
from deployments.rehearsal.shapes import Entry, Scenario
from deployments.rehearsal.words import check_words
from models.counting import day_of


class ScenarioError(Exception):
    """A scenario file is wrong; its text has one line per mistake: `file:line: what is wrong; remedy`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario as it is played: with what it shares with another file, and with the catalog's numbers.

    Attributes:
        file: As it was named.
        opened: Body of the intake door.
        timeline: Every entry, in order.
        lines: The line of the file for each entry; for what is shared, that of `as_in`.
        opened_line: The line where `opened` stands, or `as_in`.
    """

    file: Path
    scenario: Scenario
    opened: dict[str, Any]
    timeline: tuple[Entry, ...]
    lines: tuple[int, ...]
    opened_line: int


def files_in(given: Iterable[Path]) -> list[Path]:
    """Return scenario files in order; a folder stands for those in it, by name.

    Raises:
        ScenarioError: a folder holds none.
    """
    found: list[Path] = []
    for path in given:
        inside = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not inside:
            raise ScenarioError([Problem(str(path), 1, "the folder holds no scenario", "name one with .yaml files")])
        found += inside
    return found


def read_scenario(file: Path, catalog: Catalog) -> Script:
    """Read one file and hold its words against the catalog.

    Raises:
        ScenarioError: with every mistake found.
    """
    return _read(file, catalog, may_share=True)


def _read(file: Path, catalog: Catalog, *, may_share: bool) -> Script:
    name = str(file)
    if not file.is_file():
        raise ScenarioError(
            [Problem(name, 1, "there is no such file", "name a scenario file, e.g. scenarios/P01-client-a.yaml")]
        )
    page = read_page(file, name)
    if page.problems:
        raise ScenarioError(page.problems)
    try:
        scenario = Scenario.model_validate(page.data)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            where, what, remedy = explain(error, Scenario)
            page.wrong(where, what, remedy.replace("docs/catalog.md", "docs/scenarios.md"))
        raise ScenarioError(page.problems) from None
    entries = [_entry(entry, ("timeline", nth), page, catalog) for nth, entry in enumerate(scenario.timeline)]
    shared = _shared(file, scenario, page, catalog) if may_share else None
    if scenario.as_in is not None and not may_share:
        page.wrong(("as_in",), "what it is to be like is itself as in another file", "name the first of them")
    opened = {} if shared is None else shared.opened
    if scenario.opened is not None:
        opened = _facts(scenario.opened, entries[0] if entries else None, ("opened",), page, catalog)
    if page.problems:
        raise ScenarioError(page.problems)
    before = () if shared is None or scenario.as_in is None else shared.timeline
    return Script(
        file=file,
        scenario=scenario,
        opened=opened,
        timeline=(*before, *entries),
        lines=(
            *(page.line(("as_in",)) for _ in before),
            *(page.line(("timeline", nth)) for nth in range(len(entries))),
        ),
        opened_line=page.line(("opened",) if scenario.opened is not None else ("as_in",)),
    )


def _shared(file: Path, scenario: Scenario, page: Page, catalog: Catalog) -> Script | None:
    """Return the other file up to the moment named, without what it expects, which is that file's own affair."""
    if scenario.as_in is None:
        return None
    other = _read(file.parent / scenario.as_in.file, catalog, may_share=False)
    before = [e for e in other.timeline if e.at < scenario.as_in.before and e.expect is None]
    if not before:
        page.wrong(("as_in", "before"), "nothing happens there before that moment", "name a later moment")
    if scenario.timeline[0].at < scenario.as_in.before:
        page.wrong(("timeline", 0), "it stands before the moment from which this file goes on", "move it, or 'before'")
    return Script(other.file, other.scenario, other.opened, tuple(before), (), 1)


def _entry(entry: Entry, place: Place, page: Page, catalog: Catalog) -> Entry:
    """Check an entry's words and fill the catalog's numbers in."""
    check_words(entry, place, page, catalog)
    if entry.staff is not None and entry.staff.facts is not None:
        facts = _facts(entry.staff.facts, entry, (*place, "staff", "facts"), page, catalog)
        return entry.model_copy(update={"staff": entry.staff.model_copy(update={"facts": facts})})
    if entry.expect is not None:
        return entry.model_copy(update={"expect": _expected(entry, entry.expect, place, page, catalog)})
    return entry


def _facts(given: Any, entry: Entry | None, place: Place, page: Page, catalog: Catalog) -> dict[str, Any]:  # noqa: ANN401
    try:
        return dict(given) if entry is None else filled_facts(given, catalog, day_of(entry.at))
    except NoCatalogValue as none:
        page.wrong(place, str(none), "write '{parameter}', '{parameter:key}' or '{75 % of parameter:key}'")
        return {}


def _expected(entry: Entry, expected: Expected, place: Place, page: Page, catalog: Catalog) -> Expected:
    def lines(part: str, program: str, key: str, written: Iterable[str]) -> dict[str, tuple[str, ...]]:
        try:
            return {key: tuple(filled(line, catalog, day_of(entry.at)) for line in written)}
        except NoCatalogValue as none:
            spot: Place = (*place, "expect", part, program, key)
            page.wrong(spot, str(none), "write '{parameter}', '{parameter:key}' or '{75 % of parameter:key}'")
            return {}

    screening = {
        program: wanted.model_copy(update=lines("screening", program, "lines", wanted.lines))
        for program, wanted in expected.screening.items()
    }
    referrals = {
        program: wanted.model_copy(update=lines("referrals", program, "outlook", wanted.outlook))
        for program, wanted in expected.referrals.items()
    }
    return expected.model_copy(update={"screening": screening, "referrals": referrals})


def schema() -> str:
    """Return the JSON schema of a scenario file, as `scenarios/schema.json` holds it."""
    made = Scenario.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "An Ieum scenario"
    return json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema(), encoding="utf-8")
