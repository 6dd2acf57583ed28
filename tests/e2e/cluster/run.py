"""One run: the house stands, journeys are let in while harm is done, everything comes to its end, the reader reads."""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.wire import Server
from benchmarks.work import PROGRAMS, SHAPES
from tests.e2e.cluster.center import Callers, ManyDoors
from tests.e2e.cluster.harm import Harm
from tests.e2e.cluster.house import DATABASE, PREFECT_DATABASE, House, Say
from tests.e2e.cluster.plan import Kind, Plan
from tests.e2e.cluster.process import ENDED_IN_ORDER
from tests.e2e.cluster.reader import amounts, read, shown_by_prefect
from tests.e2e.cluster.tampering import blind_spots

#: Names of invented clients that no earlier run has used.
_FIRST: Final = 1
_TELL_SECONDS: Final = 15.0
#: Of every hundred letters this many are taken and answered badly all the same.
_BAD_ANSWERS: Final = 0.03


@dataclass(slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        counts: What must be 0, with the sentences of what was found.
        amounts: How much there was to be read.
        harm: What was done to the house.
        shown: Faults that the reader was shown afterwards, to see that it sees.
        seconds: From the first process to the last.
    """

    plan: Plan
    counts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    amounts: dict[str, int] = field(default_factory=dict[str, int])
    harm: dict[str, int] = field(default_factory=dict[str, int])
    answers: dict[str, int] = field(default_factory=dict[str, int])
    ended_by_themselves: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    shown: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether every count is 0."""
        return not any(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        """Return it all, of each count the number and its first sentences."""
        told = {name: {"count": len(found), "first": found[:10]} for name, found in self.counts.items()}
        return {**asdict(self), "counts": told, "good": self.is_good}


async def run(plan: Plan, folder: Path, say: Say) -> Outcome:
    """Run a plan.

    Raises:
        CannotRun: Something is missing here, or the house does not come up.
    """
    began, outcome = time.monotonic(), Outcome(plan)
    async with House(folder, plan, say) as house:
        center = ManyDoors(folder, house.cluster, DATABASE, random.Random(plan.seed))  # noqa: S311 - no secret
        center.master_key, agencies = house.master_key, Callers(center, SHAPES["house"])
        agencies.before_end = center.think
        harm = Harm(house, plan, center.witness, say)
        async with Server(_sometimes_bad(agencies, plan.seed)) as server:
            try:
                await house.open()
                doors = [process.ready_url.removesuffix("/health/ready") for process in house.all_of(Kind.DOORS)]
                center.speak_as(house.bearer)
                await center.connect(server.url, doors, SHAPES["house"])
                await _play(plan, center, agencies, harm, say)
                outcome.ended_by_themselves = {p.name: p.ended_by_itself for p in house.processes if p.ended_by_itself}
                codes = await house.close()
            finally:
                await center.stop()
        async with house.connected() as connection:
            outcome.amounts = await amounts(connection)
            outcome.counts = await read(connection, center.witness)
            outcome.shown, unseen = (0, []) if plan.plant else await blind_spots(connection, center.witness)
        if plan.with_prefect:
            async with house.connected(PREFECT_DATABASE) as connection:
                shown = await shown_by_prefect(connection)
            outcome.amounts |= shown
            outcome.counts["what Prefect should show and does not"] = [
                what for what, count in shown.items() if not count
            ]
        outcome.counts |= {
            "doors and desks that ended by themselves": [
                f"{name}: {codes}" for name, codes in outcome.ended_by_themselves.items() if name.startswith("d")
            ],
            "doors and desks that did not end in order": [
                *harm.not_in_order,
                *(f"{name}: {code}" for name, code in codes.items() if name[0] == "d" and code != ENDED_IN_ORDER),
            ],
            "processes that did not come back": harm.not_back,
            "refusals of the doors": center.refusals,
            "faults the reader did not see": unseen,
        }
    outcome.harm, outcome.seconds = dict(harm.done), round(time.monotonic() - began, 1)
    outcome.amounts |= {"webhooks acknowledged": len(center.witness.acknowledged)}
    outcome.amounts |= {"letters that came": sum(map(len, center.witness.letters.values()))}
    outcome.answers = {str(status): count for status, count in sorted(center.answers.items())}
    return outcome


def _sometimes_bad(agencies: Callers, seed: int) -> "Any":  # noqa: ANN401 - an answer of the wire
    dice = random.Random(seed)  # noqa: S311 - no secret

    def answer(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        status, said = agencies.answer(path, headers, body)
        return (503, b"{}") if status == 202 and dice.random() < _BAD_ANSWERS else (status, said)

    return answer


async def _play(plan: Plan, center: ManyDoors, agencies: Callers, harm: Harm, say: Say) -> None:
    """Let journeys in from the first fault to the last, and wait until all have come to their end."""
    steps = plan.steps()
    playing = asyncio.create_task(agencies.play(_FIRST, plan.journeys, plan.journeys, 86_400))
    telling = asyncio.create_task(_tell(plan, center, say))
    pause_seconds = sum(plan.seconds(step) for step in steps) / plan.journeys
    letting = asyncio.create_task(_let_in(center, plan.journeys, pause_seconds))
    try:
        for nth, step in enumerate(steps, start=1):
            say(f"fault {nth} of {len(steps)}: {step}")
            await harm.do(step)
        letting.cancel()
        for _ in range(plan.journeys):
            center.gate.release()
        say(f"no more faults; everything must come to its end within {plan.quiet_seconds:.0f} s")
        if await _over(playing, plan.quiet_seconds):
            # What broke the play itself is no fault of the house.
            playing.result()
    finally:
        for task in (playing, telling, letting):
            task.cancel()
        await asyncio.gather(playing, telling, letting, return_exceptions=True)
        await agencies.hang_up()


async def _over(playing: asyncio.Task[Any], seconds: float) -> bool:
    over, _ = await asyncio.wait({playing}, timeout=seconds)
    return bool(over)


async def _let_in(center: ManyDoors, count: int, pause_seconds: float) -> None:
    for _ in range(count):
        center.gate.release()
        await asyncio.sleep(pause_seconds)


async def _tell(plan: Plan, center: ManyDoors, say: Say) -> None:
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        done: int | str = "?"
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            done = await center.completed()
        say(
            f"{len(center.witness.opened)} of {plan.journeys} journeys are open or done, {done} of"
            f" {plan.journeys * len(PROGRAMS)} referrals completed, {len(center.witness.acknowledged)} webhooks"
        )
