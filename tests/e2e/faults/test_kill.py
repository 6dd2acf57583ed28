"""`kill -9` at random moments: nothing acknowledged is lost or doubled, and every journey finishes."""

import asyncio
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.postgres import PrivatePostgres
from deployments.prefect_server import PrefectServer
from tests.e2e.faults import evidence
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake

#: Enough to bite on every run; `make faults` asks for the 200 of the acceptance.
KILLS = int(os.environ.get("FAULT_KILLS", "50"))
#: Past it no more kills are done; `make kills` asks for thousands, and for hours.
MINUTES = float(os.environ.get("FAULT_MINUTES", "10"))
#: A long run has Prefect in every so many lives only, and lives apart from it in the others: to settle the Prefect runs
#: of dead shifts takes the server longer than all else.
PREFECT_EVERY = int(os.environ.get("FAULT_PREFECT_EVERY", "1"))
#: How often the house is opened again at most until nothing is left behind in Prefect: each time settles hundreds.
MORNINGS = 8 + KILLS // 100
#: More of them would only make the evidence heavier.
JOURNEYS = max(3, min(KILLS // 2, 1000))
#: Kills after which a long run says how far it is.
TELL_EVERY = 200
SEED = 20261122
#: Seconds a life may last until it is killed; a long run takes shorter ones, so that more of them fit its hours.
LIFE = (0.05, float(os.environ.get("FAULT_LIFE_SECONDS", "1.6")))
FLAGS = ("--scripted", "--speed", "10", "--tries", "20", "--first-wait", "0.3")
QUIET_SECONDS = 150.0
FINAL = {"COMPLETED", "CRASHED", "FAILED"}
#: What the clients ask help for, in turn: every need, in every company.
NEEDS = (
    ("living", "benefits", "debt", "job"),
    ("living", "debt"),
    ("benefits", "job"),
    ("debt", "job"),
    ("living", "benefits"),
)


@pytest.mark.timeout(MINUTES * 60 + max(300, KILLS))
async def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    postgres: PrivatePostgres, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    began, since = time.monotonic(), datetime.now(UTC)
    async with Stage(tmp_path, database_url, prefect_server.client_settings(), *FLAGS) as stage:
        await _kill_while_they_walk_in(stage, KILLS, JOURNEYS)
        killed_after = time.monotonic() - began
        meanwhile = await stage.sandbox.totals()
        await stage.nursery.live()
        quiet = await stage.quiet(QUIET_SECONDS)
        finished_after = time.monotonic() - began
        await _mornings_after(stage, postgres.database_url("prefect"), since)
        acknowledged, lost = await evidence.lost_webhooks(stage)
        totals = await stage.sandbox.totals()
        unexplained = await evidence.unexplained(stage)
        shifts = dict(await stage.rows("SELECT state, count(*) FROM shift GROUP BY state"))
        ends = await evidence.open_ends(stage)
        wrong = await evidence.unfinished(stage)
        lost_intakes = await evidence.lost_intakes(stage)
        sizes = (await stage.rows("SELECT (SELECT count(*) FROM referral), (SELECT count(*) FROM transition)"))[0]
        await stage.nursery.leave()
        runs, tasks = await _settled(postgres.database_url("prefect"), since)
    print(  # noqa: T201 - the counts are what the test is run for
        f"\nkills {stage.nursery.kills} of {KILLS} in {killed_after / 60:.1f} of {MINUTES:g} minutes"
        f" · lives {stage.nursery.lives} · journeys {len(stage.opened)}"
        f" · intakes answered {stage.answers}\nwebhooks acknowledged {acknowledged}, lost {len(lost)}"
        f" · letters {totals['letters']}, tries {totals['attempts']}, doubles under one key {totals['duplicates']},"
        f" under a second key {totals['second_key']}\nreferrals {sizes[0]} · transitions {sizes[1]} · shifts {shifts}"
        f"\nPrefect runs {dict(runs)} · task runs {dict(tasks)}"
        f"\nkills took {killed_after:.0f} s, {meanwhile['letters']} letters arrived meanwhile,"
        f" quiet after {finished_after:.0f} s, all {time.monotonic() - began:.0f} s"
    )

    assert quiet, ends
    assert [] == lost
    assert [] == lost_intakes
    assert 0 == totals["second_key"]
    assert 0 == totals["changed"]
    assert [] == wrong
    assert {} == ends
    assert [] == unexplained
    if "FAULT_MINUTES" not in os.environ:
        assert KILLS == stage.nursery.kills, "only a run with a bound may end early"
        assert len(stage.opened) >= JOURNEYS
    assert acknowledged > 10 * len(stage.opened) > 0
    assert shifts["died"] > stage.nursery.kills // 4
    assert FINAL >= set(runs), runs
    assert FINAL >= set(tasks), tasks
    assert runs["COMPLETED"] > 0, "a house that closes in order ends its runs in order"


async def _kill_while_they_walk_in(stage: Stage, kills: int, journeys: int) -> None:
    """Kill so many lives, seeded, while clients walk in one after the other from the first life to nearly the last.

    When the time is over before that, no more are killed, and no more clients walk in.
    """
    dice, over_at = random.Random(SEED), time.monotonic() + 60 * MINUTES  # noqa: S311 - the same moments by the seed
    walking: list[asyncio.Task[str]] = []
    for nth in range(kills):
        if time.monotonic() > over_at:
            break
        if nth and nth % TELL_EVERY == 0:
            print(f"{nth} of {kills} kills, {len(stage.opened)} of {journeys} clients")  # noqa: T201
        await stage.nursery.live(with_prefect=nth % PREFECT_EVERY == 0)
        while len(walking) < journeys and len(walking) * kills <= journeys * (nth + 1) * 1.1:
            client = len(walking)
            body = intake(client, stage.today, *NEEDS[client % len(NEEDS)])
            walking.append(asyncio.create_task(stage.walk_in(f"client-{client}", body)))
        await asyncio.sleep(dice.uniform(*LIFE))
        stage.nursery.kill()
    waiting = asyncio.gather(*walking)
    if not all(task.done() for task in walking):
        await stage.nursery.live()
        await waiting
        stage.nursery.kill()
    await waiting


async def _mornings_after(stage: Stage, prefect_database_url: str, since: datetime) -> None:
    """Close and open the house for one more client, again until what was left behind in Prefect is looked after."""
    for nth in range(MORNINGS):
        await stage.nursery.leave()
        runs, tasks = await _settled(prefect_database_url, since)
        await stage.nursery.live()
        if nth and set(runs) | set(tasks) <= FINAL:
            return
        await stage.walk_in(f"client-last-{nth}", intake(len(stage.opened), stage.today, "debt"))
        assert await stage.quiet(QUIET_SECONDS), await evidence.open_ends(stage)
        await _only_the_living_run(stage, prefect_database_url, since)


async def _settled(prefect_database_url: str, since: datetime) -> tuple[Counter[str], Counter[str]]:
    """Return runs and task runs by state once nobody lives; Prefect writes a task's last words down some time later."""
    give_up = time.monotonic() + 10
    while True:
        runs = await evidence.flow_runs(prefect_database_url, since)
        tasks = await evidence.task_runs(prefect_database_url, since)
        if set(runs) | set(tasks) <= FINAL or time.monotonic() > give_up:
            return runs, tasks
        await asyncio.sleep(0.5)


async def _only_the_living_run(stage: Stage, prefect_database_url: str, since: datetime) -> None:
    """Wait until Prefect shows no more runs under way than there are shifts, at most ten seconds."""
    for _ in range(20):
        runs = await evidence.flow_runs(prefect_database_url, since)
        under_way = sum(count for state, count in runs.items() if state not in FINAL)
        if under_way <= await stage.number("SELECT count(*) FROM shift WHERE state = 'open'"):
            return
        await asyncio.sleep(0.5)
