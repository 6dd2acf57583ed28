"""`ieum backup`, `restore` and `restore-check`: a copy of the database, its way back, and what it cannot know."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.running import OUT, run, say, settings

if TYPE_CHECKING:
    from deployments.backup import Gap

File = Annotated[Path, typer.Argument(help="The copy: a file of pg_dump in its custom format.", dir_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print what the copy cannot know as JSON.")]


def backup(file: File) -> None:
    """Write a copy of the database into FILE (mode 0600); doors and desks may go on working.

    It holds personal data in clear: keep it encrypted. It does not hold the master key: keep that elsewhere, for
    without it no agency's key in the copy can be read.
    """
    chosen = settings()
    if file.exists():
        raise typer.BadParameter(f"{file} is there already; a copy replaces nothing")

    async def work() -> int:
        from deployments.backup import back_up  # noqa: PLC0415
        from deployments.cluster import Cluster  # noqa: PLC0415

        async with Cluster(chosen, say) as cluster:
            return await back_up(cluster.url(cluster.main), file)

    OUT.print(f"{file}: {run(work)} bytes", soft_wrap=True, markup=False)


def restore(
    file: File,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="The database has tables: keep it under another name, and make a new one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a copy back, its tables up to date, and list what it cannot know. Stop every door and desk first.

    Numbers that may have been given out after the copy are left out, so that none is given out twice. Links that were
    mailed to agencies end, since nobody knows which of them were replaced; new ones go out.
    """
    chosen = settings()

    async def work() -> "Gap":
        import catalog  # noqa: PLC0415
        from deployments.backup import bring_back, find_gap, look_through, set_right  # noqa: PLC0415
        from deployments.clocks import machine_clock  # noqa: PLC0415
        from deployments.cluster import Cluster  # noqa: PLC0415
        from deployments.making_room import make_room  # noqa: PLC0415
        from models.database import close_engine, open_engine  # noqa: PLC0415

        async with Cluster(chosen, say) as cluster:
            await look_through(file)
            if (kept := await make_room(cluster, replace=replace)) is not None:
                say(f"What was there is kept as the database '{kept}'")
            await bring_back(cluster.url(cluster.main), file)
            say("The copy is back; its tables are brought up to date")
            engine = open_engine(await cluster.migrated(cluster.main), connections=2)
            try:
                async with engine.begin() as connection:
                    await set_right(connection, machine_clock())
                    return await find_gap(connection, catalog.load())
            finally:
                await close_engine(engine)

    _show(run(work), as_json=as_json)


def restore_check(*, as_json: AsJson = False) -> None:
    """List what a database that was brought back cannot know; before the desks are started. It changes nothing."""
    chosen = settings()

    async def work() -> "Gap":
        from deployments.backup import find_gap  # noqa: PLC0415
        from deployments.books import open_books  # noqa: PLC0415

        async with open_books(chosen) as books, books.engine.connect() as connection:
            return await find_gap(connection, books.catalog)

    _show(run(work), as_json=as_json)


def _show(gap: "Gap", *, as_json: bool) -> None:
    if as_json:
        OUT.out(json.dumps(dataclasses.asdict(gap), ensure_ascii=False))
        return

    def told(line: str) -> None:
        OUT.print(line, soft_wrap=True, markup=False)

    told(f"The copy knows nothing after {gap.known_until or 'its making: it is empty'}.")
    told(f"{len(gap.letters)} letters may have arrived already; they go out again under the same keys:")
    for letter in gap.letters:
        told(f"  {letter.referral or '-':<18} {letter.type:<28} {letter.agency:<32} {letter.key}")
    for what, agencies in (
        ("are asked at night for what they said meanwhile", gap.asked_at_night),
        ("cannot be asked: call them", gap.to_be_called),
    ):
        told(f"{len(agencies)} agencies with open referrals {what}:")
        for code, referrals in agencies.items():
            told(f"  {code:<44} {referrals}")
    told("Staff's entries, intakes and letters written after the copy are not in it: see docs/operations.md.")
