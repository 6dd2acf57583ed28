"""Follow: one run of a follow-up, from its row in our tables to its own account; what it does is its job's affair.

A job may be run twice, late, or twice at the same time: what it does is keyed by what it is about, never by the run.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from prefect.artifacts import acreate_table_artifact
from sqlalchemy import text

from models.vocabulary import FollowUp
from tasks.notify import in_words
from tasks.outline import outlined
from tasks.toolbox import Toolbox, toolbox

#: Lines of one run's table; past it only counts are told.
LINES: Final = 200


@dataclass(slots=True)
class FollowReport:
    """What one run came to: counts, and a table of numbers and codes only (never a person's data)."""

    counts: Counter[str] = field(default_factory=Counter[str])
    table: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def tell(self, what: str, **line: str) -> None:
        """Count something, and keep a line of the table for it while there is room."""
        self.counts[what] += 1
        if len(self.table) < LINES:
            self.table.append({"what": what, **line})

    def add(self, other: "FollowReport") -> None:
        """Add another report: what one transaction came to, once it is committed."""
        self.counts += other.counts
        self.table.extend(other.table[: max(0, LINES - len(self.table))])


#: Does a follow-up's work as of a moment (aware), in transactions of its own.
Job = Callable[[Toolbox, datetime], Awaitable[FollowReport]]

_BEGIN: Final = text("""
    INSERT INTO follow_up_run (follow_up, flow_run_id, began_at, report) VALUES (:follow_up, :run, :now, '{}')
    RETURNING number
""")
_END: Final = text("UPDATE follow_up_run SET ended_at = :now, report = CAST(:report AS jsonb) WHERE number = :number")


@outlined
async def follow(follow_up: FollowUp, job: Job, flow_run_id: UUID | None) -> dict[str, int]:
    """Run a job once and return its counts; its row tells for ever that it began, and when it ended.

    Args:
        follow_up: Which one.
        job: What it does.
        flow_run_id: The Prefect run it is shown by, if any; then it leaves its table there as an artifact.
    """
    tools = toolbox()
    began = tools.clock()
    parameters = {"follow_up": follow_up.value, "run": flow_run_id, "now": began}
    async with tools.engine.begin() as connection:
        number = (await connection.execute(_BEGIN, parameters)).scalar_one()
    report = await job(tools, began)
    counts = dict(sorted(report.counts.items()))
    async with tools.engine.begin() as connection:
        ended = {"number": number, "now": tools.clock(), "report": orjson.dumps(counts).decode()}
        await connection.execute(_END, ended)
    if flow_run_id is not None:
        await acreate_table_artifact(
            table=report.table,
            key=f"follow-up-{follow_up}",
            description=f"Run {number} of the follow-up {follow_up}: {in_words(counts)}",
        )
    return counts
