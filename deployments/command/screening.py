"""`ieum screening`: make a pre-screening again as of its day, and see what a change of the catalog did to it."""

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.clocks import SEOUL
from deployments.command.running import OUT, Exit, WrongUse, run, settings

if TYPE_CHECKING:
    from models.screening.replay import Replayed
    from settings import Settings

app = typer.Typer(help="Make pre-screenings again.", no_args_is_help=True)


@app.callback()
def screenings() -> None:
    """Make pre-screenings again."""


@app.command()
def replay(
    journey: Annotated[str, typer.Argument(help="The journey's number, e.g. J-2017-000042-1.")],
    program: Annotated[str, typer.Argument(help="The program's code, e.g. single-parent-support.")],
    *,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The last one by the end of this day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print both as JSON.")] = False,
) -> None:
    """Make a program's screening again from the facts as they stood, with the catalog there is now.

    It says whether the answer is the same; where it is not, which lines changed, and whether the catalog did. The lines
    hold a client's amounts. Exit code 1: it is not the same.
    """
    chosen = settings()
    found = run(lambda: _replay(chosen, journey, program, None if as_of is None else as_of.date()))
    OUT.out(json.dumps(_told(found), ensure_ascii=False, indent=2) if as_json else _said(found), highlight=False)
    if found.changed:
        raise typer.Exit(Exit.FOUND)


async def _replay(chosen: "Settings", journey: str, program: str, as_of: date | None) -> "Replayed":
    """Make the last screening of a program by the end of a day (of all days, by default) again.

    Raises:
        WrongUse: There is no such journey, or no such screening of it, or it cannot be read by this version.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from catalog import UnknownWord  # noqa: PLC0415
    from deployments.books import open_books  # noqa: PLC0415
    from models.numbers import BadNumber, Kind, read  # noqa: PLC0415
    from models.screening.replay import replay as make_again  # noqa: PLC0415
    from models.screening_book import read_screenings, standing_journey  # noqa: PLC0415

    try:
        number = read(Kind.JOURNEY, journey)
    except BadNumber as wrong:
        raise WrongUse(f"That is no journey's number: {wrong}.") from None
    until = None if as_of is None else datetime.combine(as_of + timedelta(days=1), time.min, SEOUL)
    async with open_books(chosen) as books:
        async with books.engine.connect() as connection:
            standing = await standing_journey(connection, number)
            if standing is None:
                raise WrongUse(f"There is no journey {number}; GET /api/journeys lists them.")
            found = await read_screenings(connection, standing[0], program=program, until=until, most=1)
        if not found:
            when = "" if as_of is None else f" by the end of {as_of}"
            raise WrongUse(
                f"No screening of {program} was made for {number}{when}; 'ieum journey show --screenings' lists them."
            )
        try:
            return make_again(found[0].said, books.catalog)
        except (UnknownWord, ValidationError):
            raise WrongUse(
                f"The screening of {found[0].said.asked_on} cannot be made again: this version knows the program,"
                " or one of its facts, no more."
            ) from None


def _said(found: "Replayed") -> str:
    then, now = found.then, found.now
    catalog = (
        "the same catalog" if found.same_catalog else f"catalog {then.params_version} then, {now.params_version} now"
    )
    head = f"{then.program} as of {then.asked_on}: {then.result} ({catalog})"
    if not found.changed:
        return f"{head}\nThe same again, line by line."
    lines = [head, f"Not the same: {', '.join(found.changed)}; now {now.result}, {now.reason}"]
    lines += [f"  - {line}" for line in found.gone]
    lines += [f"  + {line}" for line in found.instead]
    return "\n".join(lines)


def _told(found: "Replayed") -> dict[str, Any]:
    then, now = found.then, found.now
    return {
        "program": then.program,
        "asked_on": then.asked_on.isoformat(),
        "same": not found.changed,
        "same_catalog": found.same_catalog,
        "changed": list(found.changed),
        "gone": list(found.gone),
        "instead": list(found.instead),
        "then": {"result": then.result, "reason": then.reason, "params_version": then.params_version},
        "now": {"result": now.result.value, "reason": now.reason, "params_version": now.params_version},
    }
