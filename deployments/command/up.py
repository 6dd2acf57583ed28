"""`ieum up`: the whole house on this machine, until Ctrl-C."""

import asyncio
from typing import Annotated

import typer

from deployments.command.running import OUT, run, say, settings


def up(
    *,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Connect every agency of the catalog to the pretend ones, and play them.")
    ] = False,
) -> None:
    """Run everything on this machine until Ctrl-C: database, Prefect server and UI, doors, desks, follow-ups."""
    chosen = settings()
    from deployments.clocks import machine_clock  # noqa: PLC0415
    from deployments.ground import Ground, Plan  # noqa: PLC0415
    from deployments.progress import step  # noqa: PLC0415

    async def work() -> None:
        plan = Plan(name="up", prefect=True, sandbox=sandbox, scripted=True, follow_ups=True)
        async with Ground(chosen, plan, say) as ground:
            with step(say, "The tables are up to date"):
                url = await ground.cluster.migrated(ground.cluster.main)
            from deployments.house import House  # noqa: PLC0415
            from deployments.rehearsal.showing import show_addresses  # noqa: PLC0415

            async with House(ground, url, machine_clock) as house:
                show_addresses(house, OUT)
                say("Everything runs; Ctrl-C stops it")
                await asyncio.Event().wait()

    run(work)
