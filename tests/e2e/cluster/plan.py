"""The plan: how many journeys, which faults in which order, and how long each lasts."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What kinds of process there are; each is killed and started again."""

    DESKS = "desks"
    DOORS = "doors"
    PREFECT_API = "prefect-api"
    PREFECT_SERVICES = "prefect-services"
    REDIS = "redis"


class Fault(StrEnum):
    """What is done to the house."""

    KILL = "kill"
    POSTGRES_AWAY = "postgres-away"
    CUT_OFF = "cut-off"
    WIPE_PREFECT = "wipe-prefect"
    #: Not faults, but steps of an upgrade: the tables become this version's, and a process moves to this version.
    MIGRATE = "migrate"
    MOVE = "move"


#: How many processes of each kind there are.
HOW_MANY: Final = {Kind.REDIS: 1, Kind.PREFECT_API: 2, Kind.PREFECT_SERVICES: 1, Kind.DOORS: 2, Kind.DESKS: 3}
#: In a long run desks and doors, which have something to lose, are killed more often.
_TURNS: Final = (
    *(Kind.DESKS, Kind.DOORS, Kind.PREFECT_API, Kind.DESKS, Kind.DOORS, Kind.PREFECT_SERVICES, Kind.DESKS),
    *(Kind.DOORS, Kind.REDIS, Kind.DESKS),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One fault; a kill names whom."""

    fault: Fault
    kind: Kind | None = None
    nth: int = 0

    def __str__(self) -> str:
        return f"{self.fault} {self.kind}-{self.nth + 1}" if self.kind else str(self.fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is run.

    Attributes:
        journeys: How many are opened, from the first fault to the last.
        kills: `kill -9`, each followed by a start.
        times_away: How often PostgreSQL is stopped.
        away_seconds: For how long each time.
        times_cut_off: How often a desk is stopped (SIGSTOP).
        cut_off_seconds: For how long: longer than its lease on a case (15 s) or on a letter (90 s).
        wipes: How often Prefect's database is wiped.
        pause_seconds: Between two faults, at the most.
        quiet_seconds: How long after the last fault everything must have come to its end.
        seed: Orders the faults and rolls the dice.
        with_prefect: Whether there are Prefect servers and Redis at all.
        plant: A planted bug, or "".
        from_revision: Git revision that doors and desks begin with, on its tables; meanwhile they move, one by one.
    """

    journeys: int = 500
    kills: int = 60
    times_away: int = 3
    away_seconds: float = 30.0
    times_cut_off: int = 2
    cut_off_seconds: float = 100.0
    wipes: int = 1
    pause_seconds: float = 3.0
    quiet_seconds: float = 300.0
    seed: int = 20261127
    with_prefect: bool = True
    plant: str = ""
    from_revision: str = ""

    def seconds(self, step: Step) -> float:
        """Return how long a fault takes, about: until whatever is started has read what it needs."""
        match step.fault:
            case Fault.KILL | Fault.MOVE:
                return 10.0 + self.pause_seconds / 2
            case Fault.POSTGRES_AWAY:
                return 5.0 + self.away_seconds
            case Fault.CUT_OFF:
                return 5.0 + self.cut_off_seconds
            case _:
                return 2.0

    def steps(self) -> list[Step]:
        """Return every fault in its order; the same for the same plan."""
        dice = random.Random(self.seed)  # noqa: S311 - the same seed gives the same order
        turns = [kind for kind in _TURNS if self.with_prefect or kind in {Kind.DESKS, Kind.DOORS}]
        if self.kills < len(turns):
            # So few that each kind has its turn before any has a second one.
            turns = list(dict.fromkeys(turns))
        kinds = [turns[nth % len(turns)] for nth in range(self.kills)]
        steps = [Step(Fault.KILL, kind, dice.randrange(HOW_MANY[kind])) for kind in kinds]
        steps += [Step(Fault.POSTGRES_AWAY)] * self.times_away
        steps += [Step(Fault.CUT_OFF)] * self.times_cut_off
        steps += [Step(Fault.WIPE_PREFECT)] * (self.wipes if self.with_prefect else 0)
        dice.shuffle(steps)
        return self._upgraded(steps, dice) if self.from_revision else steps

    def _upgraded(self, faults: list[Step], dice: random.Random) -> list[Step]:
        """Spread the steps of an upgrade, in their order, over the faults: both versions meet some of them."""
        moves = [Step(Fault.MOVE, kind, nth) for kind in (Kind.DESKS, Kind.DOORS) for nth in range(HOW_MANY[kind])]
        dice.shuffle(moves)
        upgrade = [Step(Fault.MIGRATE), *moves]
        steps: list[Step] = []
        for nth, step in enumerate(upgrade):
            steps += faults[nth * len(faults) // (len(upgrade) + 1) : (nth + 1) * len(faults) // (len(upgrade) + 1)]
            steps.append(step)
        return steps + faults[len(upgrade) * len(faults) // (len(upgrade) + 1) :]


#: The whole of what was asked for, a middle one, and one that a few minutes hold: every fault once.
FULL: Final = Plan()
MEDIUM: Final = replace(FULL, journeys=100, kills=20, away_seconds=15.0, times_cut_off=1, cut_off_seconds=100.0)
SMALL: Final = replace(
    FULL, journeys=20, kills=5, times_away=1, away_seconds=5.0, times_cut_off=1, cut_off_seconds=20.0, pause_seconds=1.0
)
#: Enough journeys for an upgrade under way: some are begun by one version and ended by the other.
UPGRADE: Final = replace(SMALL, journeys=60, kills=10, times_cut_off=0, wipes=0, pause_seconds=4.0)
SIZES: Final = {"full": FULL, "medium": MEDIUM, "small": SMALL, "upgrade": UPGRADE}
