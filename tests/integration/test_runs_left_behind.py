"""Prefect runs of shifts whose process died are marked Crashed; those of the living, and of others, are left alone."""

from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.states import Running

from deployments.prefect_server import PrefectServer
from flows.desks import DESKS
from models.vocabulary import Desk
from tasks.runs import begin_run, run_name, sweep
from tasks.shiftbook import name_run, open_row
from tests.integration.ground import Ground, session_to

pytestmark = pytest.mark.timeout(180)

DEAD, LIVING, STRANGE = 990_000_101, 990_000_102, 990_000_103


async def running_shift(ground: Ground, process: int) -> UUID:
    """Let a process have a shift, with a Prefect run that is under way."""
    async with ground.engine.begin() as connection:
        number = await open_row(connection, Desk.DEBT_RELIEF, process, ground.now)
        run = await begin_run(DESKS[Desk.DEBT_RELIEF].flow, run_name(Desk.DEBT_RELIEF, number), process)
        await name_run(connection, number, run.id)
    async with get_client() as prefect:
        await prefect.set_flow_run_state(run.id, Running(), force=True)
    return run.id


async def state_of(run: UUID) -> StateType:
    async with get_client() as prefect:
        state = (await prefect.read_flow_run(run)).state
    assert state is not None
    return state.type


async def test_a_run_whose_process_died_is_crashed_and_the_living_ones_go_on(
    ground: Ground, prefect_server: PrefectServer
) -> None:
    assert prefect_server.api_url
    left, living = await running_shift(ground, DEAD), await running_shift(ground, LIVING)
    # A run of our flows whose process stands in nobody's book here: another installation's on the same server.
    strange = (await begin_run(DESKS[Desk.DEBT_RELIEF].flow, "debt-relief works shift 7", STRANGE)).id
    await ground.change("UPDATE shift SET state = 'died', closed_at = opened_at WHERE process = :dead", dead=DEAD)
    alive = await session_to(ground.engine)
    await alive.fetchval("SELECT pg_advisory_lock($1::bigint)", LIVING)

    assert await sweep(ground.tools, lambda: False)
    await alive.close()

    assert [StateType.CRASHED, StateType.RUNNING, StateType.PENDING] == [
        await state_of(run) for run in (left, living, strange)
    ]
