"""The smallest real jobs: each tells the numbers of the journeys there are, through the harness like any other."""

import asyncio
from datetime import datetime

from sqlalchemy import text

from models.keys import uuid7
from models.vocabulary import Alarm, Desk
from tasks.follow_report import FollowReport
from tasks.statements import INSERT_NOTICES
from tasks.toolbox import Toolbox

_OPEN = text("SELECT number FROM journey WHERE opened_at <= :now ORDER BY number")


async def look_at_journeys(tools: Toolbox, now: datetime) -> FollowReport:
    """Tell every journey's number."""
    report = FollowReport()
    async with tools.engine.connect() as connection:
        for (number,) in await connection.execute(_OPEN, {"now": now}):
            report.tell("looked_at", journey=str(number))
    return report


async def fall_silent(tools: Toolbox, now: datetime) -> FollowReport:
    """Raise a notice that an agency is silent."""
    row = {
        "id": uuid7(now), "desk": Desk.INTAKE, "code": Alarm.AGENCY_SILENT.value, "about": "nhis", "detail": "",
        "key": "agency_silent:nhis:2017-12-04", "by_rule": False, "raised_at": now,
    }  # fmt: skip
    async with tools.engine.begin() as connection:
        await connection.execute(INSERT_NOTICES, [row])
    return FollowReport()


async def break_down(tools: Toolbox, now: datetime) -> FollowReport:
    """Fail with a text that nobody may read."""
    del tools, now
    raise LookupError("김하늘 lives in 가온로 7")


async def go_on_for_ever(tools: Toolbox, now: datetime) -> FollowReport:
    """Work until broken off."""
    del tools, now
    await asyncio.Event().wait()
    return FollowReport()
