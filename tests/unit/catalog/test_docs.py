"""The pages about the catalog name what there is, and nothing that is gone."""

import re
from pathlib import Path
from typing import get_args

import catalog
from models.facts import Crisis, Facts

DOCS = Path(__file__).parents[3] / "docs"


def test_every_fact_is_documented() -> None:
    page = (DOCS / "catalog.md").read_text(encoding="utf-8")

    for name in Facts.model_fields:
        assert f"`{name}`" in page
    for cause in get_args(Crisis):
        assert cause in page


def test_the_runbook_has_a_heading_for_every_notice_of_the_follow_ups() -> None:
    headings = set(re.findall(r"^### (\w+)$", (DOCS / "runbook.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    notices = catalog.load().notices.keys()

    assert len(notices) > 15
    assert set() == notices - headings


def test_the_glossary_speaks_of_programs_parameters_and_milestones_that_exist() -> None:
    page = (DOCS / "glossary.md").read_text(encoding="utf-8")
    known = catalog.load()
    words = {
        milestone.code for program in known.programs.values() for lane in program.lanes.values() for milestone in lane
    }
    named = {kind: re.findall(rf"{kind}s? ((?:`[\w-]+`(?:, | / | to )?)+)", page) for kind in ("program", "milestone")}
    programs = re.findall(r"`([\w-]+)`", " ".join(named["program"]))
    milestones = re.findall(r"`([\w-]+)`", " ".join(named["milestone"]))

    assert len(programs) > 8
    assert set(programs) <= known.programs.keys()
    assert len(milestones) > 20
    assert set(milestones) <= words
    assert set(re.findall(r"parameter `([\w-]+)`", page)) <= known.parameters.keys()
