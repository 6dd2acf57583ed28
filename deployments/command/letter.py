"""`ieum letter`: what a person decides about letters an agency refused."""

from typing import Annotated

import typer

from deployments.command.running import OUT, WrongUse, run, settings

app = typer.Typer(help="Decide about letters that lie with a person.", no_args_is_help=True)


@app.callback()
def letters() -> None:
    """Decide about letters that lie with a person."""


@app.command()
def resend(
    about: Annotated[
        str,
        typer.Argument(
            metavar="NUMBER|AGENCY",
            help="The referral's number, e.g. R-2017-000108-8, as the notice names it; an agency's code for reminders.",
        ),
    ],
) -> None:
    """Let refused letters go out again, under the same keys, after the cause was mended."""
    chosen = settings()
    from catalog import load  # noqa: PLC0415
    from deployments.books import open_books  # noqa: PLC0415
    from models.numbers import BadNumber, Kind, read  # noqa: PLC0415
    from tasks.mending import send_again  # noqa: PLC0415

    async def work() -> str:
        known = about
        if about not in load().agencies:
            try:
                known = read(Kind.REFERRAL, about)
            except BadNumber as wrong:
                raise WrongUse(f"That is no referral's number, nor an agency's code: {wrong}.") from None
        async with open_books(chosen) as books, books.engine.begin() as connection:
            count = await send_again(connection, known, books.now())
            return f"{count} letters of {known} go out again."

    OUT.print(run(work))
