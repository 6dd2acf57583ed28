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


@pytest.mark.timeout(600)
def test_every_shipped_scenario_passes(ieum: Ieum) -> None:
    files = sorted(SCENARIOS.glob("*.yaml"))
    answer = ieum.run("rehearse", SCENARIOS, "--json", seconds=570)

    report = json.loads(answer.stdout)
    missed = [
        (played["scenario"], finding["line"], finding["about"], finding["expected"], finding["actual"])
        for played in report
        for finding in played["findings"]
        if not finding["met"]
    ]
    assert [] == missed
    assert [str(file) for file in files] == [played["file"] for played in report]
    personas = {played["scenario"].partition("-")[0] for played in report}
    assert {f"P{nth:02}" for nth in range(1, 9)} <= personas
    assert all(played["passed"] for played in report)
    assert sum(len(played["findings"]) for played in report) > 800
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


def test_rehearsals_that_start_in_one_moment_play_side_by_side(ieum: Ieum, tmp_path: Path) -> None:
    file = first_days(tmp_path)
    outputs = [tmp_path / f"output-{nth}" for nth in range(4)]

    at_once = [ieum.start("rehearse", str(file), output=output) for output in outputs]

    ends = [process.wait(150) for process in at_once]
    failed = [output.read_text(encoding="utf-8") for code, output in zip(ends, outputs, strict=True) if code]
    assert [0] * 4 == ends, "\n".join(failed)


def test_an_intake_the_door_refuses_stops_it_with_the_fields(ieum: Ieum, tmp_path: Path) -> None:
    answer = ieum.run("rehearse", first_days(tmp_path, **{"sex: female": "sex: unknown"}))

    assert 1 == answer.returncode
    assert "STOPPED" in answer.stdout
    assert "client.sex" in answer.stdout
    assert "unknown" not in answer.stdout.partition("STOPPED")[2]


def test_several_processes_tell_what_one_does_and_in_the_order_given(ieum: Ieum) -> None:
    files = [SCENARIOS / name for name in ("S01-next-agency.yaml", "P02-2026-on-unemployment-benefit.yaml")]
    one, two = (json.loads(ieum.run("rehearse", *files, "--json", "--processes", n).stdout) for n in ("1", "2"))

    assert ["S01", "P02-2026"] == [played["scenario"] for played in two]
    assert [played["findings"] for played in one] == [played["findings"] for played in two]


def test_a_process_that_cannot_play_says_why_and_ends_the_others(tmp_path: Path) -> None:
    away = Ieum(tmp_path, 8999)
    away.settings["IEUM_DATABASE_URL"] = "postgresql+asyncpg://nobody@127.0.0.1:1/none"
    answer = away.run("rehearse", SCENARIOS, "--processes", "2")

    assert 3 == answer.returncode
    assert "The database server cannot be used" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert [] == away.left_behind()


def test_a_system_of_ninety_days_falls_into_the_trap(ieum: Ieum) -> None:
    answer = ieum.run("rehearse", SCENARIOS / "P05-trap-ninety-days.yaml", through="tests.e2e.broken_deadline")

    assert 1 == answer.returncode
    assert "MISSED 2025-05-09 12:00  emergency-living-aid D08 status" in answer.stdout
    assert "MISSED 2025-06-05 12:00  emergency-living-aid D08 status" in answer.stdout
    assert "actual:   running\n" in answer.stdout
    assert "Traceback" not in answer.stderr


def test_one_broken_rule_of_one_desk_turns_it_red(ieum: Ieum) -> None:
    answer = ieum.run("rehearse", SCENARIOS / "S01-next-agency.yaml", through="tests.e2e.broken_rule")

    assert 1 == answer.returncode
    assert "MISSED 2018-03-05 09:30  " in answer.stdout
    assert "expected: 2\n" in answer.stdout
    assert "actual:   3\n" in answer.stdout
    assert "Traceback" not in answer.stderr
