"""Old runs: what Prefect keeps for ever unless somebody takes it away, ours only, so many at a time."""

import asyncio
from datetime import datetime
from typing import Final

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from models.vocabulary import Desk, FollowUp

#: Runs read, and taken away side by side, at a time; and in one keeping.
PAGE: Final = 25
MOST: Final = 5_000

_OURS: Final = FlowFilter(
    name=FlowFilterName(any_=[*(desk.value for desk in Desk), *(each.value for each in FollowUp)])
)


def prefect_is_known() -> bool:
    """Say whether this process was told of a Prefect server at all."""
    return get_current_settings().api.url is not None


async def remove_old_runs(before: datetime, *, dry_run: bool = False) -> int:
    """Remove our flow runs that ended before a moment, with their tasks, logs and artifacts; return how many.

    What they showed stands in our own tables; nothing is told there that is told nowhere else.

    Args:
        before: Aware.
        dry_run: Only count them, as far as one keeping goes.

    Raises:
        prefect.exceptions.PrefectException, httpx.HTTPError: Prefect is away; what is gone is gone.
    """
    removed = 0
    async with get_client() as prefect:
        while removed < MOST:
            page = await prefect.read_flow_runs(
                flow_filter=_OURS,
                flow_run_filter=FlowRunFilter(end_time=FlowRunFilterEndTime.model_validate({"before_": before})),
                limit=PAGE,
                offset=removed if dry_run else 0,
            )
            if not dry_run:
                await asyncio.gather(*(_remove(prefect, run) for run in page))
            removed += len(page)
            if len(page) < PAGE:
                break
    return removed


async def _remove(prefect: PrefectClient, run: FlowRun) -> None:
    """Remove one run; one that somebody else has removed meanwhile is gone as well."""
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    for artifact in await prefect.read_artifacts(artifact_filter=of_run):
        try:
            await prefect.delete_artifact(artifact.id)
        except ObjectNotFound:
            continue
    try:
        await prefect.delete_flow_run(run.id)
    except ObjectNotFound:
        return
