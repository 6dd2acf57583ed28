"""Showing: a journey as it happens, line by line in the terminal, and how it stands in the end."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text

from catalog import Catalog, Program
from deployments.clocks import in_seoul
from deployments.house import House
from deployments.rehearsal.player import Player
from deployments.rehearsal.shapes import Scenario
from deployments.rehearsal.timeline import Line
from models.counting import SEOUL
from models.roads import TURN
from models.vocabulary import Party

_COLORS = {"agency": "yellow", "center": "cyan", "client": "magenta", "none": "green"}


GO_ON = {
    "ieum demo --keep": "the same, left running: look at it in the Prefect UI and the API",
    "ieum up --sandbox": "the whole house on this machine, with pretend agencies",
    "ieum rehearse scenarios/": "whole journeys, each expectation reported",
}


class Showing:
    """Prints the timeline; colored on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, catalog: Catalog, *, days_per_second: float) -> None:
        """Print to `console`; 0 days per second goes as fast as it can."""
        self._console = console
        self._catalog = catalog
        self._days_per_second = days_per_second
        self._day = ""
        self._last: datetime | None = None

    def begin(self, scenario: Scenario) -> None:
        """Print who walks in."""
        self._console.print(f"\n[bold]{escape(scenario.title.en)}[/bold] · {escape(scenario.title.ko)}")
        self._console.print(escape(" ".join(scenario.story.split())) + "\n")

    async def tell(self, at: datetime, lines: Sequence[Line]) -> None:
        """Print what happened, and wait as long as the speed asks."""
        if self._days_per_second > 0 and self._last is not None:
            days = (at - self._last).total_seconds() / 86400
            await asyncio.sleep(min(days / self._days_per_second, 5))
        self._last = at
        for line in lines:
            moment = line.at.astimezone(SEOUL)
            day = f"{moment:%Y-%m-%d}"
            shown = day if day != self._day else " " * len(day)
            self._day = day
            turn = f"[{_COLORS[line.turn]}]{'done' if line.turn == 'none' else line.turn + chr(39) + 's turn'}[/]"
            said = f"{escape(line.who)}: {escape(line.says)}"
            self._console.print(
                f"[bold]{shown}[/bold] {moment:%H:%M}  [dim]{escape(line.program)}[/dim] · {said} · {turn}",
                soft_wrap=True,
            )


async def show_end(player: Player, console: Console, *, kept: bool) -> None:
    """Print every referral as it stands, and where to look next."""
    house = player.house
    catalog = house.ground.catalog
    scene = await player.look()
    table = Table(title=f"Journey {player.number} on {in_seoul(player.clock())[:10]}", title_justify="left")
    for heading in ("number", "program", "asked of", "state", "as far as"):
        table.add_column(heading, no_wrap=heading in {"number", "state"})
    for referral in scene.case.referrals:
        program = catalog.program(referral.program)
        reached = referral.stands()
        last = program.milestone("main", reached).label.en if reached else ""
        turn = TURN[referral.state] if referral.state is not None else Party.NONE
        table.add_row(
            referral.number,
            program.name.en,
            catalog.agency(referral.agency).name.en,
            str(referral.state) if turn is Party.NONE else f"{referral.state} ({turn})",
            " · ".join(_as_far_as(program, referral.outcome, last)),
        )
    console.print()
    console.print(table)
    async with house.engine.connect() as connection:
        counts = (
            await connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM inbox_event), (SELECT count(*) FROM transition),"
                    " (SELECT count(*) FROM letter WHERE state = 'sent'), (SELECT count(*) FROM shift)"
                )
            )
        ).one()
    met = sum(finding.met for finding in player.findings)
    console.print(
        f"{counts[0]} events heard, {counts[1]} steps logged, {counts[2]} letters sent, in {counts[3]} shifts;"
        f" {met} of {len(player.findings)} expectations met.",
        soft_wrap=True,
    )
    if kept:
        show_addresses(player.house, console)
    console.print("\nHow to go on:")
    for command, says in GO_ON.items():
        if not (kept and "--keep" in command):
            console.print(f"  {command:<32} {says}", soft_wrap=True)


def _as_far_as(program: Program, outcome: str | None, last: str) -> list[str]:
    """Say how a referral ended and what has been told since, each once."""
    said = [program.outcome(outcome).label.en] if outcome else []
    return [*said, *([last] if last and last not in said else [])]


def show_addresses(house: House, console: Console) -> None:
    """Print where a person can look while the house stands."""
    ground = house.ground
    lines = {"Doors": f"{house.door_url}/openapi.json"}
    if ground.prefect is not None:
        password = ground.prefect.folder / "password"
        # The login page has one field for both.
        lines["Prefect UI"] = f"{ground.prefect.ui_url}  (log in as admin:PASSWORD, with the password in {password})"
    elif ground.settings.prefect_api_url is not None and ground.plan.prefect:
        lines["Prefect API"] = ground.settings.prefect_api_url
    if ground.safe.token_file is not None:
        lines["Bearer token"] = f"in {ground.safe.token_file}"
    if ground.sandbox is not None:
        lines["Sandbox control"] = f"{ground.sandbox.url}/control/health"
    for name, value in lines.items():
        console.print(f"  {name:<16} {value}", soft_wrap=True)
