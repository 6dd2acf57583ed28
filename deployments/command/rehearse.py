"""`ieum rehearse`: play scenario files on a virtual clock and report each expectation."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.running import OUT, Exit, foreseen, run, say, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployments.rehearsal.report import Played

#: Numbers left to each process of a rehearsal for the folder it works in.
SLOTS_EACH = 20


def rehearse(
    files: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them, e.g. scenarios/.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    with_prefect: Annotated[
        bool, typer.Option("--with-prefect", help="Run every shift and follow-up as a Prefect flow run.")
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=1, max=16, help="How many play side by side; when left out, about one for each core."),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", hidden=True)] = False,
    share: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Play scenario files through the real doors, desks, database and pretend agencies; exit 1 on any miss."""
    chosen = settings()
    # A second of imports that `ieum --help` must not wait for.
    import catalog  # noqa: PLC0415
    from deployments.ground import Ground, Plan  # noqa: PLC0415
    from deployments.occupied import Occupied  # noqa: PLC0415
    from deployments.rehearsal.reading import files_in, read_scenario  # noqa: PLC0415
    from deployments.rehearsal.report import as_json as report_as_json  # noqa: PLC0415
    from deployments.rehearsal.side_by_side import ShareFailed, how_many, side_by_side  # noqa: PLC0415
    from deployments.rehearsal.stage import rehearse as play  # noqa: PLC0415

    with foreseen():
        known = catalog.load()
        scripts = [read_scenario(file, known) for file in files_in(files)]
    # A Prefect server serves one rehearsal.
    several = 1 if with_prefect or lines else min(processes or how_many(len(scripts)), len(scripts))
    done = _done(as_json=as_json, lines=lines)

    async def work() -> "list[Played]":
        if several > 1:
            say(f"{len(scripts)} scenarios are played by {several} processes")
            return await side_by_side(scripts, several, done)
        *names, last = ["rehearse-with-prefect"] if with_prefect else _names(share)
        for name in names:
            # Whoever takes the lock first has the folder, also of several that start in one moment.
            with suppress(Occupied):
                return await play_in(name)
        return await play_in(last)

    async def play_in(name: str) -> "list[Played]":
        plan = Plan(name=name, prefect=with_prefect, sandbox=True, own_port=True)
        async with Ground(chosen, plan, say) as ground:
            return await play(ground, scripts, done)

    try:
        all_played = run(work)
    except ShareFailed as failed:
        typer.echo(str(failed), err=True)
        raise typer.Exit(failed.code) from None
    if as_json:
        OUT.out(report_as_json(all_played), highlight=False)
    if not all(played.passed for played in all_played):
        raise typer.Exit(Exit.FOUND)


def _done(*, as_json: bool, lines: bool) -> "Callable[[Played], None]":
    """Return what is done with each scenario when it ends."""
    from deployments.rehearsal.report import as_line, show  # noqa: PLC0415

    def write_line(played: "Played") -> None:
        typer.echo(as_line(played))

    def keep(_: "Played") -> None:
        """Tell it with the others, at the end."""

    def tell(played: "Played") -> None:
        show(played, OUT)

    return write_line if lines else keep if as_json else tell


def _names(share: int) -> list[str]:
    """Return the folders that one process of a rehearsal may work in, the first choice first."""
    first = 1 + share * SLOTS_EACH
    return [f"rehearse-{slot}" for slot in range(first, first + SLOTS_EACH)]
