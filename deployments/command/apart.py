"""`ieum doors` and `ieum desks`: the two kinds of process of a house on many machines."""

import asyncio

from deployments.command.running import run, say, settings


def doors() -> None:
    """Run the doors alone until SIGTERM or Ctrl-C: webhooks, REST API, health, metrics.

    They listen on IEUM_DOOR_HOST and IEUM_DOOR_PORT. Any number of such processes may share one database.
    """
    chosen = settings()

    async def work() -> None:
        from deployments.apart import DoorsApart  # noqa: PLC0415

        async with DoorsApart(chosen, say) as apart:
            say(f"The doors are open at {apart.url}")
            await asyncio.Event().wait()

    run(work)


def desks() -> None:
    """Run the desks and follow-ups alone until SIGTERM or Ctrl-C; any number of such processes may share one database.

    Shifts are shown by the Prefect server that IEUM_PREFECT_API_URL names, and go on while it is away. Health and
    metrics are at IEUM_DOOR_HOST and IEUM_DOOR_PORT. A shift that is open is closed in order before it ends, which
    may take half a minute.
    """
    chosen = settings()

    async def work() -> None:
        from deployments.command.deploy import enter_prefect  # noqa: PLC0415

        enter_prefect(chosen)
        from deployments.apart import DesksApart  # noqa: PLC0415

        async with DesksApart(chosen, say) as apart:
            say(f"The desks are manned; health and metrics at {apart.url}")
            await asyncio.Event().wait()

    run(work)
