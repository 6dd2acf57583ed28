"""Evidence that ends: a person hears of a paper some days before its last day, and once more when that has passed.

Only while a referral that hangs on it is open (`models/papers.py`); a newer paper of the kind, or the referral's close,
settles it. A referral that is drafted after a paper has ended is told of nothing: its agency asks for a new one.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog
from models.counting import day_of, start_of
from models.papers import Paper, papers_of
from models.referral import OPEN
from models.vocabulary import Desk
from tasks.follow_report import FollowReport
from tasks.noted import PAGE, SLACK, Noted, open_notices, raise_notices, settle_notices, turn_pages
from tasks.toolbox import Toolbox

#: So many days before its end a person hears of a paper, and once more.
DAYS: Final = (14, 3)

ENDS: Final = "evidence_ends"
ENDED: Final = "evidence_ended"

_BEARS: Final = f"EXISTS (SELECT 1 FROM referral WHERE referral.journey_id = evidence.journey_id AND {OPEN})"  # noqa: S608 - our own
#: Journeys with a paper whose end is near or came since the last run, or that was noted since then.
PAPERS: Final = text(f"""
    SELECT journey_id FROM evidence
    WHERE valid_until BETWEEN :first AND :last AND journey_id > :after AND {_BEARS}
    UNION
    SELECT journey_id FROM evidence
    WHERE recorded_at >= CAST(:since AS timestamptz) AND valid_until <= :last AND journey_id > :after AND {_BEARS}
    ORDER BY journey_id LIMIT {PAGE}
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one
_PAPERS: Final = text("""
    SELECT journey_id, id, referral_id, kind, valid_until, recorded_at FROM evidence WHERE journey_id = ANY(:journeys)
""")
_OPEN: Final = text(f"""
    SELECT id, journey_id, number, program, desk FROM referral WHERE journey_id = ANY(:journeys) AND {OPEN}
    ORDER BY number
""")  # noqa: S608 - the condition is our own constant
_NEXT: Final = text(f"SELECT min(valid_until) FROM evidence WHERE valid_until >= :first AND {_BEARS}")  # noqa: S608


async def look_at_evidence(tools: Toolbox, now: datetime, last: datetime | None, report: FollowReport) -> None:
    """Raise what is so of every paper that ends or has ended, and settle what is so no more.

    Args:
        tools: The toolbox in use.
        now: Aware.
        last: When the last run that came to its end began; None where there was none.
        report: Gets a line for each notice: numbers and days, never the kind of paper.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    # What ended before the first run ever is told, too; after that only what ended, or was noted, since the last one.
    since = None if last is None else last - timedelta(days=2)
    window = {
        "first": date.min if since is None else day_of(since),
        "last": day_of(now) + timedelta(days=max(DAYS)),
        "since": since,
    }

    async def look_at(connection: AsyncConnection, journeys: list[UUID]) -> None:
        await _look_at(connection, tools.catalog, journeys, report, now)

    await turn_pages(tools.engine, PAPERS, window, [ENDS, ENDED], look_at)


async def next_evidence(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the next moment after `now` at which there may be something to tell of a paper, or None."""
    today = day_of(now)
    moments: list[datetime] = []
    for days in (*DAYS, -1):
        # Told at the first moment of a day so many days before the last; the end, on the day after it.
        last: date | None = (await connection.execute(_NEXT, {"first": today + timedelta(days=days + 1)})).scalar()
        if last is not None:
            moments.append(start_of(last - timedelta(days=days)))
    return min(moments, default=None)


async def _look_at(
    connection: AsyncConnection, catalog: Catalog, journeys: Sequence[UUID], report: FollowReport, now: datetime
) -> None:
    if not journeys:
        return
    referrals: Sequence[Any] = (await connection.execute(_OPEN, {"journeys": list(journeys)})).all()
    rows: Sequence[Any] = (await connection.execute(_PAPERS, {"journeys": list(journeys)})).all()
    papers: dict[UUID, list[Paper]] = {}
    for row in rows:
        names = ("id", "referral_id", "kind", "valid_until", "recorded_at")
        papers.setdefault(row.journey_id, []).append(Paper(**{name: getattr(row, name) for name in names}))

    def told(today: date) -> list[Noted]:
        return [each for r in referrals for each in _of_referral(r, papers.get(r.journey_id, []), catalog, today)]

    noted = told(day_of(now))
    raised = set(await raise_notices(connection, noted, now))
    wanted = {each.key for each in [*noted, *told(day_of(now + SLACK))]}
    here = [notice for notice in await open_notices(connection, [ENDS, ENDED]) if notice.journey_id in set(journeys)]
    await settle_notices(connection, [notice.key for notice in here if notice.key not in wanted], now)
    for each in noted:
        if each.key in raised:
            report.tell(each.code, referral=each.about)


def _of_referral(referral: Any, papers: Sequence[Paper], catalog: Catalog, today: date) -> Iterator[Noted]:  # noqa: ANN401 - a row
    for paper in papers_of(referral.id, referral.program, papers, catalog.evidence):
        left = (paper.valid_until - today).days
        stage = min((days for days in DAYS if left <= days), default=None)
        if stage is None:
            continue
        ended = left < 0
        yield Noted(
            code=ENDED if ended else ENDS,
            about=referral.number,
            which=f"{paper.id}" if ended else f"{paper.id}:{stage}",
            # What it is stands in the detail alone: that is emptied when the client is forgotten.
            detail=f"{paper.kind}, last day {paper.valid_until}",
            desk=Desk(referral.desk),
            journey_id=referral.journey_id,
        )
