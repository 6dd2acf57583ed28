"""The stage of a fault test: a database, pretend agencies and a nursery that belong together; clients walk in."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import catalog
from agencies.keyring import Keyring
from deployments.clocks import machine_clock
from deployments.processes import free_port
from models.counting import day_of
from tests.e2e.faults.nursery import Nursery
from tests.e2e.faults.pretend import Sandbox

CATALOG = catalog.load()


class Stage:
    """One center with its doors at `url`, for the length of an `async with` block; nobody lives in it at first."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        prefect: Mapping[str, str] | None,
        *sandbox_flags: str,
        plant: str = "",
        linger_seconds: float = 5.0,
    ) -> None:
        """Name its folder, its database, the settings of Prefect's client (None: without Prefect), and a plant."""
        self._bearer = secrets.token_urlsafe(24)
        self._master_key = secrets.token_hex(32)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # No pool: a server that is killed and started again leaves no dead connection behind.
        self.engine = create_async_engine(database_url, poolclass=NullPool)
        self.sandbox = Sandbox(folder / "sandbox", CATALOG, self.url, *sandbox_flags)
        orders = {
            "database_url": database_url,
            "port": port,
            "master_key": self._master_key,
            "tokens": {"walk-in": hashlib.sha256(self._bearer.encode()).hexdigest()},
            "linger_seconds": linger_seconds,
            "plant": plant,
            "with_prefect": prefect is not None,
        }
        self.nursery = Nursery(folder / "victim", orders, prefect or {})
        self.http = httpx.AsyncClient(base_url=self.url, timeout=10, trust_env=False)
        self._stack = AsyncExitStack()
        #: Journey numbers by the key they were opened under.
        self.opened: dict[str, str] = {}
        #: What the client of each journey asked help for, by journey number.
        self.needs: dict[str, tuple[str, ...]] = {}
        #: What the doors answered to intakes: status (0: nobody answered) and how often.
        self.answers: dict[int, int] = {}

    async def __aenter__(self) -> Self:
        try:
            self._stack.push_async_callback(self.engine.dispose)
            self._stack.push_async_callback(self.http.aclose)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._stack.enter_async_context(self.sandbox))
                both.create_task(self._stack.enter_async_context(self.nursery))
            await self.sandbox.connect(self.engine, Keyring(self._master_key))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def today(self) -> date:
        """The day it is in Seoul."""
        return day_of(machine_clock())

    async def api(self, method: str, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        """Call the staff's door once."""
        headers = {"authorization": f"Bearer {self._bearer}"} | ({} if key is None else {"idempotency-key": key})
        return await self.http.request(method, path, json=body, headers=headers)

    async def walk_in(self, key: str, body: Mapping[str, Any], *, patience_seconds: float = 300.0) -> str:
        """Open a journey under a key, again and again until a door answers for good; return its number."""
        give_up = time.monotonic() + patience_seconds
        while True:
            status = 0
            try:
                answer = await self.api("POST", "/api/journeys", body, key=key)
                status = answer.status_code
            except httpx.HTTPError:
                answer = None
            self.answers[status] = self.answers.get(status, 0) + 1
            if answer is not None and answer.is_success:
                self.opened[key] = answer.json()["number"]
                self.needs[self.opened[key]] = tuple(body["needs"])
                return self.opened[key]
            assert status in {0, 503}, f"an intake was refused: {status} {answer.text if answer else ''}"
            assert time.monotonic() < give_up, "no door took the intake"
            await asyncio.sleep(0.1)

    async def rows(self, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return what a statement finds."""
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql), parameters)]

    async def number(self, sql: str, **parameters: object) -> int:
        """Return the one number a statement finds."""
        return int((await self.rows(sql, **parameters))[0][0])

    async def quiet(self, patience_seconds: float) -> bool:
        """Wait until the sandbox has said all, no event waits and no letter is due; say whether that came in time."""
        give_up = time.monotonic() + patience_seconds
        calm = 0
        while time.monotonic() < give_up:
            busy = await self.number(
                "SELECT (SELECT count(*) FROM inbox_event WHERE fate = 'waiting')"
                " + (SELECT count(*) FROM letter WHERE state = 'waiting')"
            )
            calm = calm + 1 if not busy and not await self.sandbox.playing() else 0
            if calm >= 3:  # an answer may just be turning into an event
                return True
            await asyncio.sleep(0.3)
        return False
