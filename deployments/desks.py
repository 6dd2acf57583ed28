"""The desks as Prefect deployments: one per desk, by dotted entrypoint, on a work pool of type process."""

import json
import sys
from pathlib import Path
from typing import Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.types.entrypoint import EntrypointType

from flows.desks import DESKS

POOL: Final = "ieum-desks"
HOUSE: Final = Path(__file__).parent.parent

#: What a worker runs instead of Prefect's bare engine: the same, with our toolbox in place.
COMMAND: Final = f"{json.dumps(sys.executable)} -m deployments.worker"


async def deploy_desks() -> list[tuple[str, str]]:
    """Make or update the work pool and the six deployments; return (name, entrypoint) of each. Safe to repeat.

    Raises:
        httpx.HTTPError: the Prefect server is away.
    """
    async with get_client() as prefect_client:
        try:
            await prefect_client.read_work_pool(POOL)
        except ObjectNotFound:
            await prefect_client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    made: list[tuple[str, str]] = []
    for desk, entry in DESKS.items():
        deployment = await entry.flow.ato_deployment(
            name=desk.value,
            entrypoint_type=EntrypointType.MODULE_PATH,
            work_pool_name=POOL,
            job_variables={"command": COMMAND, "working_dir": str(HOUSE)},
            # One shift of a desk at a time is enough: a second one would find nothing unclaimed.
            concurrency_limit=1,
        )
        deployment.entrypoint = entry.entrypoint
        await deployment.aapply()
        made.append((f"{entry.flow.name}/{desk.value}", entry.entrypoint))
    return made
