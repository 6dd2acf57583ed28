"""The work pool: where Prefect workers find desks and follow-ups, and what makes a deployment the one we want."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CoroutineType
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from models.schedules import ZONE

POOL: Final = "ieum-desks"
HOUSE: Final = Path(__file__).parent.parent

#: What a worker runs instead of Prefect's bare engine: the same, with our toolbox in place.
COMMAND: Final = f"{json.dumps(sys.executable)} -m deployments.worker"
_JOB: Final[Mapping[str, str]] = {"command": COMMAND, "working_dir": str(HOUSE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A deployment as it shall be.

    Attributes:
        flow: Its flow.
        name: Its own name; Prefect shows both, `overdue/overdue`.
        queue: Work queue of the pool.
        when_taken: What becomes of a run while another of the same deployment is at work.
        description: For the UI.
        tags: For the UI's filters.
        cron: Its schedule in Asia/Seoul; None for one that is run on demand.
    """

    flow: "Flow[[], CoroutineType[Any, Any, Any]]"
    name: str
    queue: str
    when_taken: ConcurrencyLimitStrategy
    description: str
    tags: list[str] = field(default_factory=list[str])
    cron: str | None = None

    @property
    def entrypoint(self) -> str:
        """Dotted path of the flow."""
        return f"{self.flow.fn.__module__}.{self.flow.fn.__name__}"

    @property
    def full_name(self) -> str:
        """Flow and deployment, as Prefect names it."""
        return f"{self.flow.name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment as it stands.

    Attributes:
        name: Flow and deployment.
        entrypoint: Dotted path of the flow.
        cron: Its schedule in Asia/Seoul, if it has one.
        id: Prefect's own.
        changed: Whether it was made or altered just now.
    """

    name: str
    entrypoint: str
    cron: str | None
    id: UUID
    changed: bool


async def ensure_pool(prefect: PrefectClient) -> None:
    """Make the work pool unless it is there.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    try:
        await prefect.read_work_pool(POOL)
    except ObjectNotFound:
        await prefect.create_work_pool(WorkPoolCreate(name=POOL, type="process"))


async def ensure(prefect: PrefectClient, wanted: Wanted) -> Deployed:
    """Make a deployment, or alter it where it is another than wanted; one that is right is not touched.

    Touching it would throw away the runs that its schedule has made. What somebody has paused stays paused.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    try:
        known = await prefect.read_deployment_by_name(wanted.full_name)
    except ObjectNotFound:
        known = None
    if known is not None and _is_right(known, wanted):
        return Deployed(wanted.full_name, wanted.entrypoint, wanted.cron, known.id, changed=False)
    deployment = await wanted.flow.ato_deployment(
        name=wanted.name,
        schedules=[] if wanted.cron is None else [Cron(wanted.cron, timezone=ZONE)],
        entrypoint_type=EntrypointType.MODULE_PATH,
        work_pool_name=POOL,
        work_queue_name=wanted.queue,
        job_variables=dict(_JOB),
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=wanted.when_taken),
        description=wanted.description,
        tags=wanted.tags,
    )
    deployment.entrypoint = wanted.entrypoint
    return Deployed(wanted.full_name, wanted.entrypoint, wanted.cron, await deployment.aapply(), changed=True)


def _is_right(known: DeploymentResponse, wanted: Wanted) -> bool:
    """Say whether a deployment is what it shall be."""
    limit, options = known.global_concurrency_limit, known.concurrency_options
    return (
        (known.entrypoint, known.work_pool_name, known.work_queue_name) == (wanted.entrypoint, POOL, wanted.queue)
        and (known.description, sorted(known.tags)) == (wanted.description, sorted(wanted.tags))
        and known.job_variables == _JOB
        and (limit and limit.limit, options and options.collision_strategy) == (1, wanted.when_taken)
        and [_cron_of(schedule.schedule) for schedule in known.schedules]
        == ([] if wanted.cron is None else [(wanted.cron, ZONE)])
    )


def _cron_of(schedule: object) -> tuple[str, str | None] | None:
    return (schedule.cron, schedule.timezone) if isinstance(schedule, CronSchedule) else None
