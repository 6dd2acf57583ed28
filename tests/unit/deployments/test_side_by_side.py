"""Rehearsals side by side: the scenarios are shared out evenly, and nothing is lost on the way back."""

from datetime import datetime
from pathlib import Path

import pytest

import catalog
from deployments.clocks import SEOUL
from deployments.rehearsal.findings import Finding
from deployments.rehearsal.reading import Script, read_scenario
from deployments.rehearsal.report import Played, as_line, from_line
from deployments.rehearsal.side_by_side import LEAST_EACH, how_many, shares

SHIPPED = sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="module")
def scripts() -> list[Script]:
    known = catalog.load()
    return [read_scenario(file, known) for file in SHIPPED]


@pytest.mark.parametrize("processes", [1, 2, 3, 40])
def test_every_scenario_is_in_one_share(scripts: list[Script], processes: int) -> None:
    shared = shares(scripts, processes)

    assert sorted(SHIPPED) == sorted(file for share in shared for file in share)
    assert min(processes, len(SHIPPED)) == len(shared)
    assert all(share == sorted(share) for share in shared)


def test_the_longest_are_apart_and_the_loads_alike(scripts: list[Script]) -> None:
    lengths = {script.file: len(script.timeline) for script in scripts}
    loads = [sum(lengths[file] for file in share) for share in shares(scripts, 2)]

    assert max(loads) - min(loads) <= min(lengths.values())


def test_few_scenarios_are_not_worth_a_second_process() -> None:
    assert [1, 1] == [how_many(1), how_many(2 * LEAST_EACH - 1)]
    assert 1 <= how_many(1000) <= 4


def test_a_report_comes_back_as_it_was() -> None:
    finding = Finding(
        at=datetime(2018, 3, 5, 9, tzinfo=SEOUL), line=7, about="referrals in all", expected="2", actual="3", met=False
    )
    played = Played(
        file="s.yaml", scenario="S1", title="한 줄", findings=[finding], seconds=1.5, stopped="s.yaml:3: stopped"
    )

    back = from_line(as_line(played))

    assert "\n" not in as_line(played)
    assert (finding.at, [finding]) == (back.findings[0].at, list(back.findings))
    assert (played.file, played.title, played.stopped, 1) == (back.file, back.title, back.stopped, back.missed)
