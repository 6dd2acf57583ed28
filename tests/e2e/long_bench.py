"""The benchmark itself, small: Ieum alone, four journeys, by its own doors; and a fault planted in its log is seen."""

from pathlib import Path

import asyncpg
import pytest

from benchmarks.__main__ import measure
from benchmarks.ieum import DATABASE
from benchmarks.ratios import ratios
from benchmarks.rounds import Plan
from benchmarks.seal import plain
from benchmarks.self_check import faults_in
from deployments.cluster import Cluster
from settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PLAN = Plan(rounds=1, journeys=4, at_once=4, alone=1, warm_up=1, cold=0, away=0, systems=("ieum",), open_already=())
DROPPED = "DELETE FROM transition WHERE id = (SELECT max(id) FROM transition WHERE event = 'accepted')"


async def test_the_reference_work_is_done_and_a_dropped_step_is_seen(tmp_path: Path) -> None:
    measured = await measure(PLAN, tmp_path, lambda _: None)

    assert ({}, []) == (measured.absent, measured.faults)
    (run,) = measured.runs
    # By the house's own rules: placement after counseling, the subsidy after the hire.
    assert 4 * 2 == run["reaction_ms_at_full_load"]["count"]
    assert {"doors", "desks", "prefect_server", "postgres", "postgres_for_prefect", "load"} == set(
        run["cpu_ms_per_journey"]
    )
    assert 0 < (ratios(measured.runs, measured.absent)[0]["prefect_cpu_share"] or 0) < 1
    async with Cluster(Settings(state_folder=tmp_path), lambda _: None) as cluster:
        connection = await asyncpg.connect(plain(cluster.url(DATABASE)))
        try:
            numbers = [row["number"] for row in await connection.fetch("SELECT number FROM journey")]
            before = await faults_in(connection, numbers)
            await connection.execute(DROPPED)
            after = await faults_in(connection, numbers)
        finally:
            await connection.close()

    assert (6, []) == (len(numbers), before)
    (fault,) = after
    assert "accepted, a step is missing, the steps do not follow" in fault
