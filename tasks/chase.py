"""Chase: the job of the follow-ups that go by the agenda: page by page they look at the journeys that are due.

A page is one transaction under the same lock as the desks' batches: read the cases, reckon, write what follows, set the
next look. So two runs at the same time share the journeys, and one that dies leaves whole pages or none.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import Case
from models.case_chase import look_at, wanted
from models.casebook import bare_cases, load_cases
from models.chasing import Chase
from models.counting import SEOUL
from models.database import is_away
from models.vocabulary import FollowUp
from tasks.agenda import any_due, claim_due, set_next
from tasks.chase_reading import read_looks
from tasks.chase_writing import Chased, write_chased, write_failed
from tasks.digests import write_digests
from tasks.follow_report import FollowReport, Job
from tasks.outline import outline
from tasks.toolbox import Toolbox

#: How often, and how long apart, journeys are tried again that somebody else holds at the moment.
TRIES: Final = 100
PAUSE_SECONDS: Final = 0.05
#: A journey that cannot be looked at is tried again after so long; a person is told.
REST: Final = timedelta(days=1)


def chase_by(follow_up: FollowUp) -> Job:
    """Return the job of a follow-up that goes by the agenda."""
    return partial(chase, follow_up)


async def chase(follow_up: FollowUp, tools: Toolbox, now: datetime) -> FollowReport:
    """Look at every journey that is due, then write the agencies' digests.

    Args:
        follow_up: Which one.
        tools: The toolbox in use.
        now: Aware; what is due by then is done.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; what is left is done by the next run.
    """
    report = FollowReport()
    for _ in range(TRIES):
        while await _page(follow_up, tools, now, report):
            pass
        async with tools.engine.connect() as connection:
            if not await any_due(connection, follow_up, now):
                break
        await asyncio.sleep(PAUSE_SECONDS)
    await write_digests(tools, now, report)
    return report


async def _page(follow_up: FollowUp, tools: Toolbox, now: datetime, report: FollowReport) -> bool:
    """Look at one page; say whether there was anything to look at."""
    try:
        async with tools.engine.begin() as connection:
            journeys = await claim_due(connection, follow_up, now)
            page = FollowReport()
            if journeys:
                await _look(connection, _Page(follow_up, journeys, now, page), tools)
    except Exception as refused:
        if is_away(refused):
            raise
        return await _one_by_one(follow_up, tools, now, report)
    report.add(page)
    return bool(journeys)


@dataclass(frozen=True, slots=True)
class _Page:
    """Journeys held in one transaction."""

    follow_up: FollowUp
    journeys: Sequence[UUID]
    now: datetime
    report: FollowReport


async def _one_by_one(follow_up: FollowUp, tools: Toolbox, now: datetime, report: FollowReport) -> bool:
    """Look at a page a journey at a time, after it could not be looked at whole: one that fails rests for a day."""
    async with tools.engine.begin() as connection:
        journeys = await claim_due(connection, follow_up, now)
        for journey in journeys:
            alone = FollowReport()
            try:
                async with connection.begin_nested():
                    await _look(connection, _Page(follow_up, [journey], now, alone), tools)
            except Exception as refused:
                if is_away(refused):
                    raise
                alone = FollowReport()
                cases = await bare_cases(connection, [journey], tools.catalog, now.astimezone(SEOUL).date())
                await write_failed(connection, follow_up, cases[journey], outline(refused), now)
                await set_next(connection, follow_up, {journey: now + REST})
                alone.tell("could not be looked at", journey=cases[journey].number)
            report.add(alone)
    return bool(journeys)


async def _look(connection: AsyncConnection, page: _Page, tools: Toolbox) -> None:
    today = page.now.astimezone(SEOUL).date()
    cases = await load_cases(connection, page.journeys, tools.catalog, today)
    looks = await read_looks(connection, cases, page.now)
    found = {journey: look_at(case, page.follow_up, looks[journey]) for journey, case in cases.items()}
    chased = [_chased(page, cases[journey], chase) for journey, chase in found.items()]
    await write_chased(connection, page.follow_up, chased, page.now)
    await set_next(connection, page.follow_up, {journey: _next(found, journey) for journey in page.journeys})
    for each in chased:
        _tell(page.report, each)


def _next(found: Mapping[UUID, Chase], journey: UUID) -> datetime | None:
    return found[journey].next_at if journey in found else None


def _chased(page: _Page, case: Case, chase: Chase) -> Chased:
    return Chased(case=case, acts=tuple(chase.acts), wanted=tuple(wanted(case, page.follow_up, chase)))


def _tell(report: FollowReport, chased: Chased) -> None:
    """Add a journey to the report: codes and numbers only (the day of an age line is a birthday, and stays here)."""
    report.counts["looked at"] += 1
    for act in chased.acts:
        report.tell(
            act.does,
            referral=str(act.referral.number),
            program=act.referral.program,
            agency=act.referral.agency,
            deadline=act.due.code,
            due="" if act.due.note else act.due.due_effective.isoformat(),
            step=str(act.step),
        )
