"""The demo: client A's whole journey in one command, and nothing left behind; kept running: canary/test_command.py."""

import re

import pytest

from tests.e2e.command import HOUSE, Ieum

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

#: How many shifts there are depends on how fast the machine is.
SHIFTS = re.compile(r"in \d+ shifts?")


def promised() -> list[str]:
    """Return the lines of a demo that the README shows, its cuts left out."""
    page = (HOUSE / "README.md").read_text(encoding="utf-8")
    _, _, block = page.partition("What you see, cut short")[2].partition("```text\n")
    return [line for line in block.partition("```")[0].splitlines() if line != "…"]


def lines_not_in(transcript: str, lines: list[str]) -> list[str]:
    """Return which lines a transcript does not show, in this order."""
    shown = iter(SHIFTS.sub("in some shifts", transcript).splitlines())
    return [line for line in lines if SHIFTS.sub("in some shifts", line) not in shown]


def test_it_shows_the_journey_and_ends_as_the_article_does(ieum: Ieum) -> None:
    answer = ieum.run("demo", seconds=200)

    assert "MISSED" not in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "2017-12-04 09:30  " in answer.stdout
    assert "the center: asks Mapo-gu welfare support team in the center · agency's turn" in answer.stdout
    assert "National Health Insurance Service: recognized by the insurer" in answer.stdout
    assert "│ in_progress (agency) │ proceedings commenced" in answer.stdout
    assert "ieum up --sandbox" in answer.stdout
    assert len(promised()) >= 10
    assert [] == lines_not_in(answer.stdout, promised()), "the README shows another demo than this one"
    assert 0 == answer.returncode
    assert [] == ieum.left_behind()
