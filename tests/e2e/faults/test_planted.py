"""The test of the test: three bugs planted in the victim, each caught by the very checks `test_kill.py` rests on."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.e2e.faults import evidence
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake

KILLS = 10
#: At the least.
JOURNEYS = 3
FLAGS = ("--scripted", "--speed", "20", "--tries", "20", "--first-wait", "0.1")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("plant", ["acknowledge_before_commit", "fresh_key_per_try", "mark_before_send"])
async def test_a_planted_bug_is_caught(plant: str, database_url: str, tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - the same seed kills at the same moments
    async with Stage(tmp_path, database_url, None, *FLAGS, plant=plant) as stage:
        if plant == "fresh_key_per_try":
            # Letters are taken, but every answer is bad and no word proves it: all are sent again. So few clients that
            # no breaker opens before that.
            await stage.sandbox.weather("*", status=503, takes=True, silence=True)
        walking: list[asyncio.Task[str]] = []

        def walks_in() -> None:
            body = intake(len(walking), stage.today, "living", "debt")
            walking.append(asyncio.create_task(stage.walk_in(f"client-{len(walking)}", body)))

        # A fresh key needs no kill to be seen, only a second try. Else somebody walks in in each life, so that each has
        # letters on their way and words to take when it ends.
        for _ in range(0 if plant == "fresh_key_per_try" else KILLS):
            walks_in()
            await stage.nursery.live()
            await asyncio.sleep(dice.uniform(0.3, 1.4))
            stage.nursery.kill()
        while len(walking) < JOURNEYS:
            walks_in()
        await stage.nursery.live()
        await asyncio.gather(*walking)
        calm = await stage.quiet(15 if plant == "fresh_key_per_try" else 30)
        _, lost = await evidence.lost_webhooks(stage)
        totals = await stage.sandbox.totals()
        wrong = await evidence.unfinished(stage)
    print(f"\n{plant}: lost {len(lost)}, second key {totals['second_key']}, unfinished {len(wrong)}")  # noqa: T201

    caught = {
        "acknowledge_before_commit": len(lost),
        "fresh_key_per_try": totals["second_key"],
        # Where work still goes on, what is not finished shows nothing.
        "mark_before_send": sum("requested" in each for each in wrong) if calm else 0,
    }
    assert caught[plant] > 0
