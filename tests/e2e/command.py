"""The `ieum` command as the end-to-end tests run it: in processes of its own, on a state folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HOUSE = Path(__file__).parents[2]


class Ieum:
    """The command on one state folder (with a space in its name)."""

    def __init__(self, folder: Path, port: int) -> None:
        """Remember where its state lies."""
        self.folder = folder
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
        self.settings = bare | {"IEUM_STATE_FOLDER": str(folder), "IEUM_DOOR_PORT": str(port)}
        self._head = [sys.executable, "-c", "from deployments.start import ieum; ieum()"]

    def run(
        self, *arguments: str | Path, seconds: float = 120, through: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end; where a test breaks the program on purpose, through a module that does."""
        head = self._head if through is None else [sys.executable, "-m", through]
        return subprocess.run(
            [*head, *map(str, arguments)],
            env=self.settings,
            cwd=HOUSE,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def start(
        self, *arguments: str, output: Path, through: str | None = None, **settings: str
    ) -> "subprocess.Popen[bytes]":
        """Start a command that stays, with more settings if given."""
        head = self._head if through is None else [sys.executable, "-m", through]
        with output.open("wb") as file:
            return subprocess.Popen(
                [*head, *arguments],
                env=self.settings | settings,
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


def until_said(output: Path, words: str, seconds: float) -> None:
    """Wait until a command has said something."""
    said = until(lambda: words in output.read_text(encoding="utf-8"), seconds)
    assert said, output.read_text(encoding="utf-8")


#: Starts a command that stays; gives its process and the file it writes to.
Start = Callable[..., tuple["subprocess.Popen[bytes]", Path]]
