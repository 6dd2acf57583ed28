"""`ieum event`: what a person decides about an event that no desk could apply."""

import getpass
from typing import Annotated

import typer

from deployments.command.running import OUT, WrongUse, run, settings

app = typer.Typer(help="Decide about parked and held-back events.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(help="The event's id, as a notice or GET /api/journeys/{number} shows it.")]


@app.command()
def replay(event: Id) -> None:
    """Let a parked or held-back event be heard once more, after its cause was mended."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from deployments.clerk import hear_again  # noqa: PLC0415

    async def work() -> str:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            return await hear_again(connection, event, _who(), books.now())

    OUT.print(run(work))


@app.command("set-aside")
def set_aside(
    event: Id,
    *,
    why: Annotated[str, typer.Option("--why", help="A code for the log, e.g. sent_by_mistake; no names.")],
) -> None:
    """Settle a parked or held-back event for good: it is kept, with who and why, and never heard."""
    chosen = settings()
    import re  # noqa: PLC0415

    from deployments.books import open_books  # noqa: PLC0415
    from deployments.clerk import never_hear  # noqa: PLC0415

    async def work() -> str:
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", why) or len(why) > 40:  # noqa: PLR2004 - the column is short
            raise WrongUse("--why is a code of small letters and underscores, at most 40; e.g. sent_by_mistake.")
        async with open_books(chosen) as books, books.engine.begin() as connection:
            return await never_hear(connection, event, why, _who(), books.now())

    OUT.print(run(work))


def _who() -> str:
    """Return the name of whoever sits at the terminal, for the log."""
    try:
        return f"cli:{getpass.getuser()}"[:64]
    except (KeyError, OSError):
        return "cli:unknown"
