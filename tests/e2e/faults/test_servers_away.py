"""Prefect wiped, killed or frozen, PostgreSQL killed: work goes on or waits, and nothing is lost."""

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deployments.postgres import PrivatePostgres
from deployments.prefect_server import PrefectServer
from deployments.processes import remembered_number
from models.database import migrate
from tests.e2e.faults import evidence
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import intake

pytestmark = pytest.mark.timeout(240)

FLAGS = ("--scripted", "--speed", "4", "--tries", "20", "--first-wait", "0.2")
NEEDS = ("living", "benefits", "debt", "job")
PREFECT = "prefect_away"


@dataclass
class Ground:
    """Servers of these tests' own, which they may take away."""

    postgres: PrivatePostgres
    prefect: PrefectServer
    databases: int = 0

    async def fresh_database(self) -> str:
        """Return the URL of a new database with today's tables."""
        self.databases += 1
        url = await self.postgres.ensure_database(f"away_{self.databases}")
        await asyncio.to_thread(migrate, url)
        return url


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Start a PostgreSQL and a Prefect server for this file alone."""
    folder = tmp_path_factory.mktemp("away")
    postgres = PrivatePostgres(folder / "postgres")
    asyncio.run(postgres.start())
    prefect = PrefectServer(folder / "prefect", asyncio.run(postgres.ensure_database(PREFECT)))
    asyncio.run(prefect.start())
    yield Ground(postgres, prefect)
    asyncio.run(prefect.stop())
    asyncio.run(postgres.stop())


async def walk_in(stage: Stage, first: int, count: int) -> None:
    """Let clients walk in, numbered from `first`."""
    bodies = {f"client-{nth}": intake(nth, stage.today, *NEEDS) for nth in range(first, first + count)}
    await asyncio.gather(*(stage.walk_in(key, body) for key, body in bodies.items()))


async def assert_all_is_well(stage: Stage) -> None:
    """Check what must hold after any fault: all finished, nothing lost or doubled, the log explains the state."""
    assert await stage.quiet(120), await evidence.open_ends(stage)
    assert [] == (await evidence.lost_webhooks(stage))[1]
    assert [] == await evidence.lost_intakes(stage)
    assert [] == await evidence.unfinished(stage)
    assert 0 == (await stage.sandbox.totals())["second_key"]
    assert [] == await evidence.unexplained(stage)


async def test_prefects_database_is_wiped_while_shifts_run(ground: Ground, tmp_path: Path) -> None:
    settings = ground.prefect.client_settings()
    async with Stage(tmp_path, await ground.fresh_database(), settings, *FLAGS) as stage:
        await stage.nursery.live()
        await walk_in(stage, 0, 6)
        await asyncio.sleep(2)
        await ground.prefect.stop()
        await ground.postgres.drop_database(PREFECT)
        await ground.postgres.ensure_database(PREFECT)
        await walk_in(stage, 6, 2)
        await ground.prefect.start()
        since = datetime.now(UTC)
        await walk_in(stage, 8, 2)
        await assert_all_is_well(stage)
        away = stage.nursery.counters()
        await stage.nursery.leave()
        await stage.nursery.live()
        await walk_in(stage, 10, 1)
        await assert_all_is_well(stage)
        await stage.nursery.leave()
        runs = await evidence.flow_runs(ground.postgres.database_url(PREFECT), since)
    print(f"\nwiped: counters {away}, runs afterwards {dict(runs)}")  # noqa: T201

    assert runs["COMPLETED"] + runs["FAILED"] > 0
    assert 0 == runs["RUNNING"] + runs["PENDING"], runs
    assert 0 == away["broken"]


async def test_prefect_is_killed_for_a_while(ground: Ground, tmp_path: Path) -> None:
    settings = ground.prefect.client_settings()
    since = datetime.now(UTC)
    async with Stage(tmp_path, await ground.fresh_database(), settings, *FLAGS) as stage:
        await stage.nursery.live()
        await walk_in(stage, 0, 4)
        await asyncio.sleep(1)
        await ground.prefect.kill()
        await walk_in(stage, 4, 4)
        await asyncio.sleep(1)
        # A house that starts while Prefect is away opens all the same.
        stage.nursery.kill()
        await stage.nursery.live()
        await walk_in(stage, 8, 2)
        await assert_all_is_well(stage)
        away = stage.nursery.counters()
        await ground.prefect.start()
        await stage.nursery.leave()
        await stage.nursery.live()
        await walk_in(stage, 10, 1)
        await assert_all_is_well(stage)
        await stage.nursery.leave()
        runs = await evidence.flow_runs(ground.postgres.database_url(PREFECT), since)
    print(f"\nkilled: counters {away}, runs {dict(runs)}")  # noqa: T201

    assert away["without_prefect"] > 0
    assert runs["COMPLETED"] + runs["FAILED"] > 0
    assert 0 == runs["RUNNING"] + runs["PENDING"], runs


async def test_prefect_freezes_and_the_doors_stay_open(ground: Ground, tmp_path: Path) -> None:
    # As the product's, but for ten seconds: each shift waits so long more than once.
    settings = {**ground.prefect.client_settings(), "PREFECT_API_REQUEST_TIMEOUT": "2"}
    pid = remembered_number(ground.prefect.folder / "pid")
    assert pid is not None
    async with Stage(tmp_path, await ground.fresh_database(), settings, *FLAGS, linger_seconds=1.0) as stage:
        await stage.nursery.live()
        await walk_in(stage, 0, 2)
        # The first two may have knocked before the doors had opened: what counts is what comes now.
        stage.answers.clear()
        await asyncio.sleep(1)
        os.kill(pid, signal.SIGSTOP)
        try:
            for nth in range(2, 6):
                await walk_in(stage, nth, 1)
                await asyncio.sleep(2)
            answers = dict(stage.answers)
            finished = await stage.quiet(120)
        finally:
            os.kill(pid, signal.SIGCONT)
        await assert_all_is_well(stage)

    # Every client was taken in at the first call, and served, while Prefect was frozen.
    assert {201: 4} == answers
    assert finished


async def test_postgresql_is_killed_and_comes_back(ground: Ground, tmp_path: Path) -> None:
    settings = ground.prefect.client_settings()
    async with Stage(tmp_path, await ground.fresh_database(), settings, *FLAGS) as stage:
        await stage.nursery.live()
        await walk_in(stage, 0, 6)
        await asyncio.sleep(1)
        await ground.postgres.kill()
        # PostgreSQL stays away until there is an answer.
        answer = await stage.api("POST", "/api/journeys", intake(6, stage.today, *NEEDS), key="client-6")
        waiting = asyncio.create_task(walk_in(stage, 6, 2))
        await asyncio.sleep(4)
        await ground.postgres.start()
        await waiting
        await assert_all_is_well(stage)
        counters = stage.nursery.counters()
        await stage.nursery.leave()
        refused = sum(each.get("status") == 503 for said in await stage.sandbox.said() for each in said["tries"])
    print(f"\nPostgreSQL killed: webhooks answered 503 {refused}, {counters}")  # noqa: T201

    assert (503, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert "/problems/database-away" == answer.json()["type"]
    assert "retry-after" in answer.headers
    assert refused > 0
