"""What the end-to-end tests share: the `ieum` command on one state folder for them all, and databases."""

import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deployments.processes import free_port
from tests.e2e.command import Ieum, Start
from tests.integration.ground import Ground, on_ground


@pytest.fixture(scope="session")
def ieum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ieum]:
    """Give the command on a state folder of its own."""
    command = Ieum(tmp_path_factory.mktemp("state of ieum"), free_port())
    yield command
    assert [] == command.left_behind()


@pytest_asyncio.fixture
async def ground(database_url: str) -> AsyncIterator[Ground]:
    """Give client A's world on a database of the test's own, for a command that is told its URL."""
    async with on_ground(database_url) as opened:
        yield opened


@pytest.fixture
def staying(ieum: Ieum, tmp_path: Path) -> Iterator[Start]:
    """Start commands that stay, and see that none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, through: str | None = None) -> tuple["subprocess.Popen[bytes]", Path]:
        output = tmp_path / f"output-{len(started)}"
        started.append(ieum.start(*arguments, output=output, through=through))
        return started[-1], output

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
