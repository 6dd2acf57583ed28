"""The signs on the doors: file locks between processes, which the kernel drops even after a kill."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from deployments.processes import LOOK_SECONDS


class Occupied(Exception):  # noqa: N818 - it names what happened
    """The same command runs already on this state folder; the text is one sentence with the remedy."""


@contextmanager
def occupy(file: Path, name: str) -> Generator[None]:
    """Hold the lock of a command that may run only once on a state folder, for the block.

    Args:
        file: The lock, in the command's folder below the state folder.
        name: The command.

    Raises:
        Occupied: another process holds it.
    """
    with file.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            where = f"'ieum {name}' runs already on {file.parent.parent} (process {held.read().strip()})"
            raise Occupied(f"{where}; use it, stop it with Ctrl-C, or set IEUM_STATE_FOLDER.") from None
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


@asynccontextmanager
async def sole(file: Path) -> AsyncGenerator[None]:
    """Let one process at a time into the block; Ctrl-C ends the waiting."""
    with file.open("w") as lock:
        while not _taken(lock):  # noqa: ASYNC110 - the kernel sets no event
            await asyncio.sleep(LOOK_SECONDS)
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
