"""The harm done to the house: processes killed, PostgreSQL stopped, a desk cut off, Prefect's database wiped."""

import asyncio
import random
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import asyncpg

from tests.e2e.cluster.house import DATABASE, House, Say
from tests.e2e.cluster.plan import Fault, Kind, Plan, Step
from tests.e2e.cluster.process import ENDED_IN_ORDER, Process
from tests.e2e.cluster.reader import Witness

#: How often a desk is stopped and let go again, until it is caught in the middle of a case.
_TRIES: Final = 60
_HELD: Final = """
SELECT pid, backend_xid::text AS xid FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xid IS NOT NULL
  AND client_port = ANY($1::int[])
"""


class Harm:
    """Does the plan's faults, one after the other, and counts them."""

    def __init__(self, house: House, plan: Plan, witness: Witness, say: Say) -> None:
        """Name the house, what shall be done to it, who must be told of it, and where progress is said."""
        self._house, self._plan, self._witness, self._say = house, plan, witness, say
        self._dice = random.Random(plan.seed + 1)  # noqa: S311 - the same seed, the same moments
        self.done: Counter[str] = Counter()
        #: Processes that were not ready again in time.
        self.not_back: list[str] = []
        #: Processes that were to end in order and did otherwise.
        self.not_in_order: list[str] = []

    async def do(self, step: Step) -> None:
        """Do one fault and wait until the house stands again."""
        await asyncio.sleep(self._dice.uniform(0.2, 0.2 + self._plan.pause_seconds))
        match step:
            case Step(Fault.KILL, Kind() as kind, nth):
                await self._kill(self._house.all_of(kind)[nth])
            case Step(Fault.POSTGRES_AWAY):
                await self._postgres_away()
            case Step(Fault.MIGRATE):
                await self._house.cluster.migrated(DATABASE)
                self.done["tables made this version's under the earlier one"] += 1
                await self._all_must_be_ready()
            case Step(Fault.MOVE, Kind() as kind, nth):
                await self._move(self._house.all_of(kind)[nth])
            case Step(Fault.CUT_OFF):
                await self._cut_off(self._dice.choice(self._house.all_of(Kind.DESKS)))
            case _:
                await self._house.wipe_prefect()
                self.done["Prefect's database wiped"] += 1

    async def _kill(self, process: Process) -> None:
        process.kill()
        self.done[f"kill -9 of {process.kind}"] += 1
        await asyncio.sleep(self._dice.uniform(0.1, 1.0))
        self._house.restarted(process)
        await self._must_come_back(process)

    async def _must_come_back(self, process: Process) -> None:
        if await process.ready(self._house.http) is None:
            self.not_back.append(f"{process.name}; see {process.log}")

    async def _postgres_away(self) -> None:
        """Stop PostgreSQL in one of three ways, in turn: in order, at once, as a crash would."""
        ways = ("in order", "at once", "by kill -9")
        way = ways[self.done["PostgreSQL stopped"] % len(ways)]
        self._say(f"PostgreSQL is stopped {way} for {self._plan.away_seconds:.0f} s")
        match way:
            case "in order":
                await self._house.postgres.stop()
            case "at once":
                await self._house.postgres.stop(immediate=True)
            case _:
                await self._house.postgres.kill()
        await asyncio.sleep(self._plan.away_seconds)
        await self._house.postgres.start()
        self.done["PostgreSQL stopped"] += 1
        await self._all_must_be_ready()

    async def _all_must_be_ready(self) -> None:
        for process in self._house.processes:
            if process.is_ours:
                await self._must_come_back(process)

    async def _move(self, process: Process) -> None:
        """End a process of the earlier version in order, and start this version's in its place."""
        code = await process.end()
        if code != ENDED_IN_ORDER:
            self.not_in_order.append(f"{process.name}: {code}; see {process.log}")
        self._house.moved(process)
        self.done[f"{process.kind} moved from the earlier version"] += 1
        await self._must_come_back(process)

    async def _cut_off(self, desk: Process) -> None:
        """Stop a desk in the middle of a case, for longer than its lease, and let it go on."""
        held = await self._caught(desk)
        self._say(f"{desk.name} is cut off for {self._plan.cut_off_seconds:.0f} s, holding {len(held)} transactions")
        try:
            await asyncio.sleep(self._plan.cut_off_seconds)
        finally:
            desk.signal(signal.SIGCONT)
        self._witness.frozen |= held
        self.done["desks cut off"] += 1
        self.done["transactions held by them"] += len(held)
        await self._must_come_back(desk)

    async def _caught(self, desk: Process) -> set[str]:
        """Stop a desk; return the transactions it holds then, none only where it never was caught with one."""
        for _ in range(_TRIES):
            desk.signal(signal.SIGSTOP)
            # What it has sent is done by then.
            await asyncio.sleep(0.15)
            with suppress(OSError, asyncpg.PostgresError):
                async with self._house.connected() as connection:
                    rows = await connection.fetch(_HELD, sorted(ports_of(desk.pid)))
                if rows:
                    return {row["xid"] for row in rows}
            desk.signal(signal.SIGCONT)
            await asyncio.sleep(self._dice.uniform(0.02, 0.3))
        desk.signal(signal.SIGSTOP)
        return set()


def ports_of(pid: int) -> set[int]:
    """Return the local ports of a process's TCP connections."""
    inodes = set[str]()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            inodes.add(str(file.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return {int(row[1].partition(":")[2], 16) for row in rows if row[9] in inodes}
