"""`ieum demo`: a whole journey, client A's unless another is named, happening before your eyes on a fast clock."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deployments.command.running import ASIDE, OUT, Exit, foreseen, run, say, settings


def demo(
    file: Annotated[Path | None, typer.Argument(help="Another scenario file to show than client A's.")] = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, until Ctrl-C.")] = False,
    speed: Annotated[
        float, typer.Option("--speed", min=0.0, help="Days of the journey shown per second; 0 goes as fast as it can.")
    ] = 0.0,
) -> None:
    """Walk client A through the center: six months in seconds, with a real database, Prefect and pretend agencies."""
    chosen = settings()
    import catalog  # noqa: PLC0415
    from deployments.ground import Ground, Plan  # noqa: PLC0415
    from deployments.rehearsal.reading import read_scenario  # noqa: PLC0415

    with foreseen():
        shown = file or scenario_file("P01-client-a.yaml")
        script = read_scenario(shown, catalog.load())

    async def work() -> bool:
        plan = Plan(name="demo", prefect=True, sandbox=True, own_port=True)
        async with Ground(chosen, plan, say) as ground:
            from deployments.rehearsal.showing import Showing, show_addresses, show_end  # noqa: PLC0415
            from deployments.rehearsal.stage import staged  # noqa: PLC0415

            showing = Showing(OUT, ground.catalog, days_per_second=speed)
            async with staged(ground, script, f"{ground.cluster.main}_demo", tell=showing.tell) as player:
                show_addresses(player.house, OUT)
                showing.begin(script.scenario)
                findings = await player.play()
                await show_end(player, OUT, kept=keep)
                missed = [finding for finding in findings if not finding.met]
                for finding in missed:
                    about = f"{shown.name}:{finding.line} {finding.about}"
                    ASIDE.print(f"MISSED {about}: expected {finding.expected}, actual {finding.actual}", soft_wrap=True)
                if keep:
                    say("Everything keeps running; Ctrl-C stops it")
                    while True:
                        # The agencies' clock stands still, and a seal holds five minutes.
                        await player.hold_clocks()
                        await asyncio.sleep(60)
            return not missed

    if not run(work):
        raise typer.Exit(Exit.FOUND)


def scenario_file(name: str) -> Path:
    """Return a scenario of this checkout."""
    return Path(__file__).resolve().parent.parent.parent / "scenarios" / name
