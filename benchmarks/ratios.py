"""The ratios: of runs in one round, side by side, and their median over the rounds; null where not measured."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Run = Mapping[str, Any]
Figure = Callable[[Run], float | None]

THOUSAND: Final = 1_000
MILLION: Final = 1_000_000


def throughput(run: Run) -> float | None:
    """Return journeys a second."""
    return float(run["journeys_per_second"])


def reaction(run: Run) -> float | None:
    """Return the median reaction in milliseconds, a journey at a time."""
    return run["reaction_ms_alone"]["p50"]


def reaction_p99(run: Run) -> float | None:
    """Return the slowest hundredth of reactions in milliseconds, at full load."""
    return run["reaction_ms_at_full_load"]["p99"]


def memory(run: Run) -> float | None:
    """Return what doors and desks hold, in MiB."""
    held = run["memory_mib"]
    return held["doors"] + held["desks"] if "desks" in held else None


def prefect_share(run: Run) -> float | None:
    """Return the share of Prefect's server in all CPU time at full load."""
    cpu = run["cpu_ms_per_journey"]
    return cpu["prefect_server"] / sum(cpu.values()) if cpu.get("prefect_server") is not None else None


def away_p99(run: Run) -> float | None:
    """Return the slowest hundredth of journeys while an agency hangs that they do not ask, against all being well.

    Of whole journeys: the letters of every desk are in them, also of the one whose other letters hang.
    """
    well, away = run["journey_ms_all_well"]["p99"], run["journey_ms_one_away"]["p99"]
    return away / well if away is not None and well else None


def cpu(run: Run) -> float | None:
    """Return the CPU time of everything, in milliseconds a journey."""
    return float(sum(run["cpu_ms_per_journey"].values()))


#: What is divided by what: figure, who, against whom; for Ieum's scaling the count of journeys open already.
_OF: Final[Mapping[str, tuple[Figure, tuple[str, int], tuple[str, int]]]] = {
    "throughput_vs_dbos": (throughput, ("ieum", 0), ("dbos", 0)),
    "throughput_vs_celery": (throughput, ("ieum", 0), ("celery", 0)),
    "throughput_vs_restate": (throughput, ("ieum", 0), ("restate", 0)),
    "throughput_vs_bare_group": (throughput, ("ieum", 0), ("bare_group", 0)),
    "latency_vs_dbos": (reaction, ("ieum", 0), ("dbos", 0)),
    "throughput_100k_vs_1k": (throughput, ("ieum", 100_000), ("ieum", THOUSAND)),
    "p99_100k_vs_1k": (reaction_p99, ("ieum", 100_000), ("ieum", THOUSAND)),
    "memory_100k_vs_1k": (memory, ("ieum", 100_000), ("ieum", THOUSAND)),
    "throughput_1m_vs_1k": (throughput, ("ieum", MILLION), ("ieum", THOUSAND)),
    "p99_1m_vs_1k": (reaction_p99, ("ieum", MILLION), ("ieum", THOUSAND)),
    "memory_1m_vs_1k": (memory, ("ieum", MILLION), ("ieum", THOUSAND)),
}


#: What one run of Ieum alone comes to.
_WITHIN: Final[Mapping[str, Figure]] = {"prefect_cpu_share": prefect_share, "p99_one_away_vs_all_well": away_p99}


def ratios(runs: Sequence[Run], absent: Mapping[str, str]) -> tuple[dict[str, float | None], dict[str, Any]]:
    """Return every ratio by its name, and beside it, by the same name, why it is null or how far it ranged.

    Args:
        runs: Of all rounds.
        absent: Why a system was left out, by its name.
    """
    found: dict[str, float | None] = {}
    beside: dict[str, Any] = {}
    for name, (figure, (who, open_here), (whom, open_there)) in _OF.items():
        pairs = [
            _ratio(figure, _pick(runs, nth, who, open_here), _pick(runs, nth, whom, open_there))
            for nth in _rounds(runs)
        ]
        _note(found, beside, name, pairs)
        if found[name] is None:
            missing = next((a for a in (who, whom) if a in absent), None)
            beside[name] = absent[missing] if missing else _unasked(who, open_here, whom, open_there)
    alone = [run for run in runs if run["system"] == "ieum" and not run["open_already"]]
    for name, figure in _WITHIN.items():
        _note(found, beside, name, [figure(run) for run in alone])
        if found[name] is None:
            beside[name] = "not asked for in this run" if alone else "Ieum was not asked for in this run"
    return found, beside


def _rounds(runs: Sequence[Run]) -> list[int]:
    return sorted({run["round"] for run in runs})


def _pick(runs: Sequence[Run], nth: int, system: str, open_already: int) -> Run | None:
    mine = (run for run in runs if (run["round"], run["system"], run["open_already"]) == (nth, system, open_already))
    return next(mine, None)


def _ratio(figure: Figure, ours: Run | None, theirs: Run | None) -> float | None:
    if ours is None or theirs is None:
        return None
    above, below = figure(ours), figure(theirs)
    return above / below if above is not None and below else None


def _note(found: dict[str, float | None], beside: dict[str, Any], name: str, values: Sequence[float | None]) -> None:
    told = [value for value in values if value is not None]
    found[name] = round(statistics.median(told), 4) if told else None
    if told:
        beside[name] = {"least": round(min(told), 4), "most": round(max(told), 4), "rounds": len(told)}


def _unasked(who: str, open_here: int, whom: str, open_there: int) -> str:
    if open_here:
        return f"not asked for in this run: --open {open_there} {open_here}"
    return f"not asked for in this run: --systems {who} {whom}"
