"""`python -m tests.e2e.cluster`: the house on many machines, on one, with faults; `make cluster-test` calls it."""

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from tests.e2e.cluster.house import CannotRun
from tests.e2e.cluster.plan import SIZES, Plan
from tests.e2e.cluster.planting import CATCHES, planted
from tests.e2e.cluster.run import Outcome, run

FOLDER: Final = Path(".ieum/cluster")
_CODE_CANNOT: Final = 3


def _say(sentence: str) -> None:
    sys.stderr.write(f"cluster: {sentence}\n")
    sys.stderr.flush()


def _told() -> argparse.Namespace:
    told = argparse.ArgumentParser(prog="make cluster-test ARGS=...", description=__doc__)
    told.add_argument("--size", choices=sorted(SIZES), default="full", help="where the plan begins (default: full)")
    for name, type_, what in (
        ("journeys", int, "journeys in all"),
        ("kills", int, "kill -9, each kind of process in its turn"),
        ("times-away", int, "how often PostgreSQL is stopped"),
        ("away-seconds", float, "for how long each time"),
        ("times-cut-off", int, "how often a desk is stopped past its lease"),
        ("cut-off-seconds", float, "for how long"),
        ("wipes", int, "how often Prefect's database is wiped"),
        ("pause-seconds", float, "between two faults, at the most"),
        ("quiet-seconds", float, "for everything to come to its end after the last fault"),
        ("seed", int, "orders the faults"),
        ("from-revision", str, "git revision that doors and desks begin with and are moved from, one by one"),
    ):
        told.add_argument(f"--{name}", type=type_, help=what)
    told.add_argument("--limit-seconds", type=float, help="end the run, and everything it started, after so long")
    told.add_argument("--plants", nargs="*", help="plant these bugs instead, one a run; all when none is named")
    told.add_argument("--json", action="store_true", help="print what the run came to as JSON")
    return told.parse_args()


def _plan(told: argparse.Namespace) -> Plan:
    """Return what is asked for.

    Raises:
        CannotRun: An upgrade from nothing.
    """
    if told.size == "upgrade" and not told.from_revision:
        raise CannotRun("an upgrade begins somewhere: --from-revision REVISION, or make upgrade-test FROM=REVISION")
    named: dict[str, Any] = vars(told)
    given = {field.name: named[field.name] for field in fields(Plan) if named.get(field.name) is not None}
    return replace(SIZES[told.size], **given)


def table(outcome: Outcome) -> str:
    """Lay out what a run came to, for a terminal."""
    lines = ["", f"What was done in {outcome.seconds:.0f} s, with seed {outcome.plan.seed}:"]
    lines += [f"  {count:>7}  {what}" for what, count in sorted(outcome.harm.items())]
    lines += ["What there was to be read:"]
    lines += [f"  {count:>7}  {what.replace('_', ' ')}" for what, count in outcome.amounts.items()]
    lines += [f"  {outcome.shown:>7}  faults shown to the reader afterwards"]
    answers = ", ".join(f"{count} times {status}" for status, count in outcome.answers.items())
    lines += [f"What the doors answered (0: nothing): {answers}"]
    ended = ", ".join(f"{name} {len(codes)} times" for name, codes in outcome.ended_by_themselves.items())
    lines += [f"Ended by themselves and started again: {ended or 'none'}", "What must be 0:"]
    for what, found in outcome.counts.items():
        lines += [f"  {len(found):>7}  {what}", *(f"             {sentence}" for sentence in found[:5])]
    return "\n".join(lines)


async def _work(told: argparse.Namespace) -> int:
    working, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert working is not None
    for which in (signal.SIGINT, signal.SIGTERM):
        # What was started is ended in order.
        loop.add_signal_handler(which, working.cancel)
    async with asyncio.timeout(told.limit_seconds):
        if told.plants is not None and told.from_revision:
            raise CannotRun("bugs are planted in this version alone: leave --plants or --from-revision out")
        if told.plants is not None:
            missed = await planted(told.plants or list(CATCHES), FOLDER.resolve(), _say)
            return 1 if missed else 0
        outcome = await run(_plan(told), FOLDER.resolve(), _say)
    sys.stderr.write(table(outcome) + "\n")
    if told.json:
        sys.stdout.write(json.dumps(outcome.as_json(), indent=2, default=str) + "\n")
    _say("every count is 0" if outcome.is_good else "NOT every count is 0")
    return 0 if outcome.is_good else 1


def main() -> int:
    """Run the plan; return 1 where a count is not 0."""
    told = _told()
    try:
        return asyncio.run(_work(told))
    except CannotRun as cannot:
        _say(str(cannot))
        return _CODE_CANNOT
    except TimeoutError:
        _say(f"not done within {told.limit_seconds:.0f} s; everything is ended")
        return 1
    except asyncio.CancelledError:
        _say("stopped; everything is ended")
        return 130


if __name__ == "__main__":
    sys.exit(main())
