"""Follow: one run of a follow-up, from its row in our tables to its own account; what it does is its job's affair.

A job may be run twice, late, or twice at the same time: what it does is keyed by what it is about, never by the run.
"""

import logging
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx
from prefect.artifacts import acreate_table_artifact
from prefect.exceptions import PrefectException
from sqlalchemy import text

from models.vocabulary import Alarm, FollowUp, FollowUpState
from tasks.alarms import tell
from tasks.follow_book import begin_run, end_run
from tasks.follow_report import Job
from tasks.notify import in_words
from tasks.outline import outline, outlined
from tasks.presence import present
from tasks.toolbox import Toolbox, toolbox

_LOG: Final = logging.getLogger("ieum.follow-up")

#: Alarms that follow-ups raise, as notices of the same code; the others are the shifts'.
ALARMS: Final = (Alarm.AGENCY_SILENT,)

_RAISED: Final = text("""
    SELECT code, array_agg(about ORDER BY about) AS about FROM notice
    WHERE code = ANY(:codes) AND raised_at >= :began AND settled_at IS NULL GROUP BY code
""")

#: The row of the run that is called next, where somebody has written it down already.
_given: ContextVar[int | None] = ContextVar("ieum_follow_up_run", default=None)


def given(number: int | None) -> None:
    """Hand the row of a run to the flow that is called next in this context."""
    _given.set(number)


@outlined
async def follow(follow_up: FollowUp, job: Job, flow_run_id: UUID | None) -> dict[str, int]:
    """Run a job once and return its counts; its row tells for ever that it began, and how it ended.

    Args:
        follow_up: Which one.
        job: What it does.
        flow_run_id: The Prefect run it is shown by, if any; then it leaves its table there as an artifact.
    """
    tools = toolbox()
    async with present(tools.engine, tools.process):
        began = tools.clock()
        number = _given.get()
        if number is None:
            async with tools.engine.begin() as connection:
                number = await begin_run(connection, follow_up, tools.process, flow_run_id, began)
        try:
            report = await job(tools, began)
            counts = dict(sorted(report.counts.items()))
            async with tools.engine.begin() as connection:
                await end_run(connection, number, FollowUpState.DONE, counts, tools.clock())
        except BaseException:
            await _break_off(tools, number)
            raise
        await _raise_alarms(tools, follow_up, number, began)
    if flow_run_id is not None:
        await _show(follow_up, number, report.table, counts)
    return counts


async def _break_off(tools: Toolbox, number: int) -> None:
    """Write down that a run broke off; without the database, its process's end will tell."""
    try:
        async with tools.engine.begin() as connection:
            await end_run(connection, number, FollowUpState.BROKEN, {}, tools.clock())
    except Exception as away:  # noqa: BLE001 - what broke the run is raised, not this
        _LOG.warning("run %d could not be closed in the tables (%s)", number, outline(away))


async def _raise_alarms(tools: Toolbox, follow_up: FollowUp, number: int, began: datetime) -> None:
    """Hand on what this run's job has raised as a notice."""
    codes = [alarm.value for alarm in ALARMS]
    async with tools.engine.connect() as connection:
        rows: Any = await connection.execute(_RAISED, {"codes": codes, "began": began})
        for row in rows:
            tell(Alarm(row.code), f"run {number} of {follow_up}", row.about)


async def _show(follow_up: FollowUp, number: int, table: list[dict[str, str]], counts: dict[str, int]) -> None:
    """Leave the run's table in Prefect; its work does not depend on that."""
    try:
        await acreate_table_artifact(
            table=table,
            key=f"follow-up-{follow_up}",
            description=f"Run {number} of the follow-up {follow_up}: {in_words(counts)}",
        )
    except (PrefectException, httpx.HTTPError) as away:
        _LOG.warning("run %d left no table in Prefect (%s)", number, outline(away))
