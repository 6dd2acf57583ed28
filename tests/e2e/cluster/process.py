"""One process of the house: started, asked whether it is ready, killed, stopped for a while, ended by its number."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from deployments.processes import end_child, last_lines, spawn
from tests.e2e.cluster.plan import Kind

#: Imports alone take ten seconds where nine processes share two cores.
READY_SECONDS: Final = 150.0
#: Exit code of what SIGTERM ended in order.
ENDED_IN_ORDER: Final = 143
_PERSISTENT: Final = frozenset({Kind.DOORS, Kind.DESKS})


class Process:
    """One process that is kept alive: whoever finds it gone starts it again."""

    def __init__(self, kind: Kind, nth: int, folder: Path, command: Sequence[str | Path]) -> None:
        """Name it; its environment and how it is asked follow before it is started."""
        self.kind, self.name = kind, f"{kind}-{nth + 1}"
        self.log = folder / f"{self.name}.log"
        self.command = command
        self.environment: Mapping[str, str] = {}
        #: Asked by GET; without one it is ready when it lives.
        self.ready_url = ""
        #: Further words its log must hold since the start.
        self.says = ""
        self.child: subprocess.Popen[bytes] | None = None
        self.wanted = False
        self.kills = 0
        #: How often it was found gone although nobody had killed it, with its exit code.
        self.ended_by_itself: list[int] = []
        self._from = 0

    @property
    def is_ours(self) -> bool:
        """Whether it must never end by itself: doors and desks wait for whatever is away."""
        return self.kind in _PERSISTENT

    @property
    def pid(self) -> int:
        """Its number; it was started."""
        assert self.child is not None
        return self.child.pid

    def start(self) -> None:
        """Start it."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        self.child = spawn(self.command, self.log, self.environment)
        self.wanted = True

    def look(self) -> None:
        """Start it again if it has ended by itself, as what runs the house's containers does."""
        if self.wanted and self.child is not None and (code := self.child.poll()) is not None:
            self.ended_by_itself.append(code)
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a crash would, and wait until it is gone."""
        self.wanted = False
        self.kills += 1
        self.signal(signal.SIGKILL)
        assert self.child is not None
        self.child.wait()

    async def end(self) -> int | None:
        """End it in order, or else for good; return its exit code."""
        self.wanted = False
        if self.child is None:
            return None
        self.signal(signal.SIGCONT)
        await end_child(self.child, [(signal.SIGTERM, 60.0), (signal.SIGKILL, 10.0)])
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        return self.child.returncode

    async def ready(self, http: httpx.AsyncClient, seconds: float = READY_SECONDS) -> float | None:
        """Wait until it is ready; return how many seconds that took, or None."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if await self._is_ready(http):
                return time.monotonic() - began
            await asyncio.sleep(0.25)
        return None

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        if self.child is None or self.child.poll() is not None:
            return False
        if self.says and self.says not in self._said():
            return False
        if not self.ready_url:
            return True
        try:
            return (await http.get(self.ready_url)).is_success
        except httpx.HTTPError:
            return False

    def _said(self) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(self._from)
                return file.read().decode(errors="replace")
        except OSError:
            return ""

    def last_words(self) -> str:
        """Return the end of its log."""
        return last_lines(self.log)
