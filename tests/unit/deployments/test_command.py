"""The command line: every command explains itself, help is quick, and a wrong start is one sentence."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMANDS = [
    "demo",
    "up",
    "rehearse",
    "migrate",
    "deploy",
    "doctor",
    "agency add",
    "agency list",
    "agency move",
    "agency ping",
    "agency rotate",
    "journey open",
    "journey show",
    "event replay",
    "event set-aside",
    "letter resend",
]


def ieum(*arguments: str | Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
    command = [sys.executable, "-c", "from deployments.command import app; app()", *map(str, arguments)]
    return subprocess.run(
        command, env=bare | settings, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    answer = ieum(*command.split(), "--help")

    assert 0 == answer.returncode
    assert "Usage:" in answer.stdout
    assert len(answer.stdout.split("\n")) > 5


def test_help_is_quick() -> None:
    began = time.monotonic()
    answer = ieum("--help")

    assert "rehearse" in answer.stdout
    assert time.monotonic() - began < 5  # about half a second where nothing else runs


def test_a_wrong_setting_stops_the_start_with_one_sentence() -> None:
    answer = ieum("doctor", IEUM_DOOR_PORT="eighty")

    assert 2 == answer.returncode
    assert answer.stderr.startswith("ieum: IEUM_DOOR_PORT is wrong: ")
    assert 1 == len(answer.stderr.splitlines())


@pytest.mark.parametrize("verb", ["rehearse", "demo"])
def test_a_scenario_with_a_mistake_is_wrong_use(tmp_path: Path, verb: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("scenario: X\n", encoding="utf-8")
    answer = ieum(verb, file, IEUM_STATE_FOLDER=str(tmp_path))

    assert 2 == answer.returncode
    assert f"{file}:1: 'timeline' is missing; add 'timeline:'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_no_house_is_something_away(tmp_path: Path) -> None:
    answer = ieum("journey", "show", "J-2017-000042-3", IEUM_STATE_FOLDER=str(tmp_path), IEUM_DOOR_PORT="9")

    assert 3 == answer.returncode
    assert "start it with 'ieum up'" in answer.stderr


def test_a_named_database_that_is_away_is_something_away(tmp_path: Path) -> None:
    answer = ieum(
        "migrate", IEUM_STATE_FOLDER=str(tmp_path), IEUM_DATABASE_URL="postgresql://ieum:hidden@127.0.0.1:9/ieum"
    )

    assert 3 == answer.returncode
    assert "see that it runs and that IEUM_DATABASE_URL is right" in answer.stderr
    assert "hidden" not in answer.stderr


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "master-key").write_text("x" * 43, encoding="ascii")
    (tmp_path / "secrets" / "master-key").chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = ieum(
            "doctor",
            "--json",
            IEUM_STATE_FOLDER=str(tmp_path),
            IEUM_DOOR_PORT=str(taken.getsockname()[1]),
            IEUM_DATABASE_URL="postgresql://ieum:hidden@127.0.0.1:9/ieum",
            IEUM_PREFECT_API_URL="http://127.0.0.1:9/api",
        )

    wrong = {check["part"]: check["remedy"] for check in json.loads(answer.stdout) if not check["ok"]}
    assert 1 == answer.returncode
    assert {"Keys", "Door port", "Database", "Prefect server"} == wrong.keys()
    assert all(wrong.values())
    assert "hidden" not in answer.stdout + answer.stderr


def test_the_state_folder_is_kept_from_others(tmp_path: Path) -> None:
    from deployments.safe import open_safe  # noqa: PLC0415
    from settings import Settings  # noqa: PLC0415

    folder = tmp_path / "state"
    safe = open_safe(Settings(state_folder=folder))

    assert open_safe(Settings(state_folder=folder)).bearer == safe.bearer
    assert safe.bearer not in repr(safe)
    assert [0o600, 0o600] == [file.stat().st_mode & 0o777 for file in (folder / "secrets").iterdir()]
