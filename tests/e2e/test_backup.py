"""The commands that copy the database and bring the copy back."""

import json
from pathlib import Path

import pytest

from tests.e2e.command import Ieum

pytestmark = pytest.mark.timeout(240)


def test_a_copy_is_made_refused_over_tables_and_brought_back_beside_what_was_there(ieum: Ieum, tmp_path: Path) -> None:
    copy = tmp_path / "copy of today"
    assert 0 == ieum.run("migrate").returncode

    made = ieum.run("backup", copy)
    twice = ieum.run("backup", copy)
    full = ieum.run("restore", copy)
    missing = ieum.run("restore", tmp_path / "nothing", "--replace")
    restored = ieum.run("restore", copy, "--replace", "--json")
    checked = ieum.run("restore-check")
    again = ieum.run("backup", tmp_path / "second")

    assert (0, True) == (made.returncode, made.stdout.strip().endswith("bytes"))
    assert (2, True) == (twice.returncode, "replaces nothing" in twice.stderr)
    assert (2, True) == (full.returncode, "restore with --replace" in full.stderr)
    assert 2 == missing.returncode, missing.stderr
    assert 0 == restored.returncode, restored.stderr
    assert "is kept as the database 'ieum_before_" in restored.stderr
    assert {"known_until": None, "letters": [], "asked_at_night": {}, "to_be_called": {}} == json.loads(restored.stdout)
    assert (0, True) == (checked.returncode, "0 letters may have arrived already" in checked.stdout)
    assert 0 == again.returncode
