"""The nursery as a test holds it: gives birth to a victim, kills it, or lets it leave in order."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[3]
#: Importing everything once takes some seconds, more while other tests run.
READY_SECONDS = 60.0


class Nursery:
    """One nursery process for the length of an `async with` block; at most one victim lives at a time."""

    def __init__(self, folder: Path, orders: Mapping[str, Any], prefect: Mapping[str, str]) -> None:
        """Name its folder (`orders.json`, `victim.log`, `counters.json`), its orders, and Prefect's settings."""
        self.folder = folder
        self.log = folder / "victim.log"
        self._orders = {**orders, "folder": str(folder)}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
            **prefect,
        }
        self._process: asyncio.subprocess.Process | None = None
        #: Process number of the life that goes on now.
        self.victim: int | None = None
        self.lives = self.kills = 0

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        orders = self.folder / "orders.json"
        orders.write_text(json.dumps(self._orders), encoding="utf-8")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *[sys.executable, "-m", "tests.e2e.faults.victim", str(orders)],
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
                cwd=ROOT,
                start_new_session=True,
            )
        assert await self._said(READY_SECONDS) == "ready"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.victim is not None:
            _signal(self.victim, signal.SIGKILL)
        assert self._process is not None
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 10)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def live(self, *, with_prefect: bool = True) -> int:
        """Give birth to a victim, with Prefect if the orders know one, and return its process number."""
        self.victim = int(await self._ask("live" if with_prefect else "live apart"))
        self.lives += 1
        return self.victim

    def kill(self) -> None:
        """End the victim as a crash would."""
        assert self.victim is not None
        _signal(self.victim, signal.SIGKILL)
        self.victim = None
        self.kills += 1

    async def leave(self) -> None:
        """Ask the victim to leave in order, and wait until it has."""
        assert self.victim is not None
        _signal(self.victim, signal.SIGTERM)
        await self._ask("reap", 90.0)
        self.victim = None

    def counters(self) -> dict[str, Any]:
        """Return what the victim last wrote down: `without_prefect`, `broken`, its `pid`."""
        with suppress(FileNotFoundError):
            return dict(json.loads((self.folder / "counters.json").read_text(encoding="ascii")))
        return {}

    def move_clock(self, seconds: float) -> None:
        """Let the victims' clock go that many seconds ahead of the machine's."""
        fresh = self.folder / "ahead.fresh"
        fresh.write_text(str(seconds), encoding="ascii")
        fresh.rename(self.folder / "ahead")

    async def _ask(self, word: str, patience_seconds: float = 30.0) -> str:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n".encode())
        await self._process.stdin.drain()
        return await self._said(patience_seconds)

    async def _said(self, patience_seconds: float) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), patience_seconds)
        assert line, f"the nursery is gone; see {self.log}: {self.log.read_text(errors='replace')[-2000:]}"
        return line.decode().strip()


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
