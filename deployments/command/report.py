"""`ieum report`: the linkage report of a month or any span of days, from this installation's own tables."""

from datetime import date, datetime, timedelta
from typing import Annotated

import typer

from deployments.command.running import OUT, WrongUse, foreseen, run, say, settings
from models.counting import day_of


def report(
    *,
    month: Annotated[str | None, typer.Option(help="A month, as 2026-10; the last full one when left out.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, instead of a month.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, instead of a month.")
    ] = None,
    outside: Annotated[
        bool, typer.Option("--outside", help="Hide counts below five, for what leaves the center.")
    ] = False,
    referrals: Annotated[
        bool, typer.Option("--referrals", help="Also list each referral with the days each party held it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Count the referrals made in a span: by agency and outcome, days by leg and turn, hires kept, orphans."""
    chosen = settings()
    import catalog  # noqa: PLC0415
    from deployments.clocks import machine_clock  # noqa: PLC0415
    from deployments.cluster import Cluster  # noqa: PLC0415
    from deployments.linkage_showing import as_json as report_as_json  # noqa: PLC0415
    from deployments.linkage_showing import show, show_referrals  # noqa: PLC0415
    from models.database import open_engine  # noqa: PLC0415
    from tasks.linkage import LISTED, LinkageReport  # noqa: PLC0415
    from tasks.linkage import report as count  # noqa: PLC0415

    with foreseen():
        span = _span(month, first, last, day_of(machine_clock()))
        known = catalog.load()

    async def work() -> LinkageReport:
        async with Cluster(chosen, say) as cluster:
            engine = open_engine(await cluster.migrated(cluster.main))
            try:
                return await count(engine, known, *span, machine_clock(), listed=LISTED)
            finally:
                await engine.dispose()

    counted = run(work)
    if outside:
        counted = counted.for_outside()
    if as_json:
        OUT.out(report_as_json(counted), highlight=False)
    else:
        show(counted, known, OUT)
        if referrals:
            show_referrals(counted, known, OUT)


def _span(month: str | None, first: datetime | None, last: datetime | None, today: date) -> tuple[date, date]:
    """Return first and last day of what is asked for.

    Raises:
        WrongUse: The words do not name a span.
    """
    if (first is None) != (last is None) or (month is not None and first is not None):
        raise WrongUse("Name a month (--month 2026-10), or both --from and --to.")
    if first is not None and last is not None:
        if last < first:
            raise WrongUse("--to lies before --from; turn them round.")
        return first.date(), last.date()
    if month is None:
        ends = today.replace(day=1) - timedelta(days=1)
        return ends.replace(day=1), ends
    try:
        begins = datetime.strptime(f"{month}-01", "%Y-%m-%d").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        raise WrongUse("A month is written as 2026-10.") from None
    return begins, (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)
