"""How a linkage report looks at a terminal: tables, one chart, and the same as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import ceil
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from catalog import Catalog
from tasks.linkage import LISTED, LinkageReport

#: Cells of the longest bar.
_WIDEST: Final = 44
#: Cells of the longest bar in a table.
_BAR: Final = 24
#: Parts of a bar: told apart by their cells, so that it can be read without color too.
_PARTS: Final = (
    ("completed", "green", "█"),
    ("declined", "red", "▚"),
    ("expired", "yellow", "▓"),
    ("in_service", "blue", "▒"),
)
#: Referrals that are shown one by one, and those that are named in a line.
_SHOWN: Final = 200
_NAMED: Final = 20
_OTHER: Final = "·"
_NOTHING: Final = "–"


def as_json(report: LinkageReport) -> str:
    """Return the report as JSON, its keys in a fixed order."""
    return json.dumps(asdict(report), default=str, ensure_ascii=False, indent=2)


def show(report: LinkageReport, catalog: Catalog, out: Console) -> None:
    """Print the report."""
    out.print(
        f"\n[bold]Linkage report[/bold] {report.first} to {report.last}, as of the end of {report.cut_off}\n"
        f"{report.persons:,} persons · {report.journeys:,} journeys · {report.referrals:,} referrals\n"
    )
    out.print(_agencies(report, catalog))
    _chart(report, catalog, out)
    out.print(_days("Days by leg, from draft to end (closed referrals)", "leg", report.days_by_leg))
    out.print(_days("Days by whose turn it was (all referrals sent)", "party", report.days_by_turn))
    out.print(_overdue(report))
    if report.silences:
        out.print(_silences(report, catalog))
    steps = " · ".join(f"{does} {number:,}" for does, number in report.follow_ups.items()) or "nothing"
    hires = report.hires
    out.print(f"Follow-ups: {steps}")
    out.print(
        f"Hires: {hires['hired']:,} · six months ago or more {hires['due']:,}"
        f" · of these kept {hires['kept']:,} ({_percent(hires['kept_rate'])})"
    )
    named = f" ({', '.join(report.orphans_named[:_NAMED])})" if report.orphans_named else ""
    out.print(f"Open referrals without a next date: [bold]{report.orphans}[/bold]{named}")


def show_referrals(report: LinkageReport, catalog: Catalog, out: Console) -> None:
    """Print each referral with the days each party held it: those that were held the longest first."""
    table = Table(title="Days each party held each referral", title_justify="left", title_style="bold")
    for name in ("referral", "program", "agency", "state"):
        table.add_column(name, no_wrap=name == "referral")
    for name in ("center", "agency", "client"):
        table.add_column(f"{name} (days)", justify="right")
    slowest = sorted(report.by_referral, key=lambda line: -sum(line["days"].values()))
    for line in slowest[:_SHOWN]:
        names = catalog.program(line["program"]).name.en, catalog.agency(line["agency"]).name.en
        days = (f"{line['days'][party]:.1f}" for party in ("center", "agency", "client"))
        table.add_row(line["number"], *names, str(line["state"]).replace("_", " "), *days)
    out.print(table)
    if len(slowest) > _SHOWN:
        out.print(f"and {len(slowest) - _SHOWN:,} more: --json names up to {LISTED:,}")


def _agencies(report: LinkageReport, catalog: Catalog) -> Table:
    table = Table(title="Referrals by agency and outcome", title_justify="left", title_style="bold")
    table.add_column("agency")
    names = ("sent", "replied", "accepted", "completed", "declined", "redirected", "expired", "no-show", "in service")
    for name in (*names, "reply %", "no-show %"):
        table.add_column(name, justify="right")
    for line in report.agencies:
        table.add_row(
            catalog.agency(line["agency"]).name.en,
            *(_count(line[name]) for name in ("sent", "replied", "accepted")),
            _sum(line["completed"]),
            _sum(line["declined"]),
            *(_count(line[name]) for name in ("redirected", "expired", "no_show", "in_service")),
            _percent(line["reply_rate"]),
            _percent(line["no_show_rate"]),
        )
    return table


def _chart(report: LinkageReport, catalog: Catalog, out: Console) -> None:
    """Draw where each agency's referrals stand, a bar each."""
    largest = max((line["sent"] or 0 for line in report.agencies), default=0)
    if not largest:
        return
    legend = "  ".join(f"[{color}]{cell}[/{color}] {name.replace('_', ' ')}" for name, color, cell in _PARTS)
    out.print(f"\n[bold]Where they stand[/bold]  {legend}  {_OTHER} other")
    for line in report.agencies:
        sent = line["sent"] or 0
        widths = [(round(_total(line[name]) / largest * _WIDEST), color, cell) for name, color, cell in _PARTS]
        rest = max(0, round(sent / largest * _WIDEST) - sum(width for width, _, _ in widths))
        bar = "".join(f"[{color}]{cell * width}[/{color}]" for width, color, cell in widths if width)
        name = catalog.agency(line["agency"]).name.en
        out.print(f"  {name:<44.44} {bar}{_OTHER * rest} {sent:,}", soft_wrap=True)
    out.print()


def _days(title: str, what: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(what)
    for name in ("referrals", "median", "90th percentile"):
        table.add_column(name, justify="right")
    for name, took in rows.items():
        table.add_row(name, _count(took["of"]), _one(took["median"]), _one(took["p90"]))
    return table


def _overdue(report: LinkageReport) -> Table:
    """Show what is late at the cut-off, with a bar for each party; what is only mirrored, nobody is chased for."""
    table = Table(title="Overdue at the cut-off, by who owes it", title_justify="left", title_style="bold")
    table.add_column("party")
    for name in ("late", "only mirrored", "longest (days)"):
        table.add_column(name, justify="right")
    table.add_column("")
    largest = max(((line["late"] or 0) + (line["mirrored"] or 0) for line in report.overdue), default=0)
    for line in report.overdue:
        bars = ((line["late"], "red", "█"), (line["mirrored"], "blue", "▒"))
        drawn = (f"[{color}]{cell * ceil((of or 0) / largest * _BAR)}[/{color}]" for of, color, cell in bars if largest)
        counts = (_count(line[name]) for name in ("late", "mirrored", "longest_days"))
        table.add_row(line["party"], *counts, "".join(drawn))
    return table


def _silences(report: LinkageReport, catalog: Catalog) -> Table:
    """Show which agencies fell silent, and since when."""
    table = Table(title="Agencies that fell silent", title_justify="left", title_style="bold")
    for name in ("agency", "last word", "a person was told", "settled"):
        table.add_column(name)
    for line in report.silences:
        name = catalog.agency(line["agency"]).name.en
        table.add_row(name, line["last_word"], line["told_on"], line["settled_on"] or _NOTHING)
    return table


def _total(value: Mapping[str, int | None] | int | None) -> int:
    return sum(each or 0 for each in value.values()) if isinstance(value, Mapping) else value or 0


def _sum(counts: Mapping[str, int | None]) -> str:
    return "<5" if None in counts.values() else f"{sum(each or 0 for each in counts.values()):,}"


def _count(value: int | None) -> str:
    return "<5" if value is None else f"{value:,}"


def _one(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f}"


def _percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.1f} %"
