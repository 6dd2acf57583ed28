"""The follow-ups: scheduled jobs that look at what time has done. Each may run twice, late, or twice at once.

They decide nothing by themselves: the catalog says what is owed by when and what is done about it, and what a desk
must hear is put into its inbox like everything else that happens.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from types import CoroutineType
from typing import Any, Final, TypeAlias
from uuid import UUID

from prefect import Flow
from prefect.runtime import flow_run

from models.counting import SEOUL
from models.schedules import SCHEDULES
from models.vocabulary import BY_AGENDA, FollowUp
from tasks.chase import chase_by
from tasks.digest import digest as tell_the_morning
from tasks.expiry import expire
from tasks.follow import follow
from tasks.follow_report import Job
from tasks.keeping import keep
from tasks.prefect_line import our_flow
from tasks.presence import is_held
from tasks.reconcile import reconcile as ask_for_news
from tasks.toolbox import toolbox

__all__ = ["FLOWS", "JOBS", "SCHEDULES", "digest", "expiry", "keeping", "overdue", "reconcile", "retention", "reviews"]

FollowUpFlow: TypeAlias = "Flow[[], CoroutineType[Any, Any, dict[str, int]]]"

#: What each does; see `tasks/`.
JOBS: Final[Mapping[FollowUp, Job]] = {
    **{follow_up: chase_by(follow_up) for follow_up in BY_AGENDA},
    FollowUp.RECONCILE: ask_for_news,
    FollowUp.EXPIRY: expire,
    FollowUp.DIGEST: tell_the_morning,
    FollowUp.KEEPING: keep,
}


def name_of_run() -> str:
    """Name the run by what it covers: everything due up to its moment."""
    return f"{flow_run.flow_name} up to {toolbox().clock().astimezone(SEOUL):%Y-%m-%d %H:%M}"


async def _follow(follow_up: FollowUp) -> dict[str, int]:
    run, tools = flow_run.id, toolbox()
    async with AsyncExitStack() as stack:
        if not is_held(tools.process):
            # A worker's own run: no hall puts the tools away, and only the run knows the event loop that used them.
            stack.push_async_callback(tools.aclose)
        return await follow(follow_up, JOBS[follow_up], None if run is None else UUID(str(run)))


@our_flow("overdue", name_of_run)
async def overdue() -> dict[str, int]:
    """Remind silent agencies, tell the supervisor, let what is silent too long expire."""
    return await _follow(FollowUp.OVERDUE)


@our_flow("reconcile", name_of_run)
async def reconcile() -> dict[str, int]:
    """Ask the agencies that can be asked for news that never arrived; notice who has fallen silent."""
    return await _follow(FollowUp.RECONCILE)


@our_flow("retention", name_of_run)
async def retention() -> dict[str, int]:
    """Have employment checked when the programs ask for it, and subsidies claimed in time."""
    return await _follow(FollowUp.RETENTION)


@our_flow("reviews", name_of_run)
async def reviews() -> dict[str, int]:
    """Notice the reviews, extensions and age lines that benefits bring with them."""
    return await _follow(FollowUp.REVIEWS)


@our_flow("expiry", name_of_run)
async def expiry() -> dict[str, int]:
    """Notice what is good until a day: consents first of all, papers handed in, keys."""
    return await _follow(FollowUp.EXPIRY)


@our_flow("digest", name_of_run)
async def digest() -> dict[str, int]:
    """Tell staff what needs a person today, by desk."""
    return await _follow(FollowUp.DIGEST)


@our_flow("keeping", name_of_run)
async def keeping() -> dict[str, int]:
    """Let go of what need not be kept any longer."""
    return await _follow(FollowUp.KEEPING)


#: The flow of each; a deployment names it by its dotted path, `flows.follow_up.overdue`.
FLOWS: Final[Mapping[FollowUp, FollowUpFlow]] = {
    FollowUp.OVERDUE: overdue,
    FollowUp.RECONCILE: reconcile,
    FollowUp.RETENTION: retention,
    FollowUp.REVIEWS: reviews,
    FollowUp.EXPIRY: expiry,
    FollowUp.DIGEST: digest,
    FollowUp.KEEPING: keeping,
}
