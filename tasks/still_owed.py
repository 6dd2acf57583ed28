"""What is still owed at a cut-off, read out of the tables page by page: for reports, never in a shift.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog, UnknownWord
from models.case import Case, ReferralView
from models.case_chase import Look
from models.casebook import load_cases
from models.counting import day_of
from models.due import Due
from models.roads import CLOSED
from models.still_owed import by_party, nothing_ahead, overdue
from tasks.chase_reading import read_looks

#: Journeys read at a time.
PAGE: Final = 200

_CLOSED: Final = ", ".join(f"'{state}'" for state in sorted(CLOSED))
_IN_SPAN: Final = text(f"""
    SELECT DISTINCT journey_id FROM referral
    WHERE created_at >= :begins AND created_at < :ends AND journey_id > :after ORDER BY journey_id LIMIT {PAGE}
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one
_OPEN: Final = text(f"""
    SELECT DISTINCT journey_id FROM referral
    WHERE state NOT IN ({_CLOSED}) AND journey_id > :after ORDER BY journey_id LIMIT {PAGE}
""")  # noqa: S608 - the states and the limit are our own constants


async def overdue_in(
    connection: AsyncConnection, catalog: Catalog, span: Mapping[str, datetime], now: datetime
) -> list[dict[str, Any]]:
    """Return what is overdue of the referrals drafted in a span, a line for each owing party.

    A journey with a word that the catalog no longer knows is set aside, and left out here.

    Args:
        connection: In the snapshot of the report.
        catalog: What is known.
        span: Its first moment (`begins`) and the first after it (`ends`).
        now: The cut-off, aware.
    """

    def counts(referral: ReferralView) -> bool:
        return referral.created_at is not None and span["begins"] <= referral.created_at < span["ends"]

    found: list[Due] = []
    async for case, look in _cases(connection, _IN_SPAN, span, catalog, now):
        try:
            found += list(overdue(case, look, counts))
        except UnknownWord:
            continue
    return by_party(found, now)


async def without_a_step_ahead(engine: AsyncEngine, catalog: Catalog, now: datetime) -> list[str]:
    """Return the numbers of open referrals of which no deadline has a step due or to come; there should be none."""
    found: list[str] = []
    async with engine.connect() as connection:
        async for case, look in _cases(connection, _OPEN, {}, catalog, now):
            try:
                found += nothing_ahead(case, look)
            except UnknownWord:
                found += [str(referral.number) for referral in case.referrals if referral.is_open]
    return sorted(found)


async def _cases(
    connection: AsyncConnection, statement: TextClause, given: Mapping[str, datetime], catalog: Catalog, now: datetime
) -> AsyncIterator[tuple[Case, Look]]:
    after = UUID(int=0)
    while True:
        page = list((await connection.execute(statement, {**given, "after": after})).scalars())
        if not page:
            return
        cases = await load_cases(connection, page, catalog, day_of(now))
        looks = await read_looks(connection, cases, now)
        for journey, case in cases.items():
            yield case, looks[journey]
        after = page[-1]
