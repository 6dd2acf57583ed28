"""Expiry: what is good until a day. A person hears of consents, papers and keys before they end, and when they have.

Links to agencies that read mail are renewed while an answer is owed and a basis holds (`tasks/link_expiry.py`).

Nothing is disclosed on a consent that has ended: planning sees to that whenever it asks for a basis, and the page of a
link whenever it is opened. The agency is told nothing by itself: what it has, it keeps for the term the client was told
(개인정보 보호법 §17②, read 2026-11-22).
Papers the client handed in are `tasks/evidence_ends.py`; a job seeker's registration is a deadline (D36).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import Case
from models.casebook import load_cases
from models.counting import SEOUL, day_of, start_of
from models.lapsing import over_on, rests_on_consent
from tasks.evidence_ends import look_at_evidence, next_evidence
from tasks.follow_report import FollowReport
from tasks.link_expiry import look_after_links, next_link_moment
from tasks.noted import PAGE, SLACK, Noted, open_notices, raise_notices, settle_notices, turn_pages
from tasks.toolbox import Toolbox

#: So many days before its end a person hears of a consent, and once more.
CONSENT_DAYS: Final = (30, 7)
#: So long before its end a person hears of a key.
KEY_SPAN: Final = timedelta(days=7)

ENDS: Final = "consent_ends"
ENDED: Final = "consent_ended"
RETIRES: Final = "key_retires"
NO_KEY: Final = "no_live_key"

#: Consents with an end near, or since the last run, on which something open may rest.
CONSENTS: Final = text(f"""
    SELECT DISTINCT journey.id FROM consent
    JOIN journey ON journey.client_id = consent.client_id
    WHERE consent.withdrawn_at IS NULL AND consent.valid_to BETWEEN :first AND :last AND journey.id > :after
      AND EXISTS (
          SELECT 1 FROM referral
          WHERE referral.journey_id = journey.id AND referral.basis = 'consent'
            AND (consent.recipient IS NULL OR referral.agency = consent.recipient)
            AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                              'entered_in_error')
      )
    ORDER BY journey.id LIMIT {PAGE}
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one
_LAST_RUN: Final = text("""
    SELECT began_at FROM follow_up_run WHERE follow_up = 'expiry' AND state = 'done' AND began_at < :now
    ORDER BY began_at DESC LIMIT 1
""")
_RETIRING: Final = text("""
    SELECT id, agency, direction, retires_at, EXISTS (
        SELECT 1 FROM agency_key AS other
        WHERE other.agency = agency_key.agency AND other.direction = agency_key.direction
          AND (other.retires_at IS NULL OR other.retires_at > agency_key.retires_at)
    ) AS another
    FROM agency_key WHERE retires_at > :now AND retires_at <= :soon ORDER BY agency, direction
""")
_NO_KEY: Final = text("""
    SELECT agency, direction, max(retires_at) AS since FROM agency_key
    GROUP BY agency, direction HAVING bool_and(COALESCE(retires_at <= :now, false)) ORDER BY agency, direction
""")
_NEXT_CONSENT: Final = text("""
    SELECT min(valid_to) FROM consent
    WHERE withdrawn_at IS NULL AND valid_to BETWEEN :first AND DATE '9000-01-01' AND EXISTS (
        SELECT 1 FROM journey JOIN referral ON referral.journey_id = journey.id
        WHERE journey.client_id = consent.client_id AND referral.basis = 'consent'
          AND (consent.recipient IS NULL OR referral.agency = consent.recipient)
          AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                            'entered_in_error')
    )
""")
_NEXT_KEY: Final = text("SELECT min(retires_at) FROM agency_key WHERE retires_at > :after")


async def expire(tools: Toolbox, now: datetime) -> FollowReport:
    """Notice what ends soon and what has ended.

    Args:
        tools: The toolbox in use.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    report = FollowReport()
    today = day_of(now)
    async with tools.engine.begin() as connection:
        last: datetime | None = (await connection.execute(_LAST_RUN, {"now": now})).scalar()
    # What ended before the first run ever has its notice, too; after that only what ended since the last one.
    window = {
        "first": date.min if last is None else day_of(last) - timedelta(days=2),
        "last": today + timedelta(days=max(CONSENT_DAYS)),
    }

    async def look_at(connection: AsyncConnection, journeys: list[UUID]) -> None:
        await _look_at(connection, tools, journeys, report, now)

    await turn_pages(tools.engine, CONSENTS, window, [ENDS, ENDED], look_at)
    await look_at_evidence(tools, now, last, report)
    async with tools.engine.begin() as connection:
        await _keys(connection, report, now)
    await look_after_links(tools, report, now)
    return report


async def _look_at(
    connection: AsyncConnection, tools: Toolbox, journeys: Sequence[UUID], report: FollowReport, now: datetime
) -> None:
    """Raise what is so for these journeys' consents, and settle what is so no more."""
    cases = await load_cases(connection, journeys, tools.catalog, day_of(now))
    noted = [each for case in cases.values() for each in _of_case(case, day_of(now))]
    raised = set(await raise_notices(connection, noted, now))
    wanted = {each.key for each in noted}
    wanted |= {each.key for case in cases.values() for each in _of_case(case, day_of(now + SLACK))}
    here = await open_notices(connection, [ENDS, ENDED])
    await settle_notices(connection, [n.key for n in here if n.journey_id in cases and n.key not in wanted], now)
    numbers = {case.journey_id: case.number for case in cases.values()}
    for each in {each.key: each for each in noted if each.key in raised}.values():
        assert each.journey_id is not None  # noqa: S101 - `_of_case` sets it
        report.tell(each.code, journey=numbers[each.journey_id], agency=each.about, when=each.detail)


def _of_case(case: Case, today: date) -> Iterator[Noted]:
    case = case.following(today=today)
    for referral in case.referrals:
        if not rests_on_consent(case, referral) or (over := over_on(case, referral)) is None:
            continue
        left = (over - case.today).days - 1
        last_day = over - timedelta(days=1)
        stage = min((days for days in CONSENT_DAYS if left <= days), default=None)
        if over > case.today and stage is None:
            continue
        ended = over <= case.today
        yield Noted(
            code=ENDED if ended else ENDS,
            about=referral.agency,
            which=f"{case.number}:{over}" if ended else f"{case.number}:{over}:{stage}",
            detail=f"last day {last_day}",
            desk=referral.desk,
            journey_id=case.journey_id,
        )


async def _keys(connection: AsyncConnection, report: FollowReport, now: datetime) -> None:
    noted = await _of_keys(connection, now)
    raised = set(await raise_notices(connection, noted, now))
    wanted = {each.key for each in [*noted, *await _of_keys(connection, now + SLACK)]}
    here = await open_notices(connection, [RETIRES, NO_KEY])
    await settle_notices(connection, [notice.key for notice in here if notice.key not in wanted], now)
    for each in noted:
        if each.key in raised:
            report.tell(each.code, agency=each.about, when=each.detail)


async def _of_keys(connection: AsyncConnection, now: datetime) -> list[Noted]:
    retiring: Sequence[Any] = (await connection.execute(_RETIRING, {"now": now, "soon": now + KEY_SPAN})).all()
    closed: Sequence[Any] = (await connection.execute(_NO_KEY, {"now": now})).all()
    return [
        *(
            Noted(
                code=RETIRES,
                about=row.agency,
                which=str(row.id),
                detail=f"{row.direction}, until {row.retires_at.astimezone(SEOUL):%Y-%m-%d %H:%M}; "
                + ("another is alive" if row.another else "none is left after it"),
            )
            for row in retiring
        ),
        *(
            Noted(
                code=NO_KEY,
                about=row.agency,
                which=f"{row.direction}:{row.since.isoformat()}",
                detail=f"{row.direction}, since {row.since.astimezone(SEOUL):%Y-%m-%d %H:%M}",
            )
            for row in closed
        ),
    ]


async def next_expiry(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the next moment after `now` at which `expire` may have something to tell, or None.

    Args:
        connection: To the house's database.
        now: Aware.
    """
    today = day_of(now)
    moments: list[datetime] = []
    for days in (*CONSENT_DAYS, -1):
        # Told at the first moment of a day so many days before the last; the end, on the day after it.
        first = today + timedelta(days=days + 1)
        last: date | None = (await connection.execute(_NEXT_CONSENT, {"first": first})).scalar()
        if last is not None:
            moments.append(start_of(last - timedelta(days=days)))
    for after in (now + KEY_SPAN, now):
        retires: datetime | None = (await connection.execute(_NEXT_KEY, {"after": after})).scalar()
        if retires is not None:
            moments.append(retires - (after - now))
    papers = await next_evidence(connection, now)
    link = await next_link_moment(connection, now)
    return min([*moments, *(at for at in (papers, link) if at is not None)], default=None)
