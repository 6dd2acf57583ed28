"""A worker's shift: what a Prefect worker starts for a deployment works one shift of one desk to its end."""

import asyncio
import os
import shlex
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from deployments.deploying import deploy_all
from deployments.prefect_server import PrefectServer
from models.vocabulary import Desk, Need
from tests.integration.ground import Ground

pytestmark = pytest.mark.timeout(180)


async def test_the_workers_command_works_one_shift_of_its_desk(
    ground: Ground, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    assert prefect_server.api_url
    await ground.walks_in(Need.DEBT)
    await ground.work()
    await ground.change("UPDATE letter SET state = 'sent'")
    number = await ground.number("financial-counseling")
    await ground.put("agency:microfinance-desk", "accepted", number=number)
    await deploy_all(None)
    async with get_client() as prefect:
        deployment = await prefect.read_deployment_by_name("debt-relief/debt-relief")
        run = await prefect.create_flow_run_from_deployment(deployment.id)
    told = {
        "IEUM_DATABASE_URL": database_url,
        "IEUM_STATE_FOLDER": str(tmp_path),
        "IEUM_MASTER_KEY": "a-pretend-master-key-of-the-tests-and-of-nobody-else",
        "IEUM_LINGER_SECONDS": "0.2",
        "PREFECT__FLOW_RUN_ID": str(run.id),
    }

    worker = await asyncio.create_subprocess_exec(
        *shlex.split(str(deployment.job_variables["command"])),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=str(deployment.job_variables["working_dir"]),
        env=os.environ | told,
    )
    said = (await asyncio.wait_for(worker.communicate(), 120))[0].decode()

    assert 0 == worker.returncode, said
    assert "Traceback" not in said
    # It took its leave of the database instead of just being gone.
    left = "SELECT sessions_abandoned FROM pg_stat_database WHERE datname = current_database()"
    assert [(0,)] == await ground.rows(left)
    async with get_client() as prefect:
        state = (await prefect.read_flow_run(run.id)).state
    assert state is not None
    assert StateType.COMPLETED == state.type, said
    assert [(Desk.DEBT_RELIEF, "done", run.id)] == await ground.rows("SELECT desk, state, flow_run_id FROM shift")
    assert [("accepted",)] == await ground.rows("SELECT state FROM referral WHERE number = :n", n=number)
