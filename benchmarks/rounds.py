"""The rounds: every system in turn, again and again, in one run; what each run came to, and the ratios between them."""

import os
import secrets
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.agencies import Agencies, Seen
from benchmarks.center import CannotBeMeasured, Center
from benchmarks.ieum import Ieum
from benchmarks.meters import cpu_seconds, memory_mib
from benchmarks.rivals import PEERS
from benchmarks.wire import Server
from benchmarks.work import SHAPES
from deployments.cluster import Cluster

PATIENCE_SECONDS: Final = 300.0
_LATEST_NAME: Final = 80_000_000

Say = Callable[[str], None]
Run = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured.

    Attributes:
        rounds: How often each system has its turn.
        journeys: Of one throughput run.
        at_once: Journeys open at the same time in it.
        alone: Journeys of one latency run, one at a time.
        warm_up: Journeys played before anything is measured.
        away: Clients of an agency that hangs, while Ieum does the reference work for others; 0: not measured.
        unhurried: Journeys open at the same time then, and while all is well, for comparison.
        cold: Journeys of Ieum whose stages end when no shift is open any more; each waits out the linger twice.
        shape: A name of `benchmarks.work.SHAPES`.
        systems: Names: `ieum` and the peers'.
        open_already: Counts of journeys that Ieum finds open, for its own scaling.
    """

    rounds: int = 5
    journeys: int = 200
    at_once: int = 50
    alone: int = 20
    warm_up: int = 10
    away: int = 150
    unhurried: int = 8
    cold: int = 1
    shape: str = "house"
    systems: tuple[str, ...] = ("ieum", *(peer.name for peer in PEERS))
    open_already: tuple[int, ...] = (1_000, 100_000)


@dataclass(slots=True)
class Measured:
    """Everything a run of the command came to."""

    runs: list[Run] = field(default_factory=list[Run])
    #: Why a system could not be measured, by its name.
    absent: dict[str, str] = field(default_factory=dict[str, str])
    #: How many processes wanted a core in the minute before anything was started.
    load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def faults(self) -> list[str]:
        """What the self-checks found, with the run it was found in."""
        return [f"{run['system']}, round {run['round']}: {fault}" for run in self.runs for fault in run["faults"]]


async def play_rounds(plan: Plan, folder: Path, cluster: Cluster, postmaster: int, say: Say) -> Measured:
    """Play every round; a system that cannot be measured is left out from then on, with its reason."""
    measured, taken = Measured(), _Numbers()
    for count in plan.open_already:
        say(f"seeding {count:,} open journeys (a million takes a quarter of an hour)")
        await Ieum(folder, cluster, postmaster, open_already=count).prepare()
    for nth in range(1, plan.rounds + 1):
        for center, open_already in await _centers(plan, folder, cluster, postmaster):
            if center.name in measured.absent:
                continue
            try:
                run = await play_one(center, plan, taken, open_already)
            except CannotBeMeasured as absent:
                measured.absent[center.name] = str(absent)
                say(f"round {nth}: {center.name} is left out: {absent}")
                continue
            measured.runs.append({"round": nth, **run})
            say(f"round {nth}: {told(run)}")
    return measured


async def _centers(plan: Plan, folder: Path, cluster: Cluster, postmaster: int) -> list[tuple[Center, int]]:
    """Return everybody of one round, in turn, with what is open before they begin."""
    centers: list[tuple[Center, int]] = []
    if "ieum" in plan.systems:
        fresh = Ieum(folder, cluster, postmaster)
        await fresh.prepare()
        centers.append((fresh, 0))
    for peer in PEERS:
        if peer.name in plan.systems:
            rival: Center = peer(folder, cluster, postmaster)
            centers.append((rival, 0))
    for count in plan.open_already:
        crowded: Center = Ieum(folder, cluster, postmaster, open_already=count)
        centers.append((crowded, count))
    return centers


async def play_one(center: Center, plan: Plan, taken: "_Numbers", open_already: int) -> Run:
    """Start a system, let it do the reference work, and stop it.

    Raises:
        CannotBeMeasured: It is not there.
    """
    stages = SHAPES[plan.shape]
    agencies = Agencies(center, stages)
    async with Server(agencies.answer) as server:
        try:
            await center.start(server.url, stages)
            warm = await agencies.play(taken.next(plan.warm_up), plan.warm_up, plan.warm_up, PATIENCE_SECONDS)
            before = _cpu(center)
            full = await agencies.play(taken.next(plan.journeys), plan.journeys, plan.at_once, PATIENCE_SECONDS)
            after = _cpu(center)
            alone = await agencies.play(taken.next(plan.alone), plan.alone, 1, PATIENCE_SECONDS)
            cold = Seen()
            if isinstance(center, Ieum) and not open_already and plan.cold:
                agencies.before_end = center.until_cold
                cold = await agencies.play(taken.next(plan.cold), plan.cold, 1, PATIENCE_SECONDS)
            memory = {name: memory_mib(pids) for name, pids in center.groups().items()}
            well, away = Seen(), Seen()
            if isinstance(center, Ieum) and not open_already and plan.away:
                agencies.before_end = None
                well = await agencies.play(taken.next(plan.journeys), plan.journeys, plan.unhurried, PATIENCE_SECONDS)
                async with center.one_agency_away(taken.next(plan.away), plan.away):
                    away = await agencies.play(
                        taken.next(plan.journeys), plan.journeys, plan.unhurried, PATIENCE_SECONDS
                    )
        finally:
            await center.stop()
    return {
        "system": center.name,
        "shape": plan.shape,
        "open_already": open_already,
        "journeys": plan.journeys,
        "at_once": plan.at_once,
        "seconds": round(full.seconds, 3),
        "journeys_per_second": round(plan.journeys / full.seconds, 3),
        "cpu_ms_per_journey": {name: round(1000 * used / plan.journeys, 2) for name, used in _used(before, after)},
        "memory_mib": {name: round(mib, 1) for name, mib in memory.items()},
        "reaction_ms_at_full_load": spread([*full.reactions, *full.staff_reactions]),
        "journey_ms_at_full_load": spread(full.journeys),
        "reaction_ms_alone": spread(alone.reactions),
        "staff_reaction_ms_alone": spread(alone.staff_reactions),
        "reaction_ms_cold": spread(cold.reactions),
        "journey_ms_all_well": spread(well.journeys),
        "journey_ms_one_away": spread(away.journeys),
        "reaction_ms_all_well": spread(well.reactions),
        "reaction_ms_one_away": spread(away.reactions),
        "other_letters": full.others,
        "repeated_letters": full.repeated,
        "faults": [fault for seen in (warm, full, alone, cold, well, away) for fault in seen.faults],
    }


def told(run: Mapping[str, Any]) -> str:
    """Say in one line what a run came to."""
    of = f" with {run['open_already']:,} open" if run["open_already"] else ""
    cpu, alone = sum(run["cpu_ms_per_journey"].values()), run["reaction_ms_alone"]["p50"]
    wrong = f"; {len(run['faults'])} FAULTS, the first: {run['faults'][0]}" if run["faults"] else ""
    return (
        f"{run['system']}{of}: {run['journeys_per_second']:.2f} journeys/s, {cpu:.0f} ms of CPU each, {alone} ms{wrong}"
    )


def _cpu(center: Center) -> dict[str, float]:
    own = getattr(center, "prefect_database_seconds", None)
    shares = {name: cpu_seconds(pids) for name, pids in center.groups().items()}
    if own is not None:
        # Told apart: what PostgreSQL does for Prefect's own database.
        seconds = own()
        shares["postgres_for_prefect"] = seconds
        shares["postgres"] -= seconds
    return shares


def _used(before: Mapping[str, float], after: Mapping[str, float]) -> list[tuple[str, float]]:
    used = {name: after[name] - before[name] for name in after}
    if used.get("postgres_for_prefect", 0.0) < 0:
        # Connections that were closed meanwhile took their CPU time along into the server's own.
        used["postgres"] += used["postgres_for_prefect"]
        used["postgres_for_prefect"] = 0.0
    return list(used.items())


def spread(seconds: Iterable[float]) -> dict[str, float | int | None]:
    """Return p50 and p99 in milliseconds, and of how many."""
    ordered = sorted(1000 * second for second in seconds)
    if not ordered:
        return {"p50": None, "p99": None, "count": 0}
    last = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return {"p50": round(statistics.median(ordered), 2), "p99": round(last, 2), "count": len(ordered)}


class _Numbers:
    """Gives every journey of a run of the command a number that no earlier run has given."""

    def __init__(self) -> None:
        self._next = secrets.randbelow(_LATEST_NAME)

    def next(self, count: int) -> int:
        first, self._next = self._next, self._next + count
        return first


def medians(runs: Sequence[Run], figure: Callable[[Run], float | None]) -> tuple[float, float, float] | None:
    """Return median, least and most of a figure over runs; None where it was never taken."""
    found = [value for run in runs if (value := figure(run)) is not None]
    return (statistics.median(found), min(found), max(found)) if found else None
