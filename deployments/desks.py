"""The desks as Prefect deployments: one per desk, by dotted entrypoint, run on demand by a worker of the pool."""

from typing import Final

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import ConcurrencyLimitStrategy

from deployments.pool import Deployed, Wanted, ensure
from flows.desks import DESKS

QUEUE: Final = "default"


async def deploy_desks(prefect: PrefectClient) -> list[Deployed]:
    """Make or update the six deployments; the pool must stand. Safe to repeat.

    Raises:
        httpx.HTTPError: The Prefect server is away.
    """
    return [
        await ensure(
            prefect,
            Wanted(
                flow=entry.flow,
                name=desk.value,
                queue=QUEUE,
                # One shift of a desk at a time is enough: a second one would find nothing unclaimed, and so it waits.
                when_taken=ConcurrencyLimitStrategy.ENQUEUE,
                description=f"One shift of the {desk} desk: everything that waits in its inbox.",
                tags=["ieum", "desk"],
            ),
        )
        for desk, entry in DESKS.items()
    ]
