"""The runs that Prefect's own schedule has made for the follow-ups: one is taken up, what it covers is skipped.

Every function here raises `httpx.HTTPError` or `prefect.exceptions.PrefectException` where Prefect is away.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.states import Pending

from models.schedules import MADE_UP_FOR
from models.vocabulary import FollowUp

#: Runs read at a time; more are seen the next time.
PAGE: Final = 200
_COVERED: Final = "A later run covers what this one would have done."


async def waiting_runs(
    prefect: PrefectClient, deployments: Mapping[FollowUp, UUID], now: datetime
) -> dict[FollowUp, list[FlowRun]]:
    """Return the runs whose hour has come, the latest last, by follow-up.

    Args:
        prefect: The server, asked.
        deployments: Id of each follow-up's deployment.
        now: Aware.
    """
    found = await prefect.get_scheduled_flow_runs_for_deployments(
        list(deployments.values()), scheduled_before=now, limit=PAGE
    )
    named: dict[UUID | None, FollowUp] = {deployment: follow_up for follow_up, deployment in deployments.items()}
    by_follow_up: dict[FollowUp, list[FlowRun]] = {}
    for run in found:
        if run.deployment_id in named:
            by_follow_up.setdefault(named[run.deployment_id], []).append(run)
    return by_follow_up


def still_wanted(follow_up: FollowUp, run: FlowRun, now: datetime) -> bool:
    """Say whether a run still makes sense at `now` (aware): see `models.schedules.MADE_UP_FOR`."""
    hour = run.next_scheduled_start_time or run.expected_start_time
    return hour is None or now - hour < MADE_UP_FOR[follow_up]


async def take(prefect: PrefectClient, run: UUID) -> FlowRun | None:
    """Take up a run and return it, or None where somebody else has it, or one of its kind is at work.

    Prefect keeps the deployment's limit of one here: what comes second is cancelled, for the first does the same.
    """
    answer = await prefect.set_flow_run_state(run, Pending())
    return await prefect.read_flow_run(run) if answer.status is SetStateStatus.ACCEPT else None


async def skip(prefect: PrefectClient, runs: Iterable[FlowRun]) -> None:
    """Let runs be that a later one covers; Prefect shows them as skipped, and late no more."""
    for run in runs:
        await prefect.set_flow_run_state(
            run.id, State[None](type=StateType.CANCELLED, name="Skipped", message=_COVERED)
        )


async def is_paused(prefect: PrefectClient, deployment: UUID) -> bool:
    """Say whether somebody has paused a deployment, or its schedule, in Prefect.

    Raises:
        prefect.exceptions.ObjectNotFound: It has no such deployment (any more).
    """
    known = await prefect.read_deployment(deployment)
    return known.paused or not any(schedule.active for schedule in known.schedules)
