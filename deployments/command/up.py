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
    """Run everything on this machine until Ctrl-C: database, Prefect server and UI, doors, desks."""
    chosen = settings()
    from deployments.clocks import machine_clock  # noqa: PLC0415
    from deployments.ground import Ground, Plan  # noqa: PLC0415
    from deployments.progress import step  # noqa: PLC0415

    async def work() -> None:
        plan = Plan(name="up", prefect=True, sandbox=sandbox, scripted=True)
        async with Ground(chosen, plan, say) as ground:
            with step(say, "The tables are up to date"):
                url = await ground.cluster.migrated(ground.cluster.main)
            from deployments.house import House  # noqa: PLC0415

            async with House(ground, url, machine_clock) as house:
                lines = {
                    "Doors": house.door_url,
                    "API documentation": f"{house.door_url}/docs",
                    "Prefect UI": ground.prefect.ui_url if ground.prefect else chosen.prefect_api_url,
                    "Prefect login": f"user admin, password in {ground.prefect.folder / 'password'}"
                    if ground.prefect
                    else None,
                    "Bearer token": f"in {ground.safe.token_file}" if ground.safe.token_file else None,
                    "Sandbox control": f"{ground.sandbox.url}/control/health" if ground.sandbox else None,
                }
                for name, value in lines.items():
                    if value is not None:
                        OUT.print(f"  {name:<18} {value}", soft_wrap=True)
                say("Everything runs; Ctrl-C stops it")
                await asyncio.Event().wait()

    run(work)
