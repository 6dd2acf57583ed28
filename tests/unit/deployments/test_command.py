"""The command line: every command explains itself, help is quick, and a wrong start is one sentence."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments.command import app

COMMANDS = [
    "demo",
    "up",
    "doors",
    "backup",
    "restore",
    "restore-check",
    "desks",
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
    "journey merge",
    "event replay",
    "event set-aside",
    "letter resend",
    "letter set-aside",
    "notice list",
    "notice settle",
    "follow-up list",
    "follow-up run",
    "screening replay",
]


def ieum(*arguments: str | Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a process of its own."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
    command = [sys.executable, "-c", "from deployments.start import ieum; ieum()", *map(str, arguments)]
    return subprocess.run(
        command, env=bare | settings, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    answer = CliRunner().invoke(app, [*command.split(), "--help"])

    assert 0 == answer.exit_code
    assert "Usage:" in answer.stdout
    assert len(answer.stdout.split("\n")) > 5


def test_help_waits_for_nothing_that_takes_long_to_import() -> None:
    heavy = {"alembic", "asyncpg", "catalog", "fastapi", "flows", "httpx", "prefect", "sqlalchemy", "uvicorn", "web"}
    look = "import sys; from deployments.command import app; print(*{name.partition('.')[0] for name in sys.modules})"
    answer = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    imported = set(answer.stdout.split())

    assert "rehearse" in ieum("--help").stdout
    assert {"deployments", "typer"} <= imported
    assert set() == heavy & imported


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


def test_an_error_that_nobody_waits_for_is_told_in_outline_only() -> None:
    script = """
import asyncio
from deployments.command.running import run, settings

async def work() -> None:
    asyncio.get_running_loop().create_future().set_exception(LookupError("Kim Ha-neul, 010-0000-4101"))

settings()
run(work)
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "an error that nobody waited for: LookupError at an unknown place" in answer.stderr
    assert "Kim" not in answer.stderr
    assert 1 == len(answer.stderr.splitlines())


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
