"""The hires of a period, read out of the tables page by page: for reports, never in a shift."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, String, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog, UnknownWord
from models.casebook import load_cases
from models.counting import day_of, end_of, start_of
from models.jobs import jobs_in
from models.linkage import Hire, hire_in
from models.vocabulary import Happened

#: Journeys read at a time.
PAGE: Final = 200

#: By the log: how a referral ended stays there when it is taken up again.
_TOLD: Final = text(f"""
    SELECT DISTINCT journey_id FROM (
        SELECT referral.journey_id FROM milestone JOIN referral ON referral.id = milestone.referral_id
        WHERE milestone.occurred_at >= :begins AND milestone.occurred_at < :ends
          AND referral.program || '/' || milestone.lane || '/' || milestone.code = ANY(:milestones)
        UNION ALL
        SELECT referral.journey_id FROM transition JOIN referral ON referral.id = transition.referral_id
        WHERE transition.occurred_at >= :begins AND transition.occurred_at < :ends
          AND referral.program || '/' || transition.outcome = ANY(:outcomes)
    ) AS told
    WHERE journey_id > :after ORDER BY journey_id LIMIT {PAGE}
""").bindparams(  # noqa: S608 - the limit is a literal, so that the plan is a good one
    bindparam("milestones", type_=ARRAY(String())), bindparam("outcomes", type_=ARRAY(String()))
)


async def hires_in(connection: AsyncConnection, catalog: Catalog, first: date, last: date, now: datetime) -> list[Hire]:
    """Return the first hire in a period of each journey of which an agency told one.

    When a job was lost is told by whatever was heard until now. A journey with a word that the catalog no longer knows
    is set aside, and left out here.

    Args:
        connection: In the snapshot of the report.
        catalog: Which words mean a hire.
        first: First day.
        last: Last day.
        now: The cut-off, aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    given = {"begins": start_of(first), "ends": end_of(last), **_words(catalog, Happened.HIRED)}
    found: list[Hire] = []
    after = UUID(int=0)
    while page := list((await connection.execute(_TOLD, {**given, "after": after})).scalars()):
        for case in (await load_cases(connection, page, catalog, day_of(now))).values():
            try:
                hire = hire_in(jobs_in(case.changes_of_work()), first, last)
            except UnknownWord:
                continue
            found += [] if hire is None else [hire]
        after = page[-1]
    return found


def _words(catalog: Catalog, happened: Happened) -> Mapping[str, list[str]]:
    """Return the milestones and outcomes that mean something, with their programs."""
    programs = catalog.programs.values()
    return {
        "milestones": [
            f"{program.code}/{lane}/{milestone.code}"
            for program in programs
            for lane, steps in program.lanes.items()
            for milestone in steps
            if milestone.means == happened
        ],
        "outcomes": [
            f"{program.code}/{code}"
            for program in programs
            for code, outcome in program.outcomes.items()
            if outcome.means == happened
        ],
    }
