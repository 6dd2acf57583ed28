"""`ieum rehearse`: play scenario files on a virtual clock and report each expectation."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.command.running import OUT, Exit, foreseen, run, say, settings


def rehearse(
    files: Annotated[list[Path], typer.Argument(help="Scenario files, or folders of them, e.g. scenarios/.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    with_prefect: Annotated[
        bool, typer.Option("--with-prefect", help="Run every shift as a Prefect flow run.")
    ] = False,
) -> None:
    """Play scenario files through the real doors, desks, database and pretend agencies; exit 1 on any miss."""
    chosen = settings()
    # A second of imports that `ieum --help` must not wait for.
    import catalog  # noqa: PLC0415
    from deployments.ground import Ground, Plan  # noqa: PLC0415
    from deployments.rehearsal.reading import files_in, read_scenario  # noqa: PLC0415
    from deployments.rehearsal.report import Played, show  # noqa: PLC0415
    from deployments.rehearsal.report import as_json as report_as_json  # noqa: PLC0415
    from deployments.rehearsal.stage import rehearse as play  # noqa: PLC0415

    with foreseen():
        known = catalog.load()
        scripts = [read_scenario(file, known) for file in files_in(files)]

    async def work() -> list[Played]:
        name = "rehearse-with-prefect" if with_prefect else f"rehearse-{_slot(chosen.state_folder)}"
        plan = Plan(name=name, prefect=with_prefect, sandbox=True, own_port=True)
        async with Ground(chosen, plan, say) as ground:
            return await play(ground, scripts, (lambda _: None) if as_json else (lambda played: show(played, OUT)))

    all_played = run(work)
    if as_json:
        OUT.out(report_as_json(all_played), highlight=False)
    if not all(played.passed for played in all_played):
        raise typer.Exit(Exit.FOUND)


def _slot(folder: Path) -> int:
    """Return the first number under which no other rehearsal runs, so that several may run side by side."""
    import fcntl  # noqa: PLC0415

    for slot in range(1, 100):
        lock = folder / f"rehearse-{slot}" / "lock"
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock.open("a+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
        return slot
    return 100
