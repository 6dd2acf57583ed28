"""What the end-to-end tests share: the `ieum` command on one state folder for them all."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.processes import free_port
from tests.e2e.command import Ieum, Start


@pytest.fixture(scope="session")
def ieum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ieum]:
    """Give the command on a state folder of its own."""
    command = Ieum(tmp_path_factory.mktemp("state of ieum"), free_port())
    yield command
    assert [] == command.left_behind()


@pytest.fixture
def staying(ieum: Ieum, tmp_path: Path) -> Iterator[Start]:
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
