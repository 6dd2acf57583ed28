"""The ratios and the page: paired by round, null with a reason where something was not measured."""

from typing import Any

import pytest

from benchmarks.plot import Bar, draw
from benchmarks.ratios import ratios
from benchmarks.report import BEGIN, END, with_figures
from benchmarks.rounds import spread

ASKED_FOR = {
    *("throughput_vs_dbos", "throughput_vs_celery", "throughput_vs_restate", "throughput_vs_bare_group"),
    *(
        "latency_vs_dbos",
        "prefect_cpu_share",
        "p99_one_away_vs_all_well",
        "throughput_1m_vs_1k",
        "p99_1m_vs_1k",
        "memory_1m_vs_1k",
    ),
}


def run(nth: int, system: str, journeys_per_second: float, reaction: float, open_already: int = 0) -> dict[str, Any]:
    own = {"doors": 15.0, "desks": 45.0, "prefect_server": 5.0, "postgres": 30.0, "load": 5.0}
    return {
        "round": nth,
        "system": system,
        "open_already": open_already,
        "journeys_per_second": journeys_per_second,
        "reaction_ms_alone": {"p50": reaction, "p99": reaction, "count": 40},
        "reaction_ms_at_full_load": {"p50": reaction, "p99": 3 * reaction, "count": 40},
        "reaction_ms_cold": {"p50": 900.0, "p99": 900.0, "count": 2},
        "journey_ms_all_well": {"p50": reaction, "p99": 2 * reaction, "count": 40},
        "journey_ms_one_away": {"p50": reaction, "p99": 2.1 * reaction, "count": 40},
        "cpu_ms_per_journey": own if system == "ieum" else {"program": 200.0},
        "memory_mib": {"doors": 60.0, "desks": 120.0},
        "faults": [],
    }


RUNS = [
    *(run(1, "ieum", 30, 10), run(1, "dbos", 3, 40)),
    *(run(2, "ieum", 40, 10), run(2, "dbos", 2, 50)),
    *(run(3, "ieum", 36, 10), run(3, "dbos", 3, 20)),
    *(run(1, "ieum", 30, 12, 1_000), run(1, "ieum", 27, 12, 1_000_000)),
]


def test_a_ratio_is_the_median_of_what_the_rounds_had_side_by_side() -> None:
    found, beside = ratios(RUNS, {"restate": "the server is not installed"})

    assert found.keys() >= ASKED_FOR
    assert (12.0, 0.25, 0.05) == (found["throughput_vs_dbos"], found["latency_vs_dbos"], found["prefect_cpu_share"])
    assert 1.05 == found["p99_one_away_vs_all_well"]
    assert (0.9, 1.0, 1.0) == (found["throughput_1m_vs_1k"], found["p99_1m_vs_1k"], found["memory_1m_vs_1k"])
    assert {"least": 10.0, "most": 20.0, "rounds": 3} == beside["throughput_vs_dbos"]
    assert (None, "the server is not installed") == (found["throughput_vs_restate"], beside["throughput_vs_restate"])
    assert None is found["throughput_100k_vs_1k"]
    assert "not asked for in this run: --open 1000 100000" == beside["throughput_100k_vs_1k"]


def test_the_page_keeps_what_was_written_by_hand() -> None:
    found, beside = ratios(RUNS, {})
    results = {
        "measured_at": "2026-11-27T03:00:00+00:00",
        "machine": {"cores": 2, "python": "3.11.7", "load_average_before": 0.4},
        "plan": {"rounds": 3, "journeys": 200, "at_once": 50, "shape": "house"},
        "ratios": found,
        "beside": beside,
        "runs": RUNS,
    }
    page = f"# By hand\n\n{BEGIN}\nold figures\n{END}\n\nBy hand, too.\n"

    written = with_figures(page, results)

    assert written.startswith("# By hand")
    assert written.endswith("By hand, too.\n")
    assert "old figures" not in written
    assert "figures are rough" not in written
    busy = {"cores": 2, "python": "3.11.7", "load_average_before": 3.2}
    assert "figures are rough" in with_figures(page, {**results, "machine": busy})
    assert "| Ieum | 36 (30–40) | 100 (100–100) | 10 (10–10) | 30 (30–30) |" in written
    assert "| `throughput_vs_dbos` | ≥ 10 | 12 | 10 to 20 |" in written
    assert "| prefect server | 5 (5–5) | 5.0 % |" in written
    with pytest.raises(ValueError, match="lacks its marks"):
        with_figures("# By hand", results)


def test_the_plot_shows_every_bar_with_its_range() -> None:
    drawn = draw("Journeys a second", [Bar("Ieum", 36, 30, 40, ours=True), Bar("DBOS <3>", 3, 2, 3, ours=False)])

    assert 2 == drawn.count('height="20"')
    assert 6 == drawn.count('stroke="#222222"')
    assert "DBOS &lt;3&gt;" in drawn


def test_of_no_reactions_nothing_is_said() -> None:
    assert {"p50": None, "p99": None, "count": 0} == spread([])
    assert {"p50": 20.0, "p99": 30.0, "count": 3} == spread([0.03, 0.01, 0.02])
