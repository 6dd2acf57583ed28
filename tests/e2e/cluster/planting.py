"""The test of the test: each planted bug has a run of its own, and must turn its count red."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.e2e.cluster.house import Say
from tests.e2e.cluster.plan import SMALL, Plan
from tests.e2e.cluster.run import run

#: Without Prefect: none of these bugs is in it, and a run takes half the time.
_BARE: Final = replace(
    SMALL, journeys=12, kills=0, times_away=0, times_cut_off=0, wipes=0, with_prefect=False, quiet_seconds=25.0
)
#: By the bug's name: the count that it must turn red, and the plan in which it shows.
CATCHES: Final[Mapping[str, tuple[str, Plan]]] = {
    "claim_without_lock": ("cases worked by two at once", _BARE),
    "ignore_the_fence": ("writes of a stale desk", _BARE),
    "keep_a_lost_case": ("writes of a stale desk", replace(_BARE, times_cut_off=1, cut_off_seconds=20.0)),
    "acknowledge_before_commit": ("accepted webhooks lost", replace(_BARE, journeys=20, kills=8)),
    "fresh_key": ("referrals under two keys", _BARE),
    "forget_a_step": ("transitions out of order", _BARE),
    "mark_without_sending": ("letters sent that never arrived", _BARE),
    "lose_a_journey": ("journeys unfinished", _BARE),
}


async def planted(names: Sequence[str], folder: Path, say: Say) -> list[str]:
    """Run each planted bug; return those that no count caught.

    Raises:
        KeyError: there is no such bug.
        CannotRun: the house does not come up.
    """
    missed = list[str]()
    for name in names:
        count, plan = CATCHES[name]
        say(f"planted: {name}")
        outcome = await run(replace(plan, plant=name), folder, lambda _: None)
        caught = len(outcome.counts[count])
        also = [f"{other}: {len(found)}" for other, found in outcome.counts.items() if found and other != count]
        say(f"  {'caught' if caught else 'NOT CAUGHT'}: {count}: {caught}; also {', '.join(also) or 'nothing'}")
        missed += [] if caught else [name]
    say(f"{len(names) - len(missed)} of {len(names)} planted bugs were caught")
    return missed
