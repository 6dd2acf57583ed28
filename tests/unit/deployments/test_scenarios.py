"""Scenario files: those we ship are right, and a wrong one is told with its line and the remedy."""

from pathlib import Path

import pytest

import catalog
from deployments.rehearsal.reading import ScenarioError, read_scenario, schema

HOUSE = Path(__file__).parents[3]
SHIPPED = sorted((HOUSE / "scenarios").glob("*.yaml"))
GOOD = """\
scenario: T1
title: {ko: 시험, en: A test}
story: Nothing much.
opened: {}
timeline:
  - {at: 2018-03-05 09:00, intake: opened}
"""


def refusal(tmp_path: Path, text: str) -> str:
    """Write a scenario and return what its reader says against it."""
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as wrong:
        read_scenario(file, catalog.load())
    return str(wrong.value).replace(str(tmp_path), "…")


def test_the_shipped_scenarios_are_right() -> None:
    assert len(SHIPPED) >= 2
    for file in SHIPPED:
        scenario, _ = read_scenario(file, catalog.load())
        assert file.name.startswith(scenario.scenario)


def test_the_schema_is_current() -> None:
    held = (HOUSE / "scenarios" / "schema.json").read_text(encoding="utf-8")

    assert schema() == held, "write it anew: python -m deployments.rehearsal.reading scenarios/schema.json"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("  - {at: 2018-03-05 10:00, weathr: {}}", "…/s.yaml:7: unknown key 'weathr'"),
        ("  - {at: 2018-03-05 10:00}", "…/s.yaml:7: an entry holds 'at' and exactly one of"),
        ("  - {at: yesterday, expect: {}}", "…/s.yaml:7: 'yesterday' is no moment: write YYYY-MM-DD HH:MM"),
        ("  - {at: 2018-03-05, expect: {}}", "…/s.yaml:7: a day without a time"),
        ("  - {at: 2017-03-05 10:00, expect: {}}", "stands after a later one: put them in order"),
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {job-finding: {state: received}}}}",
            "…/s.yaml:7: the catalog knows no program job-finding",
        ),
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {job-placement: {milestones: {main: [promoted]}}}}}",
            "…/s.yaml:7: the catalog knows no milestone promoted",
        ),
        (
            "  - {at: 2018-03-05 10:00, agency: {agency: nhis, event: accepted}}",
            "exactly one of 'program' or 'referral'",
        ),
        (
            "  - {at: 2018-03-05 10:00, agency: {agency: nobody, event: accepted, program: bankruptcy}}",
            "no agency nobody",
        ),
        ("  - {at: 2018-03-05 10:00, expect: {referrals: {bankruptcy: {state: lost}}}}", "…/s.yaml:7: "),
        ("  - {at: 2018-03-05 10:00, expect: [", "…/s.yaml:8: not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_remedy(tmp_path: Path, line: str, said: str) -> None:
    told = refusal(tmp_path, f"{GOOD}{line}\n")

    assert said in told
    assert "; " in told


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such file; name a scenario file"):
        read_scenario(tmp_path / "none.yaml", catalog.load())


def test_somebody_must_walk_in_first(tmp_path: Path) -> None:
    assert "the first entry must be 'intake: opened'" in refusal(tmp_path, GOOD.replace("intake: opened", "expect: {}"))
