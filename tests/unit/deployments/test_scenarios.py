"""Scenario files: those we ship are right, and a wrong one is told with its line and the remedy."""

from pathlib import Path

import pytest

import catalog
from deployments.rehearsal.reading import ScenarioError, files_in, read_scenario, schema

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
    assert len(SHIPPED) >= 15
    for file in SHIPPED:
        script = read_scenario(file, catalog.load())
        assert file.name.startswith(script.scenario.scenario)


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
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {copay-relief: {deadlines: {D01: {status: met}}}}}}",
            "…/s.yaml:7: copay-relief has no deadline D01",
        ),
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {copay-relief: {no_deadlines: [D99]}}}}",
            "…/s.yaml:7: copay-relief has no deadline D99",
        ),
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {copay-relief: {reached: {main.granted: 2018-03-06}}}}}",
            "…/s.yaml:7: the catalog knows no milestone granted",
        ),
        (
            "  - {at: 2018-03-05 10:00, expect: {referrals: {copay-relief: {earlier: [{agency: nobody}]}}}}",
            "…/s.yaml:7: the catalog knows no agency nobody",
        ),
        (
            "  - {at: 2018-03-05 10:00, expect: {screening: {copay-relief: {lines: ['{moon-phase}']}}}}",
            "…/s.yaml:7: the catalog knows no parameter moon-phase",
        ),
        ("  - {at: 2018-03-05 10:00, follow_up: everything}", "…/s.yaml:7: 'follow_up'"),
        ("  - {at: 2018-03-05 10:00, wait: a while}", "…/s.yaml:7: 'wait' holds an unknown word"),
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


def test_a_scenario_opens_by_itself_or_as_another_one_does(tmp_path: Path) -> None:
    assert "exactly one of 'opened' and 'as_in'" in refusal(tmp_path, GOOD.replace("opened: {}\n", ""))


TWIN = """\
scenario: T2
title: {ko: 시험, en: A twin}
story: The same until noon.
as_in: {file: T1.yaml, before: 2018-03-05 12:00}
timeline:
  - {at: 2018-03-05 13:00, expect: {}}
"""
MORNING = """\
  - {at: 2018-03-05 10:00, expect: {count: 7}}
  - {at: 2018-03-05 11:00, staff: {event: facts_changed, facts: {monthly_income: "{50 % of median-income:1}"}}}
  - {at: 2018-03-05 12:00, staff: {event: needs_changed, needs: [job]}}
"""


def test_a_twin_shares_what_happens_before_a_moment_and_not_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "T1.yaml").write_text(GOOD.replace("opened: {}", "opened: {needs: [job]}") + MORNING, encoding="utf-8")
    twin = tmp_path / "T2.yaml"
    twin.write_text(TWIN, encoding="utf-8")

    script = read_scenario(twin, catalog.load())

    assert {"needs": ["job"]} == script.opened
    assert ["09:00", "11:00", "13:00"] == [f"{entry.at:%H:%M}" for entry in script.timeline]
    facts = script.timeline[1].staff
    assert facts is not None
    assert {"monthly_income": 836053} == facts.facts
    assert (4, 4, 6) == script.lines
    assert 4 == script.opened_line


@pytest.mark.parametrize(
    ("twin", "said"),
    [
        (TWIN.replace("T1.yaml", "T9.yaml"), "T9.yaml:1: there is no such file"),
        (TWIN.replace("before: 2018-03-05 12:00", "before: 2018-03-05 08:00"), "s.yaml:4: nothing happens there"),
        (TWIN.replace("13:00", "11:30"), "s.yaml:6: it stands before the moment from which this file goes on"),
        (TWIN.replace("T1.yaml", "T2.yaml"), "T2.yaml:4: what it is to be like is itself as in another file"),
    ],
)
def test_a_twin_that_cannot_be_is_told(tmp_path: Path, twin: str, said: str) -> None:
    (tmp_path / "T1.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "T2.yaml").write_text(TWIN, encoding="utf-8")

    assert said in refusal(tmp_path, twin)


def test_a_folder_stands_for_the_scenarios_in_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "c.txt"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")

    assert ["a.yaml", "b.yaml", "b.yaml"] == [file.name for file in files_in([tmp_path, tmp_path / "b.yaml"])]


def test_a_folder_without_scenarios_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="the folder holds no scenario; name one"):
        files_in([tmp_path])
