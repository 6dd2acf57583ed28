"""The keys the door knows: read once, believed for a few seconds, read again at once when this process changed them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from agencies.keyring import KeptKey, Keyring
from agencies.keys import Key
from models.agency import Agency
from web.reach import Budget


@dataclass(frozen=True, slots=True)
class _Known:
    #: None where the agency is not connected.
    keys: tuple[KeptKey, ...] | None
    #: Loop time until which it is believed.
    until: float
    generation: int


class DoorKeys:
    """Inbound keys by agency. Only codes of the catalog may be asked for, so its size is bounded."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, *, seconds: float) -> None:
        self._engine = engine
        self._keyring = keyring
        self._seconds = seconds
        self._known: dict[str, _Known] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    async def live(self, agency: str, now: datetime, budget: Budget) -> list[Key] | None:
        """Return the live inbound keys, newest first; None where the agency is not connected.

        Raises:
            DatabaseAway: Nothing is known and the database cannot be asked.
            BadEntry: There are keys, and none can be opened with this master key.
        """
        known = self._believed(agency) or await budget.repeatably(lambda: self._fresh(agency, now))
        return None if known.keys is None else [kept.key for kept in known.keys if kept.live(now)]

    def _believed(self, agency: str) -> _Known | None:
        known = self._known.get(agency)
        if known is None or known.generation != self._keyring.generation:
            return None
        return known if known.until > asyncio.get_running_loop().time() else None

    async def _fresh(self, agency: str, now: datetime) -> _Known:
        """Read once for everyone who asks at the same time."""
        async with self._reading.setdefault(agency, asyncio.Lock()):
            if (known := self._believed(agency)) is None:
                generation = self._keyring.generation
                keys = await self._read(agency, now)
                known = _Known(keys, asyncio.get_running_loop().time() + self._seconds, generation)
                self._known[agency] = known
            return known

    async def _read(self, agency: str, now: datetime) -> tuple[KeptKey, ...] | None:
        async with self._engine.connect() as connection:
            found = await connection.scalar(select(col(Agency.code)).where(col(Agency.code) == agency))
            if found is None:
                return None
            return tuple(await self._keyring.kept(connection, agency, "inbound", now))
