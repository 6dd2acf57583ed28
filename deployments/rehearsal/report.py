"""The report: every expectation with expected and actual, for people and for scripts."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter
from rich.console import Console
from rich.markup import escape

from deployments.clocks import in_seoul
from deployments.rehearsal.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What one scenario came to; `stopped` says why it could not be played to its end."""

    file: str
    scenario: str
    title: str
    findings: Sequence[Finding]
    seconds: float
    stopped: str | None = None

    @property
    def missed(self) -> int:
        """Count the expectations that were not met."""
        return sum(1 for finding in self.findings if not finding.met)

    @property
    def passed(self) -> bool:
        """Say whether it was played to its end and everything was as expected."""
        return self.stopped is None and self.missed == 0


_PLAYED: Final = TypeAdapter(Played)


def show(played: Played, console: Console) -> None:
    """Print one scenario's expectations, each on a line of its own."""
    console.print(f"[bold]{escape(played.scenario)}[/bold] {escape(played.title)} [dim]{escape(played.file)}[/dim]")
    for finding in played.findings:
        mark = "[green]ok    [/green]" if finding.met else "[red]MISSED[/red]"
        when = in_seoul(finding.at)
        if finding.met:
            console.print(f"  {mark} {when}  {escape(finding.about)} = {escape(finding.expected)}", soft_wrap=True)
            continue
        console.print(
            f"  {mark} {when}  {escape(finding.about)}  [dim]{escape(played.file)}:{finding.line}[/dim]", soft_wrap=True
        )
        console.print(f"           expected: {escape(finding.expected)}", soft_wrap=True)
        console.print(f"           actual:   {escape(finding.actual)}", soft_wrap=True)
    if played.stopped is not None:
        console.print(f"  [red]STOPPED[/red] {escape(played.stopped)}", soft_wrap=True)
    met = len(played.findings) - played.missed
    console.print(f"  {met} of {len(played.findings)} expectations met in {played.seconds:.1f} s")


def as_json(all_played: Sequence[Played]) -> str:
    """Return the report for a script."""
    return json.dumps([_plain(played) for played in all_played], ensure_ascii=False, indent=2)


def as_line(played: Played) -> str:
    """Return what one scenario came to as one line of JSON."""
    return _PLAYED.dump_json(played).decode()


def from_line(line: str) -> Played:
    """Return what a line of JSON says.

    Raises:
        ValueError: it is no such line.
    """
    return _PLAYED.validate_json(line)


def _plain(played: Played) -> dict[str, Any]:
    return {
        "file": played.file,
        "scenario": played.scenario,
        "passed": played.passed,
        "stopped": played.stopped,
        "seconds": round(played.seconds, 2),
        "findings": [asdict(finding) | {"at": in_seoul(finding.at)} for finding in played.findings],
    }
