"""A worker's shift: `python -m deployments.worker`, what a Prefect worker starts for a desk's deployment.

A warm hall hands its desks a toolbox; a worker's process has none yet. This lays one out from the settings, then lets
Prefect's own engine run the flow that the worker named, by its dotted entrypoint.
"""

import asyncio
import runpy

import catalog
from agencies.keyring import Keyring
from agencies.sender import Senders
from deployments.clocks import machine_clock
from deployments.cluster import Cluster
from deployments.safe import open_safe
from flows.desks import HEARS
from models.database import open_engine
from settings import Settings, read_settings
from tasks.presence import new_process_key
from tasks.toolbox import Toolbox, use


def lay_out(settings: Settings, database_url: str) -> Toolbox:
    """Return the toolbox of a process that works single shifts; nothing is connected yet.

    Args:
        settings: What this installation was told.
        database_url: Of the house's own database.
    """
    return Toolbox(
        engine=open_engine(database_url, pool_size=4),
        catalog=catalog.load(),
        clock=machine_clock,
        keyring=Keyring(open_safe(settings).master_key),
        senders=Senders(center=settings.center, clock=machine_clock),
        center=settings.center,
        linger_seconds=settings.linger_seconds,
        process=new_process_key(),
        hears=HEARS,
        prefect_keep_days=settings.prefect_keep_days,
    )


def main() -> None:
    """Run the flow run that the environment names (`PREFECT__FLOW_RUN_ID`), with a toolbox in use."""
    settings = read_settings()
    cluster = Cluster(settings, lambda _: None)
    asyncio.run(cluster.__aenter__())
    try:
        use(lay_out(settings, cluster.url(cluster.main)))
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    finally:
        asyncio.run(cluster.__aexit__(None, None, None))


if __name__ == "__main__":
    main()
