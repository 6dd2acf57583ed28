"""Digest: the morning's list as the artifact of a run; it changes nothing, and may be run as often as anybody likes."""

from datetime import datetime

from tasks.follow_report import FollowReport
from tasks.morning import read_digest
from tasks.morning_list import Digest
from tasks.toolbox import Toolbox


async def digest(tools: Toolbox, now: datetime) -> FollowReport:
    """Tell what needs a person today, by desk.

    Args:
        tools: The toolbox in use.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    async with tools.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        return reported(await read_digest(connection, tools.catalog, now))


def reported(found: Digest) -> FollowReport:
    """Return a run's counts and its table: the supervisor's list first, then each desk, the shortest kind first."""
    report = FollowReport()
    for line in found.supervisor:
        report.tell("for_the_supervisor", desk=line.desk, code=line.code, about=line.about, days=str(line.days))
    for line in found.parked_without_desk:
        report.tell("parked_without_desk", code=line.reason or "", about=str(line.id), days=str(line.days))
    for each in found.desks:
        for aside in each.set_aside:
            report.tell("set_aside", desk=each.desk, code=aside.reason, about=aside.journey, days=str(aside.days))
        for letter in each.letters:
            about = letter.referral or letter.agency
            report.tell("letters", desk=each.desk, code=letter.problem or "", about=about, days=str(letter.days))
        for parked in each.parked:
            about = str(parked.id)
            report.tell("parked", desk=each.desk, code=parked.reason or "", about=about, days=str(parked.days))
    for each in found.desks:
        for notice in each.notices:
            report.tell("notices", desk=each.desk, code=notice.code, about=notice.about, days=str(notice.days))
        # The counts are of all, beyond what the lists show.
        for what in ("set_aside", "letters", "parked", "notices"):
            report.counts[what] += each.counts[what] - len(getattr(each, what))
        report.counts["overdue"] += each.overdue
        report.counts["due_today"] += each.due_today
    report.counts["for_the_supervisor"] += found.supervisor_count - len(found.supervisor)
    return report
