"""A worker's run: `python -m deployments.worker`, what a Prefect worker starts for a desk's or follow-up's deployment.

A warm hall hands its flows a toolbox; a worker's process has none yet. This lays one out from the settings, then lets
Prefect's own engine run the flow that the worker named, by its dotted entrypoint.
"""

import asyncio
import runpy

import catalog
from deployments.clocks import machine_clock
from deployments.cluster import Cluster
from deployments.safe import open_safe
from deployments.tools import lay_out
from models.database import open_engine
from settings import read_settings
from tasks.toolbox import use

#: One shift needs few connections: for its batch, its letters and its presence.
CONNECTIONS = 8


def main() -> None:
    """Run the flow run that the environment names (`PREFECT__FLOW_RUN_ID`), with a toolbox in use.

    The shift itself puts the tools away: only it knows the event loop in which Prefect's engine ran it.
    """
    settings = read_settings()
    cluster = Cluster(settings, lambda _: None)
    asyncio.run(cluster.__aenter__())
    try:
        use(
            lay_out(
                settings,
                open_engine(cluster.url(cluster.main), connections=CONNECTIONS),
                master_key=open_safe(settings).master_key,
                catalog=catalog.load(),
                clock=machine_clock,
            )
        )
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    finally:
        asyncio.run(cluster.__aexit__(None, None, None))


if __name__ == "__main__":
    main()
