"""Reading a scenario file: every mistake with its file, line and remedy."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from catalog import Catalog, Problem, UnknownWord
from catalog.explain import explain
from catalog.reading import Page, Place, read_page
from deployments.rehearsal.expected import Expected
from deployments.rehearsal.shapes import Entry, Scenario


class ScenarioError(Exception):
    """A scenario file is wrong; its text has one line per mistake: `file:line: what is wrong; remedy`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_scenario(file: Path, catalog: Catalog) -> tuple[Scenario, Page]:
    """Read one file and hold its words against the catalog; the page knows the line of every part.

    Raises:
        ScenarioError: with every mistake found.
    """
    name = str(file)
    if not file.is_file():
        raise ScenarioError([Problem(name, 1, "there is no such file", "name a scenario file, e.g. scenarios/*.yaml")])
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
    for index, entry in enumerate(scenario.timeline):
        _check_words(entry, ("timeline", index), page, catalog)
    if page.problems:
        raise ScenarioError(page.problems)
    return scenario, page


def _check_words(entry: Entry, place: Place, page: Page, catalog: Catalog) -> None:
    """Note every program, agency and milestone that the catalog does not hold."""
    if entry.expect is not None:
        _check_expected(entry.expect, (*place, "expect"), page, catalog)
    if entry.agency is not None:
        _known(page, (*place, "agency", "agency"), catalog, agency=entry.agency.agency)
    # A word that a real agency gets wrong is a scenario of its own; only the program must be known to find a number.
    for part, word in (("agency", entry.agency), ("staff", entry.staff)):
        if word is not None and word.program is not None:
            _known(page, (*place, part, "program"), catalog, program=word.program)


def _check_expected(expected: Expected, place: Place, page: Page, catalog: Catalog) -> None:
    for code, referral in expected.referrals.items():
        spot: Place = (*place, "referrals", code)
        _known(page, spot, catalog, program=code)
        for lane, milestones in referral.milestones.items() if code in catalog.programs else ():
            for milestone in milestones:
                _known(page, (*spot, "milestones", lane), catalog, code, milestone=(lane, milestone))
    for code in expected.sent:
        _known(page, (*place, "sent", code), catalog, agency=code)
    for code in expected.screening:
        _known(page, (*place, "screening", code), catalog, program=code)


def _known(
    page: Page,
    place: Place,
    catalog: Catalog,
    program: str | None = None,
    *,
    agency: str | None = None,
    milestone: tuple[str, str] | None = None,
) -> None:
    try:
        if agency is not None:
            catalog.agency(agency)
        if program is not None:
            found = catalog.program(program)
            if milestone is not None:
                found.milestone(*milestone)
    except UnknownWord as unknown:
        page.wrong(place, str(unknown), "mend the word; 'catalog/' holds those there are")


def schema() -> str:
    """Return the JSON schema of a scenario file, as `scenarios/schema.json` holds it."""
    made = Scenario.model_json_schema()
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "An Ieum scenario"
    return json.dumps(made, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema(), encoding="utf-8")
