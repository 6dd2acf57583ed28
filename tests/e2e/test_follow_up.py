"""`ieum follow-up` and the worker's path: a follow-up by hand, without Prefect, and as what a Prefect worker starts."""

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.responses import DeploymentResponse

from deployments.deploying import deploy_all
from deployments.pool import POOL
from deployments.prefect_server import PrefectServer
from models.vocabulary import FollowUp
from tests.e2e.command import HOUSE
from tests.integration.ground import Ground

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def told(database_url: str, folder: Path) -> dict[str, str]:
    """Return the settings of a process on a test's database."""
    return {
        "IEUM_DATABASE_URL": database_url,
        "IEUM_STATE_FOLDER": str(folder),
        "IEUM_MASTER_KEY": "a-pretend-master-key-of-the-tests-and-of-nobody-else",
    }


async def run(environment: dict[str, str], *command: str) -> tuple[int, str, str]:
    """Run a program to its end; return its code and what it said on both its voices."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=str(HOUSE),
        env=environment,
    )
    out, err = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode or 0, out.decode(), err.decode()


def ieum(*arguments: str) -> list[str]:
    """Return the command line of `ieum`, with the smallest job where a follow-up has none yet."""
    return [sys.executable, "-m", "tests.e2e.with_jobs", "ieum", *arguments]


def with_jobs(deployment: DeploymentResponse) -> str:
    """Return what a worker starts for a deployment, with the smallest job where a follow-up has none yet."""
    command = str(deployment.job_variables["command"])
    assert command.endswith(" -m deployments.worker")
    return command.replace("-m deployments.worker", "-m tests.e2e.with_jobs worker")


async def test_by_hand_without_prefect_it_runs_and_is_listed(ground: Ground, database_url: str, tmp_path: Path) -> None:
    await ground.walks_in()
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = bare | told(database_url, tmp_path)

    code, out, err = await run(environment, *ieum("follow-up", "run", "digest", "--json"))
    listed, table, _ = await run(environment, *ieum("follow-up", "list", "--json"))

    assert 0 == code, err
    assert "Prefect is away: it runs without" in err
    assert isinstance(json.loads(out), dict)
    assert 0 == listed
    lines = {line["follow_up"]: line for line in json.loads(table)}
    assert [each.value for each in FollowUp] == list(lines)
    assert ("done", json.loads(out)) == (lines["digest"]["state"], lines["digest"]["counts"])
    assert lines["digest"]["last_done_at"].endswith("+09:00")
    assert (None, "0 3 * * 0") == (lines["keeping"]["state"], lines["keeping"]["schedule"])
    assert [("digest", "done", None)] == await ground.rows("SELECT follow_up, state, flow_run_id FROM follow_up_run")


async def test_by_hand_it_is_shown_in_prefect(
    ground: Ground, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    await ground.walks_in()
    environment = os.environ | told(database_url, tmp_path)
    environment |= {"IEUM_PREFECT_API_URL": prefect_server.api_url, "IEUM_PREFECT_AUTH": prefect_server.login}
    for leaked in [name for name in environment if name.startswith("PREFECT_")]:
        del environment[leaked]

    code, out, err = await run(environment, *ieum("follow-up", "run", "expiry"))

    assert 0 == code, err
    assert out.startswith("expiry: ")
    [(state, run_id)] = await ground.rows("SELECT state, flow_run_id FROM follow_up_run")
    assert "done" == state
    async with get_client() as prefect:
        shown = await prefect.read_flow_run(UUID(str(run_id)))
    assert shown.state is not None
    assert StateType.COMPLETED == shown.state.type


async def test_what_follows_up_nothing_is_refused_with_their_names(tmp_path: Path) -> None:
    environment = {**os.environ, "IEUM_STATE_FOLDER": str(tmp_path)}

    code, _, err = await run(environment, *ieum("follow-up", "run", "yesterday"))

    assert 2 == code
    assert "reconcile" in err


async def test_a_job_that_breaks_off_is_said_and_listed(ground: Ground, database_url: str, tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = bare | told(database_url, tmp_path) | {"BREAKS": "keeping"}

    code, _, err = await run(environment, *ieum("follow-up", "run", "keeping"))

    assert 1 == code
    assert "Run 1 of keeping broke off (LookupError at " in err
    assert "김하늘" not in err
    assert "Traceback" not in err
    assert [("keeping", "broken")] == await ground.rows("SELECT follow_up, state FROM follow_up_run")


@pytest.mark.timeout(600)
async def test_what_a_worker_starts_for_each_follow_up_runs_to_completed(
    ground: Ground, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    assert prefect_server.api_url
    await ground.walks_in()
    stands = await deploy_all(None)
    for follow_up in FollowUp:
        async with get_client() as prefect:
            deployment = await prefect.read_deployment(stands.follow_ups[follow_up].id)
            flow_run = await prefect.create_flow_run_from_deployment(deployment.id)
        command = with_jobs(deployment)

        code, out, err = await run(
            os.environ | told(database_url, tmp_path) | {"PREFECT__FLOW_RUN_ID": str(flow_run.id)},
            *shlex.split(command),
        )

        assert 0 == code, out + err
        async with get_client() as prefect:
            shown = await prefect.read_flow_run(flow_run.id)
            artifacts = await prefect.read_artifacts(
                artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run.id]))
            )
        assert shown.state is not None
        assert StateType.COMPLETED == shown.state.type, out + err
        assert shown.name.startswith(f"{follow_up} up to 20")
        assert [f"follow-up-{follow_up}"] == [artifact.key for artifact in artifacts]
        assert "김하늘" not in str(artifacts)
        assert [("done", flow_run.id)] == await ground.rows(
            "SELECT state, flow_run_id FROM follow_up_run WHERE follow_up = :f", f=follow_up.value
        )


async def test_a_real_worker_takes_a_run_up_whose_hour_has_come(
    ground: Ground, database_url: str, prefect_server: PrefectServer, tmp_path: Path
) -> None:
    assert prefect_server.api_url
    stands = await deploy_all(None)
    async with get_client() as prefect:
        deployment = await prefect.read_deployment(stands.follow_ups[FollowUp.REVIEWS].id)
        flow_run = await prefect.create_flow_run_from_deployment(
            deployment.id, job_variables={"command": with_jobs(deployment)}
        )

    code, out, err = await run(
        os.environ | told(database_url, tmp_path),
        *(sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--work-queue", "follow-ups"),
        *("--run-once", "--type", "process"),
    )

    assert 0 == code, out + err
    rows = await ground.rows("SELECT follow_up, flow_run_id FROM follow_up_run WHERE flow_run_id = :r", r=flow_run.id)
    assert [("reviews", flow_run.id)] == rows, out + err
