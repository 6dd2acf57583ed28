"""`ieum doctor`: what is wrong with this installation, and how to mend it."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.command.running import OUT, Exit, run, settings

if TYPE_CHECKING:
    from deployments.doctor_servers import Check


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Look at everything this installation stands on; exit 1 if any of it is wrong."""
    chosen = settings()

    async def work() -> "list[Check]":
        from deployments.doctor import examine  # noqa: PLC0415

        found: list[Check] = []
        async for check in examine(chosen):
            found.append(check)
            if not as_json:
                mark = "[green]ok   [/green]" if check.ok else "[red]wrong[/red]"
                OUT.print(f"{mark}  {check.part:<17} {check.said}", soft_wrap=True)
                if not check.ok:
                    OUT.print(f"       {'':<17} → {check.remedy}", soft_wrap=True)
        return found

    found = run(work)
    if as_json:
        OUT.out(json.dumps([dataclasses.asdict(check) for check in found], ensure_ascii=False, indent=2))
    if not all(check.ok for check in found):
        raise typer.Exit(Exit.FOUND)
