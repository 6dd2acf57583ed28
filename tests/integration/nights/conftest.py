"""Nights on a real wire: client A's world, the pretend agencies, and the doors they speak to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from deployments.doorway import Doorway
from deployments.pretend import PretendAgencies
from deployments.processes import free_port
from tasks.follow_report import FollowReport
from tasks.reconcile import reconcile
from tests.integration.ground import Ground
from web.app import create_app
from web.doors import Doors


@dataclass
class Wire:
    """The ground, with agencies that can be made to speak, and to be silent."""

    ground: Ground
    sandbox: PretendAgencies

    @property
    def now(self) -> datetime:
        """The center's time."""
        return self.ground.tools.clock()

    async def pass_(self, **span: float) -> None:
        """Let time pass, for the center and the agencies alike."""
        self.ground.now += timedelta(**span)
        await self.control("PUT", "/clock", {"now": self.now.isoformat()})

    async def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the sandbox's control room for something."""
        answer = await self.sandbox.control.request(method, path, json=body)
        assert answer.status_code < 500, answer.text
        return answer.json()

    async def weather(self, agency: str, **weather: object) -> None:
        """Set an agency's weather."""
        await self.control("PUT", f"/weather/{agency}", weather)

    async def say(self, agency: str, event: str, **words: object) -> dict[str, Any]:
        """Make an agency speak; what the door answered is in it."""
        return await self.control("POST", "/say", {"agency": agency, "event": event, **words})

    async def night(self) -> FollowReport:
        """Reconcile now."""
        return await reconcile(self.ground.tools, self.now)

    async def nights_at_once(self, count: int = 2) -> list[FollowReport]:
        """Reconcile several times at the same time."""
        return list(await asyncio.gather(*(self.night() for _ in range(count))))


@pytest_asyncio.fixture
async def wire(ground: Ground, tmp_path: Path) -> AsyncIterator[Wire]:
    """Give client A's world with its doors open and the pretend agencies connected."""
    tools = ground.tools
    doors = Doors(tools.engine, tools.catalog, tools.clock, tools.keyring, {}, tools.center)
    port = free_port()
    async with (
        Doorway(create_app(doors), "127.0.0.1", port) as doorway,
        PretendAgencies(tmp_path, tools.catalog, doorway.url) as sandbox,
    ):
        await sandbox.connect(tools.engine, tools.keyring, tools.clock)
        opened = Wire(ground, sandbox)
        await opened.pass_(hours=0)
        yield opened
