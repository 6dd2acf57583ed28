"""The sign on the door: a command that may run only once on a state folder holds a lock there."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Occupied(Exception):  # noqa: N818 - it names what happened
    """The same command runs already on this state folder; the text is one sentence with the remedy."""


@contextmanager
def occupy(file: Path, name: str) -> Generator[None]:
    """Hold the lock of a command for the block; the kernel drops it even after a kill.

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
