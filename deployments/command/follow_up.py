"""`ieum follow-up`: how the scheduled jobs stand, and running one by hand."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from deployments.command.running import OUT, Away, Exit, run, say, settings
from models.vocabulary import FollowUp

if TYPE_CHECKING:
    from settings import Settings
    from tasks.follow_book import Standing

app = typer.Typer(help="See how the scheduled follow-ups stand; run one by hand.", no_args_is_help=True)


@app.callback()
def follow_ups() -> None:
    """See how the scheduled follow-ups stand; run one by hand."""


@app.command("list")
def list_(*, as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False) -> None:
    """List the follow-ups: schedule (cron in Asia/Seoul), last run and what it came to, next run, whether one is late.

    It reads the house's own tables, whatever Prefect shows. Exits with 1 where one is late.
    """
    chosen = settings()
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.follow_book import standings  # noqa: PLC0415

    async def work() -> "list[Standing]":
        async with open_books(chosen) as books, books.engine.connect() as connection:
            return await standings(connection, books.now())

    found = run(work)
    if as_json:
        OUT.out(json.dumps([as_told(each) for each in found]))
    else:
        OUT.print(_table(found))
    if any(each.late for each in found):
        raise typer.Exit(Exit.FOUND)


@app.command("run")
def run_(
    name: Annotated[FollowUp, typer.Argument(help="Which one; 'ieum follow-up list' names them.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print what it came to as JSON.")] = False,
) -> None:
    """Run one follow-up now, once: shown in Prefect if Prefect is there, and without it otherwise.

    Nothing is done twice by that: a follow-up does what is due and not done yet, whoever runs it and how often.
    """
    chosen = settings()

    async def work() -> dict[str, int]:
        shown = await _prefect_is_there(chosen)
        from deployments.by_hand import run_by_hand  # noqa: PLC0415

        return await run_by_hand(chosen, name, shown=shown)

    counts = run(work)
    if as_json:
        OUT.out(json.dumps(counts))
        return
    OUT.print(f"{name}: {_in_words(counts) or 'nothing was due'}", soft_wrap=True, markup=False)


async def _prefect_is_there(chosen: "Settings") -> bool:
    """Set Prefect's environment, and say whether its server answers; Prefect is imported only afterwards."""
    import httpx  # noqa: PLC0415

    from deployments.command.deploy import enter_prefect  # noqa: PLC0415
    from deployments.prefect_server import DESKS, SILENT  # noqa: PLC0415

    try:
        enter_prefect(chosen)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as asker:
            (await asker.get(f"{os.environ['PREFECT_API_URL']}/health")).raise_for_status()
    except (Away, httpx.HTTPError):
        say("Prefect is away: it runs without, and shows in 'ieum follow-up list' only")
        for leaked in [leaked for leaked in os.environ if leaked.startswith("PREFECT_")]:
            del os.environ[leaked]
        home = str((chosen.state_folder / "prefect-home").resolve())
        os.environ.update({**SILENT, **DESKS, "PREFECT_HOME": home, "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"})
        return False
    return True


def as_told(standing: "Standing") -> dict[str, Any]:
    """Return how one stands as `--json` prints it; moments are ISO 8601 in Asia/Seoul."""
    from models.schedules import SCHEDULES  # noqa: PLC0415

    return {
        "follow_up": standing.follow_up.value,
        "schedule": SCHEDULES[standing.follow_up],
        "state": standing.state,
        "began_at": _moment(standing.began_at),
        "ended_at": _moment(standing.ended_at),
        "counts": dict(standing.counts),
        "last_done_at": _moment(standing.done_ended_at),
        "next_at": _moment(standing.next_at),
        "late": standing.late,
    }


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{what.replace('_', ' ')} {count}" for what, count in counts.items() if count)


def _moment(moment: datetime | None) -> str | None:
    from deployments.clocks import SEOUL  # noqa: PLC0415

    return None if moment is None else moment.astimezone(SEOUL).isoformat(timespec="seconds")


def _table(found: "list[Standing]") -> Table:
    from deployments.clocks import in_seoul  # noqa: PLC0415
    from models.schedules import SCHEDULES  # noqa: PLC0415

    table = Table(title="Follow-ups (hours in Asia/Seoul)", title_justify="left")
    for heading in ("follow-up", "schedule", "last run", "state", "last done", "next run", "what the last came to"):
        table.add_column(heading)
    for each in found:
        state = each.state.value if each.state else "never ran"
        table.add_row(
            each.follow_up.value,
            SCHEDULES[each.follow_up],
            in_seoul(each.began_at) if each.began_at else "",
            f"{state}, late" if each.late else state,
            in_seoul(each.done_ended_at) if each.done_ended_at else "",
            in_seoul(each.next_at),
            _in_words(each.counts),
        )
    return table
