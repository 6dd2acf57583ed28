"""`ieum digest`: what needs a person today, desk by desk."""

from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.running import OUT, run, settings
from models.vocabulary import Desk

if TYPE_CHECKING:
    from tasks.morning_list import DeskList, Digest, NoticeLine


def digest(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as GET /api/digest answers.")] = False,
    desk: Annotated[Desk | None, typer.Option("--desk", help="Only this desk's list.")] = None,
) -> None:
    """Show what needs a person today, by desk; docs/runbook.md says what to do about each."""
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.morning import read_digest  # noqa: PLC0415

    async def work() -> "Digest":
        async with open_books(chosen) as books, books.engine.connect() as connection:
            return await read_digest(connection, books.catalog, books.now(), desk)

    found = run(work)
    if as_json:
        OUT.out(found.model_dump_json(indent=2), highlight=False)
        return
    OUT.print(f"[bold]{found.day:%Y-%m-%d}[/bold]")
    if found.supervisor:
        OUT.print(f"\n[bold]상급자 확인 · The supervisor's[/bold] ({found.supervisor_count})")
        _notices(found.supervisor)
    for line in found.parked_without_desk:
        OUT.print(f"  event {line.id} from {line.source}: {line.reason}, {line.days} days", markup=False)
    for each in found.desks:
        _desk(each)


def _desk(each: "DeskList") -> None:
    counts = {name.replace("_", " "): count for name, count in each.counts.items()}
    counts |= {"overdue": each.overdue, "due today": each.due_today}
    said = " · ".join(f"{name} {count}" for name, count in counts.items() if count) or "nothing"
    OUT.print(f"\n[bold]{each.title.ko} · {each.title.en}[/bold]: {said}")
    for aside in each.set_aside:
        then = f"; ieum event replay {aside.event}" if aside.event is not None else ""
        OUT.print(f"  {aside.journey} set aside: {aside.reason}, {aside.days} days{then}", markup=False)
    for letter in each.letters:
        about = letter.referral or letter.agency
        OUT.print(
            f"  letter {about} ({letter.type}) to {letter.agency}: {letter.problem}, {letter.days} days", markup=False
        )
    for parked in each.parked:
        OUT.print(f"  event {parked.id} from {parked.source}: {parked.reason}, {parked.days} days", markup=False)
    _notices(each.notices)


def _notices(lines: "list[NoticeLine]") -> None:
    for line in lines:
        where, title = f"{line.journey} " if line.journey else "", line.title
        OUT.print(
            f"  {where}{title.ko} · {title.en} ({line.code}) {line.about}, {line.days} days; notice {line.id}",
            markup=False,
            soft_wrap=True,
        )
