"""`python -m benchmarks`: measure Ieum and its peers side by side; `make bench` calls it."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

from benchmarks.report import PAGE, RESULTS, write_report
from benchmarks.rounds import Measured, Plan, Say, play_rounds
from benchmarks.work import SHAPES
from deployments.cluster import Cluster
from deployments.processes import remembered_number
from settings import Settings

FOLDER: Final = Path(".ieum/bench")


async def measure(plan: Plan, folder: Path, say: Say) -> Measured:
    """Play the plan on a PostgreSQL of the benchmark's own, with its durability as it ships."""
    settings = Settings(state_folder=folder)
    measuring, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert measuring is not None, "this is one"  # noqa: S101 - asyncio runs nothing else
    for which in (signal.SIGINT, signal.SIGTERM):
        # What was started is stopped in order.
        loop.add_signal_handler(which, measuring.cancel)
    async with Cluster(settings, say) as cluster:
        data = settings.state_folder / "postgres" / "data"
        postmaster = remembered_number(data / "postmaster.pid")
        assert postmaster is not None, "PostgreSQL runs"  # noqa: S101 - the cluster has just seen to it
        return await play_rounds(plan, settings.state_folder, cluster, postmaster, say)


def _say(sentence: str) -> None:
    sys.stderr.write(f"bench: {sentence}\n")


def _plan() -> tuple[Plan, bool]:
    usual = Plan()
    told = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    told.add_argument("--rounds", type=int, default=usual.rounds, help="how often each system has its turn")
    told.add_argument("--journeys", type=int, default=usual.journeys, help="of one throughput run")
    told.add_argument("--at-once", type=int, default=usual.at_once, help="journeys open at the same time")
    told.add_argument("--alone", type=int, default=usual.alone, help="journeys of one latency run, one at a time")
    told.add_argument("--cold", type=int, default=usual.cold, help="journeys of Ieum that meet closed shifts only")
    told.add_argument("--away", type=int, default=usual.away, help="clients of an agency that hangs; 0: leave that out")
    told.add_argument("--shape", choices=sorted(SHAPES), default=usual.shape, help="how the stages follow each other")
    told.add_argument("--systems", nargs="*", default=list(usual.systems), help="ieum and the peers to measure")
    told.add_argument("--open", nargs="*", type=int, default=list(usual.open_already), help="journeys open already")
    told.add_argument("--no-report", action="store_true", help="say the figures and write no file")
    given = told.parse_args()
    plan = Plan(
        rounds=given.rounds,
        journeys=given.journeys,
        at_once=given.at_once,
        alone=given.alone,
        cold=given.cold,
        away=given.away,
        shape=given.shape,
        systems=tuple(given.systems),
        open_already=tuple(given.open),
    )
    return plan, not given.no_report


def main() -> int:
    """Measure, write the report, and return 1 where a self-check found something."""
    plan, report = _plan()
    try:
        measured = asyncio.run(measure(plan, FOLDER.resolve(), _say))
    except asyncio.CancelledError:
        _say("stopped; nothing is written")
        return 130
    if report:
        results = write_report(measured, plan, Path())
        for name, value in results["ratios"].items():
            _say(f"{name}: {'not measured' if value is None else value}")
        _say(f"{RESULTS} and {PAGE} are written")
    for fault in measured.faults:
        _say(f"FAULT: {fault}")
    return 1 if measured.faults else 0


if __name__ == "__main__":
    sys.exit(main())
