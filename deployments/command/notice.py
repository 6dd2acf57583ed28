"""`ieum notice`: what waits for a person, and what a person says is done."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from deployments.command.running import OUT, WrongUse, at_terminal, run, settings
from models.vocabulary import Desk

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from catalog import Catalog
    from tasks.settling import OpenLine

app = typer.Typer(help="See what waits for a person, and say what is done.", no_args_is_help=True)

#: Characters of an id that are enough to be looked for.
LEAST = 8


@app.command("list")
def list_notices(
    *,
    desk: Annotated[Desk | None, typer.Option("--desk", help="Only this desk's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the open notices with their ids, the oldest first; docs/runbook.md says what to do about each."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.settling import list_open  # noqa: PLC0415

    async def work() -> "tuple[list[OpenLine], int, Catalog]":
        async with open_books(chosen) as books, books.engine.connect() as connection:
            return *await list_open(connection, desk), books.catalog

    lines, count, catalog = run(work)
    if as_json:
        OUT.out(json.dumps([asdict(line) for line in lines], default=str, indent=2), highlight=False)
        return
    for line in lines:
        title = catalog.notices.get(line.code)
        name = f"{title.ko} · {title.en} " if title else ""
        where = " ".join(part for part in (line.journey, line.about) if part)
        OUT.print(
            f"{line.id} {line.raised_at:%Y-%m-%d} {line.desk}: {name}({line.code}) {where}",
            markup=False,
            soft_wrap=True,
        )
    OUT.print(f"{count} open" + (f", the oldest {len(lines)} shown" if count > len(lines) else ""))


@app.command()
def settle(
    notice: Annotated[
        str, typer.Argument(metavar="ID", help="The notice's id, or its beginning: at least 8 characters that fit one.")
    ],
    *,
    why: Annotated[str, typer.Option("--why", help="A few words for the log, without names or other personal data.")],
) -> None:
    """Say that what a notice asks for is done. What is stuck is mended instead, and the answer says by what."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.settling import MOST_WHY, NotSettled, settle_notice  # noqa: PLC0415

    async def work() -> str:
        if not 0 < len(why.strip()) <= MOST_WHY:
            raise WrongUse(f"--why must say in 1 to {MOST_WHY} characters what was done.")
        async with open_books(chosen) as books, books.engine.begin() as connection:
            found = await _found(connection, notice)
            try:
                settled = await settle_notice(connection, found, at_terminal(), why.strip(), books.now())
            except NotSettled as stays:
                raise WrongUse(f"{stays} See 'ieum notice list'.") from None
            when = "is settled" if settled.fresh else f"was settled by {settled.settled_by} before"
            return f"{settled.id} ({settled.code}) {when}."

    OUT.print(run(work), markup=False, soft_wrap=True)


async def _found(connection: "AsyncConnection", given: str) -> UUID:
    """Return the one notice whose id begins so.

    Raises:
        WrongUse: None does, several do, or it is no beginning of an id.
    """
    from tasks.settling import find_notices  # noqa: PLC0415

    if len(given) < LEAST:
        raise WrongUse(f"An id's beginning needs at least {LEAST} characters; 'ieum notice list' shows them whole.")
    try:
        found = await find_notices(connection, given)
    except ValueError:
        raise WrongUse("That is no notice's id; 'ieum notice list' shows them.") from None
    if not found:
        raise WrongUse("No notice's id begins so; 'ieum notice list' shows them.")
    if len(found) > 1:
        raise WrongUse("Several notices' ids begin so; give more of it, as 'ieum notice list' shows it.")
    return found[0]
