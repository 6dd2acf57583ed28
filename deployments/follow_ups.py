"""The follow-ups as Prefect deployments: one each, with its schedule, by dotted entrypoint.

One run of each at a time. A second one that comes while the first is at work is cancelled, not queued: a follow-up
does whatever is due as of its moment, so the second would find what the first is doing, and after a long run, or a
night with no worker, a queue of them would be worked one after another for nothing.
"""

import inspect
from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import ConcurrencyLimitStrategy

from deployments.pool import Deployed, Wanted, ensure
from flows.follow_up import FLOWS
from models.schedules import SCHEDULES
from models.vocabulary import FollowUp

#: A queue of their own, so that a worker can be started for them alone.
QUEUE: Final = "follow-ups"


async def deploy_follow_ups(prefect: PrefectClient) -> dict[FollowUp, Deployed]:
    """Make or update the seven deployments; the pool must stand. Safe to repeat.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    return {
        follow_up: await ensure(
            prefect,
            Wanted(
                flow=flow,
                name=follow_up.value,
                queue=QUEUE,
                when_taken=ConcurrencyLimitStrategy.CANCEL_NEW,
                description=inspect.getdoc(flow.fn) or "",
                tags=["ieum", "follow-up"],
                cron=SCHEDULES[follow_up],
            ),
        )
        for follow_up, flow in FLOWS.items()
    }
