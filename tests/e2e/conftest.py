"""What the end-to-end tests share: the `ieum` command in processes of its own, on one state folder for them all."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]


class Ieum:
    """The command on one state folder (with a space in its name)."""

    def __init__(self, folder: Path, port: int) -> None:
        """Remember where its state lies."""
        self.folder = folder
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
        self.settings = bare | {"IEUM_STATE_FOLDER": str(folder), "IEUM_DOOR_PORT": str(port)}
        self._head = [sys.executable, "-c", "from deployments.command import app; app()"]

    def run(self, *arguments: str | Path, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        return subprocess.run(
            [*self._head, *map(str, arguments)],
            env=self.settings,
            cwd=HOUSE,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str, output: Path) -> "subprocess.Popen[bytes]":
        """Start a command that stays."""
        with output.open("wb") as file:
            return subprocess.Popen(
                [*self._head, *arguments],
                env=self.settings,
                cwd=HOUSE,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def left_behind(self) -> list[str]:
        """Return the command lines of processes that still work on the state folder."""
        found: list[str] = []
        for process in Path("/proc").iterdir():
            if not process.name.isdigit() or int(process.name) == os.getpid():
                continue
            try:
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                around = (process / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(self.folder) in command or str(self.folder) in around:
                found.append(command)
        return found


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, at most so many seconds; say whether it does."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


@pytest.fixture(scope="session")
def ieum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ieum]:
    """Give the command on a state folder of its own."""
    from deployments.processes import free_port  # noqa: PLC0415

    command = Ieum(tmp_path_factory.mktemp("state of ieum"), free_port())
    yield command
    assert [] == command.left_behind()


@pytest.fixture
def staying(ieum: Ieum, tmp_path: Path) -> Iterator[Callable[..., tuple["subprocess.Popen[bytes]", Path]]]:
    """Start commands that stay, and see that none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> tuple["subprocess.Popen[bytes]", Path]:
        output = tmp_path / f"output-{len(started)}"
        started.append(ieum.start(*arguments, output=output))
        return started[-1], output

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
