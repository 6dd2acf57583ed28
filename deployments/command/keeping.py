"""`ieum keeping`: let go of what need not be kept any longer, or say first what would go."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.deploy import enter_prefect
from deployments.command.running import OUT, Away, run, say, settings

if TYPE_CHECKING:
    from tasks.keeping import Kept


def keeping(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go; nothing is changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Let go of what need not be kept any longer; the follow-up 'keeping' does the same every week.

    What a client told is wiped when its time is over and nothing is open; that cannot be undone. The rules are in
    catalog/keeping.yaml. One run does a bounded share; the next goes on.
    """
    chosen = settings()
    span: timedelta | None = timedelta(days=chosen.prefect_keep_days)
    try:
        enter_prefect(chosen)
    except Away:
        say("There is no Prefect server here: its old runs are left alone")
        span = None
    from deployments.books import open_books  # noqa: PLC0415
    from tasks.keeping import let_go  # noqa: PLC0415

    async def work() -> "Kept":
        async with open_books(chosen) as books:
            return await let_go(books.engine, books.catalog, books.now(), span, dry_run=dry_run)

    kept = run(work)
    counts = dict(sorted(kept.counts.items()))
    if as_json:
        OUT.out(json.dumps({"dry_run": dry_run, "counts": counts}), highlight=False)
        return
    OUT.print("Would go:" if dry_run else "Gone:")
    for name, count in counts.items():
        OUT.print(f"  {name.replace('_', ' '):<48} {count:>8}", markup=False)
