"""The report: `benchmarks/results.json`, the table and the plot that `docs/performance.md` shows."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks import ratios as of
from benchmarks.plot import Bar, draw
from benchmarks.rounds import Measured, Plan, medians
from benchmarks.work import SHAPES

RESULTS: Final = Path("benchmarks/results.json")
PAGE: Final = Path("docs/performance.md")
PLOT: Final = Path("docs/performance.svg")
#: What is between these in the page is written by the command; the rest by hand.
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

_NAMES: Final[Mapping[str, str]] = {
    "ieum": "Ieum",
    "bare_group": "bare loop, group commit",
    "dbos": "DBOS",
    "celery": "Celery, Redis on disk",
    "restate": "Restate, 4 partitions",
}
_GOALS: Final[Mapping[str, str]] = {
    "throughput_vs_dbos": "≥ 10",
    "throughput_vs_celery": "≥ 2",
    "throughput_vs_restate": "≥ 1",
    "throughput_vs_bare_group": "≥ 0.25",
    "latency_vs_dbos": "≤ 0.5",
    "prefect_cpu_share": "≤ 0.05",
    "p99_one_away_vs_all_well": "≤ 1.1",
    "throughput_100k_vs_1k": "≥ 0.9",
    "p99_100k_vs_1k": "≤ 1.2",
    "memory_100k_vs_1k": "≤ 1.1",
    "throughput_1m_vs_1k": "≥ 0.9",
    "p99_1m_vs_1k": "≤ 1.2",
    "memory_1m_vs_1k": "≤ 1.1",
}


def write_report(measured: Measured, plan: Plan, root: Path) -> dict[str, Any]:
    """Write results, plot and the page's figures below `root`; return the results.

    Raises:
        OSError: A file cannot be written.
        ValueError: The page lacks the marks between which the figures belong.
    """
    found, beside = of.ratios(measured.runs, measured.absent)
    results = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "prefect": version("prefect"),
            "load_average_before": round(measured.load_before, 2),
        },
        "plan": {
            "rounds": plan.rounds,
            "journeys": plan.journeys,
            "at_once": plan.at_once,
            "alone": plan.alone,
            "away": plan.away,
            "unhurried": plan.unhurried,
            "shape": plan.shape,
            "stages": SHAPES[plan.shape],
        },
        "ratios": found,
        "beside": beside,
        "absent": measured.absent,
        "runs": measured.runs,
    }
    (root / RESULTS).write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    bars = _bars(measured.runs)
    if bars:
        (root / PLOT).write_text(draw("Journeys a second (log scale; line: least to most)", bars), encoding="utf-8")
    page = (root / PAGE).read_text(encoding="utf-8")
    (root / PAGE).write_text(with_figures(page, results), encoding="utf-8")
    return results


def with_figures(page: str, results: Mapping[str, Any]) -> str:
    """Return the page with these results between its marks.

    Raises:
        ValueError: A mark is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} lacks its marks for the figures")
    return f"{before}{BEGIN}\n\n{_figures(results)}\n{END}{after}"


def _systems(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return list(dict.fromkeys((run["system"], run["open_already"]) for run in runs))


def _of(runs: Sequence[Mapping[str, Any]], system: tuple[str, int]) -> list[dict[str, Any]]:
    return [dict(run) for run in runs if (run["system"], run["open_already"]) == system]


def _label(system: tuple[str, int]) -> str:
    name, open_already = system
    return f"{_NAMES.get(name, name)}, {open_already:,} open" if open_already else _NAMES.get(name, name)


def _bars(runs: Sequence[Mapping[str, Any]]) -> list[Bar]:
    bars: list[Bar] = []
    for system in _systems(runs):
        middle = medians(_of(runs, system), of.throughput)
        if middle is not None:
            bars.append(Bar(_label(system), *middle, ours=system[0] == "ieum"))
    return sorted(bars, key=lambda bar: -bar.median)


def _figures(results: Mapping[str, Any]) -> str:
    plan, runs = results["plan"], results["runs"]
    machine = f"{results['machine']['cores']} cores, Python {results['machine']['python']}"
    load = results["machine"]["load_average_before"]
    rounds = "1 round" if plan["rounds"] == 1 else f"{plan['rounds']} rounds"
    busy = [] if load < 1 else ["**Other work ran on this machine meanwhile: these figures are rough.**"]
    lines = [
        f"{results['measured_at'][:10]}, {machine}, load {load:g} before it began.",
        *busy,
        f"{rounds}, {plan['journeys']} journeys, {plan['at_once']} at a time, shape `{plan['shape']}`.",
        "Medians, and in parentheses the least and the most.",
        "",
        f"![Journeys a second of every system]({PLOT.name})",
        "",
        "| system | journeys/s | CPU ms a journey, all | word → next call alone, ms | at full load, p99 ms |",
        "|---|---|---|---|---|",
    ]
    for system in _systems(runs):
        mine = _of(runs, system)
        cells = [medians(mine, figure) for figure in (of.throughput, of.cpu, of.reaction, of.reaction_p99)]
        lines.append(f"| {_label(system)} | " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", "| ratio | goal | median of the rounds | range, or why it is missing |", "|---|---|---|---|"]
    for name, value in results["ratios"].items():
        beside = results["beside"][name]
        told = f"{beside['least']:.3g} to {beside['most']:.3g}" if isinstance(beside, dict) else _first_line(beside)
        lines.append(f"| `{name}` | {_GOALS[name]} | {'–' if value is None else f'{value:.3g}'} | {told} |")
    cold = medians(_of(runs, ("ieum", 0)), lambda run: run["reaction_ms_cold"]["p50"])
    lines += ["", f"From a cold desk (no shift open): word → next call {_cell(cold)} ms; the goal is 1,500."]
    shares = _shares(runs)
    if shares:
        lines += ["", "Where Ieum's CPU time goes at full load, by process:", "", *shares]
    return "\n".join([*lines, ""])


def _shares(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    mine = _of(runs, ("ieum", 0))
    if not mine:
        return []
    lines = ["| process | ms a journey | share |", "|---|---|---|"]
    for name in mine[0]["cpu_ms_per_journey"]:
        milliseconds = medians(mine, lambda run, name=name: run["cpu_ms_per_journey"].get(name))
        share = medians(mine, lambda run, name=name: run["cpu_ms_per_journey"][name] / (of.cpu(run) or 1))
        percent = "–" if share is None else f"{100 * share[0]:.1f} %"
        lines.append(f"| {name.replace('_', ' ')} | {_cell(milliseconds)} | {percent} |")
    return lines


def _cell(value: tuple[float, float, float] | None) -> str:
    return "–" if value is None else f"{_short(value[0])} ({_short(value[1])}–{_short(value[2])})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits either way


def _first_line(text: str) -> str:
    return text.splitlines()[0]
