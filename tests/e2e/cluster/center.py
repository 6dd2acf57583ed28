"""The cluster as its agencies and its front desk see it: two doors, of which any may be gone at any moment.

What they say and how they seal it is the benchmarks' own; what is new here is that nothing they hear is forgotten, for
the reader, and that a door which does not answer is only a reason to knock at the next.
"""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from agencies.keyring import Keyring
from benchmarks.agencies import Agencies
from benchmarks.client import number_of
from benchmarks.ieum import Ieum
from benchmarks.meters import Groups
from benchmarks.seal import plain
from benchmarks.wire import Caller
from benchmarks.work import PROGRAMS, Letter, Stages
from deployments.cluster import Cluster
from tests.e2e.cluster.reader import Witness

_AGAIN_SECONDS: Final = 0.2
#: A door that is stopped, or whose database is, must not be waited for longer.
_PATIENCE_SECONDS: Final = 10.0
#: Answers that ask for another try.
_AGAIN: Final = frozenset({429, 503})
_WAITS: Final = """
SELECT (SELECT count(*) FROM inbox_event WHERE fate = 'waiting') + (SELECT count(*) FROM letter WHERE state = 'waiting')
"""
_COMPLETED: Final = "SELECT count(*) FROM referral WHERE state = 'completed'"


class Callers(Agencies):
    """The benchmarks' agencies, which hang up when the run is over."""

    async def hang_up(self) -> None:
        """Break off whatever is still being said, or waited for."""
        speaking = list(self._speaking)
        for one in speaking:
            one.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)


class ManyDoors(Ieum):
    """A center behind several doors; journeys are opened as they are let in."""

    def __init__(self, folder: Path, cluster: Cluster, database: str, dice: random.Random) -> None:
        """Name its folder, its server, its database, and the dice that choose doors and pauses."""
        super().__init__(folder, cluster, 0)
        self._database, self._dice = database, dice
        self._doors: list[Caller] = []
        self.witness = Witness(programs=PROGRAMS)
        #: Let in one by one.
        self.gate = asyncio.Semaphore(0)
        #: What the doors answered: status, 0 where nobody did.
        self.answers: Counter[int] = Counter()
        self.master_key = secrets.token_hex(32)

    def speak_as(self, bearer: str) -> None:
        """Take the front desk's token."""
        self._bearer = bearer

    async def connect(self, agencies_url: str, doors: Sequence[str], stages: Stages) -> None:
        """Make the agencies the load generator's, and remember the doors."""
        self._stages = stages
        self._doors = [Caller(url) for url in doors]
        await self._connect(self._cluster.url(self._database), Keyring(self.master_key), agencies_url)

    async def stop(self) -> None:
        """Hang up; whoever started the processes ends them."""
        for door in self._doors:
            door.close()

    async def open(self, journey: int) -> None:
        """Open a journey once it is let in."""
        await self.gate.acquire()
        await super().open(journey)
        self.witness.opened[journey] = self._numbers[journey]

    async def think(self) -> None:
        """Take the time an agency takes, in a hurry."""
        await asyncio.sleep(self._dice.uniform(0.1, 2.5))

    async def _post(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        while True:
            door = self._dice.choice(self._doors)
            status, answer = 0, b""
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    status, answer = await door.call("POST", path, headers, body)
            except OSError:  # a timeout is one
                pass
            self.answers[status] += 1
            if 200 <= status < 300:
                if path.startswith("/webhooks/"):
                    self.witness.acknowledged.add((path.split("/")[2], headers["webhook-id"]))
                return answer
            await asyncio.sleep(_AGAIN_SECONDS)

    @property
    def refusals(self) -> list[str]:
        """What the doors answered that they should not have; each a sentence."""
        return [
            f"a door answered {status}, {count} times"
            for status, count in sorted(self.answers.items())
            if status and status not in _AGAIN and not 200 <= status < 300
        ]

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Letter | None:
        """Read a letter as the benchmarks' agencies do, and remember that it came.

        Raises:
            ValueError: The seal is not the center's, or the letter none.
        """
        letter = super().read(path, headers, body)
        said: dict[str, Any] = orjson.loads(body)
        key = headers.get("idempotency-key", "")
        self.witness.letters[path.split("/")[2], said["type"], str(said.get("subject"))].append(key)
        if letter is not None:
            nth = number_of(said["data"]["items"]["name"])
            self.witness.asked[nth, letter.program].add(letter.referral)
        return letter

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether everything is done and nothing waits."""
        await asyncio.sleep(0.5)
        try:
            return await self.completed() >= len(PROGRAMS) * len(journeys) and not await self._number(_WAITS)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def completed(self) -> int:
        """Count the referrals that are completed.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError: The database is away.
        """
        return await self._number(_COMPLETED)

    async def _number(self, sql: str) -> int:
        connection = await asyncpg.connect(plain(self._cluster.url(self._database)), timeout=5)
        try:
            return int(await connection.fetchval(sql, timeout=10) or 0)
        finally:
            connection.terminate()

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """Find nothing: the reader looks for itself."""
        del journeys
        return []

    def groups(self) -> Groups:
        """Return none: nothing is metered here."""
        return {}
