"""`ieum simulate`: a synthetic population and its agencies over a year, in minutes, in the product's own code."""

from datetime import datetime
from typing import Annotated

import typer

from deployments.command.running import OUT, Exit, run, say, settings


def simulate(
    *,
    clients: Annotated[int, typer.Option(min=1, max=100_000, help="How many invented people walk in.")] = 2000,
    days: Annotated[int, typer.Option(min=7, max=1100, help="For how many days.")] = 365,
    seed: Annotated[int, typer.Option(help="The same seed gives the same report, byte for byte.")] = 7,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, Asia/Seoul.")
    ] = datetime(2025, 1, 2),  # noqa: DTZ001 - a day; typer knows no dates
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Simulate a year: who walks in, who answers late or never, what is chased; exit 1 if a journey is orphaned."""
    chosen = settings()
    from deployments.linkage_showing import as_json as report_as_json  # noqa: PLC0415
    from deployments.linkage_showing import show  # noqa: PLC0415
    from deployments.simulation.stage import Setup, closing_report, staged  # noqa: PLC0415
    from deployments.simulation.year import Told  # noqa: PLC0415
    from tasks.linkage import LinkageReport  # noqa: PLC0415

    setup = Setup(clients=clients, days=days, seed=seed, first=first.date())

    def progress(told: Told) -> None:
        say(
            f"{told.day:%Y-%m}: {told.clients:,} clients so far, {told.events:,} events heard,"
            f" {told.moves:,} steps logged, {told.letters:,} letters"
        )

    async def work() -> LinkageReport:
        async with staged(chosen, setup, f"simulation_{_process()}", say) as (year, tools):
            await year.run(progress)
            report = await closing_report(tools, setup)
            if not as_json:
                show(report, tools.catalog, OUT)
            return report

    report = run(work)
    if as_json:
        OUT.out(report_as_json(report), highlight=False)
    if report.orphans:
        raise typer.Exit(Exit.FOUND)


def _process() -> int:
    import os  # noqa: PLC0415

    return os.getpid()
