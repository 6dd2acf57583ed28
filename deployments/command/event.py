"""`ieum event`: what a person decides about an event that no desk could apply."""

from typing import Annotated

import typer

from deployments.command.running import OUT, WrongUse, at_terminal, run, settings

app = typer.Typer(help="Decide about parked and held-back events.", no_args_is_help=True)

Id = Annotated[int, typer.Argument(help="The event's id, as 'ieum journey show' or GET /api/notices shows it.")]


@app.command()
def replay(event: Id) -> None:
    """Let a parked or held-back event be heard once more, after its cause was mended."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.mending import replay as hear_again  # noqa: PLC0415

    async def work() -> str:
        async with open_books(chosen) as books, books.engine.begin() as connection:
            mended = await hear_again(connection, event, at_terminal(), books.now())
            return f"{mended.waiting} events wait at the desk {mended.desk}."

    OUT.print(run(work))


@app.command("set-aside")
def set_aside(
    event: Id,
    *,
    why: Annotated[str, typer.Option("--why", help="A few words for the log, without names or other personal data.")],
) -> None:
    """Settle a parked or held-back event for good: it is kept, with who and why, and never heard."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.mending import set_event_aside  # noqa: PLC0415

    async def work() -> str:
        if not why.strip():
            raise WrongUse("--why is empty; say in a few words why the event is not to be heard.")
        async with open_books(chosen) as books, books.engine.begin() as connection:
            mended = await set_event_aside(connection, event, at_terminal(), why.strip(), books.now())
            return f"Event {event} is set aside for good; {mended.waiting} others wait at the desk {mended.desk}."

    OUT.print(run(work))
