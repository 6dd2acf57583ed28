"""The simulation: a year in minutes, the same twice, and no journey without an end or a next date."""

import json

import pytest

from tests.e2e.command import Ieum

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SMALL = ("simulate", "--clients", "30", "--days", "120", "--json")


def test_the_same_seed_gives_the_same_report_byte_for_byte(ieum: Ieum) -> None:
    once, again = (ieum.run(*SMALL, "--seed", "7", seconds=140) for _ in range(2))
    report = json.loads(once.stdout)

    assert once.stdout == again.stdout
    assert 30 == report["persons"] == report["journeys"]
    assert report["referrals"] > 60
    assert 0 == report["orphans"]
    assert 0 == once.returncode
    # Some agency goes silent, a person is told of it that night, and it is settled when it speaks again.
    silences = report["silences"]
    assert any(line["settled_on"] for line in silences)
    assert all(line["last_word"] < line["told_on"] for line in silences)
    assert sum(line["sent"] for line in report["agencies"]) <= report["referrals"]


def test_the_report_of_an_installation_is_asked_by_month(ieum: Ieum) -> None:
    asked = ieum.run("report", "--month", "2026-02", "--json")
    wrong = ieum.run("report", "--month", "2026-13")

    report = json.loads(asked.stdout)
    assert ("2026-02-01", "2026-02-28") == (report["first"], report["last"])
    assert 0 == report["referrals"] == report["orphans"]
    assert (2, True) == (wrong.returncode, "2026-10" in wrong.stderr)
