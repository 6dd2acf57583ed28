"""The sandbox as these tests start it: scripted or not, patient in posting, its control room within reach."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from catalog import Catalog
from deployments.clocks import machine_clock
from deployments.processes import free_port, last_lines, spawn
from deployments.safe import pretend_keys
from models.agency import Agency

START_SECONDS = 30.0


class Sandbox:
    """All pretend agencies in one process of their own, for the length of an `async with` block."""

    def __init__(self, folder: Path, catalog: Catalog, door_url: str, *flags: str) -> None:
        """Name the folder for keys and log, the doors, and further flags of its command line."""
        self._folder, self._door, self._flags = folder, door_url, flags
        self._codes = sorted(agency.code for agency in catalog.agencies.values() if agency.protocol == "webhook")
        self.log = folder / "sandbox.log"
        self._child: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.control = httpx.AsyncClient()

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        keys = self._folder / "keys.json"
        self._keys = pretend_keys(keys, self._codes)
        port = free_port()
        command: Sequence[str | Path] = [sys.executable, "-m", "sandbox", "--port", str(port), "--door", self._door]
        self._child = spawn([*command, "--keys", keys, *self._flags], self.log)
        self.url = f"http://127.0.0.1:{port}"
        await self.control.aclose()
        self.control = httpx.AsyncClient(base_url=f"{self.url}/control", timeout=60, trust_env=False)
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                if (await self.control.get("/health")).is_success:
                    return self
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
            assert self._child.poll() is None, last_lines(self.log)
            assert time.monotonic() < give_up, "the sandbox stays silent"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.control.aclose()
        if self._child is not None:
            self._child.terminate()
            try:
                await asyncio.to_thread(self._child.wait, 10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                await asyncio.to_thread(self._child.wait)

    async def connect(self, engine: AsyncEngine, keyring: Keyring) -> None:
        """Make a database's agencies those of this sandbox: addresses, and keys in both directions."""
        now = machine_clock()
        async with engine.begin() as connection:
            for code in self._codes:
                row = {"code": code, "url": f"{self.url}/agencies/{code}/referrals", "added_at": now}
                await connection.execute(insert(Agency).values(row))
                for direction, text in self._keys[code].items():
                    await keyring.add(connection, code, "inbound" if direction == "inbound" else "outbound", text, now)

    async def weather(self, agency: str, **weather: object) -> None:
        """Set one agency's weather; none is a mild day."""
        (await self.control.put(f"/weather/{agency}", json=weather)).raise_for_status()

    async def letters(self, **chosen: str) -> list[dict[str, Any]]:
        """Return what was received, one row per agency and letter."""
        return list((await self.control.get("/letters", params=chosen)).raise_for_status().json()["letters"])

    async def totals(self) -> dict[str, Any]:
        """Return the counts over all agencies."""
        return dict((await self.control.get("/letters")).raise_for_status().json()["totals"])

    async def said(self) -> list[dict[str, Any]]:
        """Return every message an agency meant to say, with every try."""
        return list((await self.control.get("/said")).raise_for_status().json()["said"])

    async def say(self, **wish: object) -> dict[str, Any]:
        """Make an agency speak and return what the door answered."""
        return dict((await self.control.post("/say", json=wish)).raise_for_status().json())

    async def playing(self) -> int:
        """Count the scripts still going."""
        return int((await self.control.get("/health")).raise_for_status().json()["playing"])
