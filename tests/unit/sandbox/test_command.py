"""How the sandbox starts, refuses to start, and ends."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def _start(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    keys = folder / "keys.json"
    if not keys.exists():
        keys.write_text("{}")
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--door", "http://127.0.0.1:9", "--keys", str(keys)]
    return subprocess.run([*command, *flags], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--host", "0.0.0.0"), "loopback"),  # noqa: S104 (it must refuse it)
        (("--catalog", "nowhere"), "agencies.yaml"),
        (("--keys", "nowhere.json"), "nowhere.json"),
        (("--scripts", "nowhere.yaml"), "nowhere.yaml"),
        (("--weather", "nowhere.yaml"), "nowhere.yaml"),
        (("--speed", "0"), "--speed"),
        (("--door", "ftp://somewhere"), "--door"),
    ],
)
def test_a_wrong_flag_stops_the_start_with_one_sentence(tmp_path: Path, flags: tuple[str, ...], says: str) -> None:
    ended = _start(tmp_path, *flags)

    assert ended.returncode == 2
    assert says in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_bad_key_is_named_by_place_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps({"nhis": {"inbound": "whsec_shhh"}}))
    (tmp_path / "agencies.yaml").write_text("[{code: nhis}]")

    ended = _start(tmp_path, "--catalog", str(tmp_path))

    assert ended.returncode == 2
    assert "nhis.inbound" in ended.stderr
    assert "shhh" not in ended.stderr


def test_bad_weather_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "weather.yaml").write_text("nhis: {hail: true}")

    ended = _start(tmp_path, "--weather", str(tmp_path / "weather.yaml"))

    assert (ended.returncode, "nhis: hail" in ended.stderr) == (2, True)


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    (tmp_path / "agencies.yaml").write_text("[{code: nhis}]")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = _start(tmp_path, "--catalog", str(tmp_path), "--port", str(taken.getsockname()[1]))

    assert (ended.returncode, "cannot listen" in ended.stderr) == (2, True)


def test_it_shares_nothing_with_the_house_but_the_wire() -> None:
    rooms = ("agencies", "catalog", "deployments", "flows", "models", "settings", "tasks", "web", "prefect", "sqlmodel")
    script = f"import sys, sandbox.__main__; print([room for room in {rooms!r} if room in sys.modules])"

    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )

    assert ended.stdout.strip() == "[]"
