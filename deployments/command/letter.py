"""`ieum letter`: what a person decides about letters an agency refused."""

from typing import Annotated

import typer

from deployments.command.running import OUT, WrongUse, at_terminal, run, settings

app = typer.Typer(help="Decide about letters that lie with a person.", no_args_is_help=True)

About = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER|AGENCY",
        help="The referral's number, e.g. R-2017-000108-8, as the notice names it; an agency's code for reminders.",
    ),
]


@app.command()
def resend(about: About) -> None:
    """Let refused letters go out again, under the same keys, after the cause was mended."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.mending import send_again  # noqa: PLC0415

    async def work() -> str:
        known = _known(about)
        async with open_books(chosen) as books, books.engine.begin() as connection:
            count = await send_again(connection, known, at_terminal(), books.now())
            return f"{count} letters of {known} go out again."

    OUT.print(run(work))


@app.command("set-aside")
def set_aside(
    about: About,
    *,
    why: Annotated[str, typer.Option("--why", help="A few words for the log, without names or other personal data.")],
) -> None:
    """Let refused letters go out no more, because the agency was told another way; a request must have arrived."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.mending import set_letters_aside  # noqa: PLC0415
    from tasks.settling import MOST_WHY  # noqa: PLC0415

    async def work() -> str:
        known = _known(about)
        if not 0 < len(why.strip()) <= MOST_WHY:
            raise WrongUse(f"--why must say in 1 to {MOST_WHY} characters why the letters are not to go.")
        async with open_books(chosen) as books, books.engine.begin() as connection:
            count = await set_letters_aside(connection, known, at_terminal(), why.strip(), books.now())
            return f"{count} letters of {known} go out no more."

    OUT.print(run(work))


def _known(about: str) -> str:
    """Return an agency's code, or a referral's number in its one written form.

    Raises:
        WrongUse: It is neither.
    """
    from catalog import load  # noqa: PLC0415
    from models.numbers import BadNumber, Kind, read  # noqa: PLC0415

    if about in load().agencies:
        return about
    try:
        return read(Kind.REFERRAL, about)
    except BadNumber as wrong:
        raise WrongUse(f"That is no referral's number, nor an agency's code: {wrong}.") from None
