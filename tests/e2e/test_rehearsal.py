"""The rehearsal: the shipped journeys pass, a broken promise turns it red, and it says exactly where."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Ieum

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SCENARIOS = Path(__file__).parents[2] / "scenarios"
P01 = SCENARIOS / "P01-client-a.yaml"


def first_days(tmp_path: Path, **changes: str) -> Path:
    """Write client A's first three days to a file, with texts changed."""
    text = P01.read_text(encoding="utf-8").partition("  # the job program")[0]
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "first-days.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_shipped_scenario_passes(ieum: Ieum) -> None:
    files = sorted(SCENARIOS.glob("*.yaml"))
    answer = ieum.run("rehearse", *files, "--json", seconds=150)

    report = json.loads(answer.stdout)
    missed = [
        (played["scenario"], finding["line"], finding["about"], finding["expected"], finding["actual"])
        for played in report
        for finding in played["findings"]
        if not finding["met"]
    ]
    assert [] == missed
    assert len(files) == len(report)
    assert all(played["passed"] for played in report)
    assert sum(len(played["findings"]) for played in report) > 150
    assert 0 == answer.returncode


def test_a_miss_is_told_with_expected_and_actual_and_exit_1(ieum: Ieum, tmp_path: Path) -> None:
    file = first_days(tmp_path, field_checked="decided")
    text = file.read_text(encoding="utf-8").replace(
        "[requested, decided, decided, paid_1]", "[requested, field_checked]"
    )
    file.write_text(text, encoding="utf-8")
    answer = ieum.run("rehearse", file)

    assert 1 == answer.returncode
    assert "MISSED 2017-12-06 15:00  emergency-living-aid milestones (main)" in answer.stdout
    assert "expected: requested, field_checked" in answer.stdout
    assert "actual:   requested, decided, decided, paid_1" in answer.stdout


def test_an_intake_the_door_refuses_stops_it_with_the_fields(ieum: Ieum, tmp_path: Path) -> None:
    answer = ieum.run("rehearse", first_days(tmp_path, **{"sex: female": "sex: unknown"}))

    assert 1 == answer.returncode
    assert "STOPPED" in answer.stdout
    assert "client.sex" in answer.stdout
    assert "unknown" not in answer.stdout.partition("STOPPED")[2]


def test_one_broken_rule_of_one_desk_turns_it_red(ieum: Ieum) -> None:
    answer = ieum.run("rehearse", SCENARIOS / "S01-next-agency.yaml", through="tests.e2e.broken_rule")

    assert 1 == answer.returncode
    assert "MISSED 2018-03-05 09:30  " in answer.stdout
    assert "expected: 2\n" in answer.stdout
    assert "actual:   3\n" in answer.stdout
    assert "Traceback" not in answer.stderr
