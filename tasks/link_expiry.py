"""The links' part of the follow-up `expiry`: renewed while an answer is owed, told to a person, marked when over.

A link whose end is near, or that ended with its mailbox or with a restored copy, brings one letter with a new one,
whoever looks and however often. Where that letter does not get through, or the agency reads no mail any more, a person
hears of it until a link opens again or nothing is owed. What was disclosed on a consent that holds no more is renewed
by nobody: a person hears of the consent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.link_book import NEAR_ITS_END
from models.casebook import load_cases
from models.counting import day_of
from models.lapsing import basis_today
from models.referral import OPEN
from models.vocabulary import Desk
from tasks.follow_report import FollowReport
from tasks.link_letters import write_link_letter
from tasks.noted import Noted, open_notices, raise_notices, settle_notices
from tasks.toolbox import Toolbox

CODE: Final = "link_over"
#: Links looked at in one transaction.
PAGE: Final = 200

#: An answer is owed as long as the referral is open and has left the center.
_OWED: Final = f"referral.{OPEN} AND referral.state <> 'drafted' AND referral.agency = link.agency"
_NEAR: Final = f"link.expires_at - (link.expires_at - link.made_at) / {NEAR_ITS_END}"
#: Ended before its time, without another in its place.
_CUT_OFF: Final = "link.ended_why IN ('moved', 'restored')"
#: No later one was sent.
_LAST: Final = """NOT EXISTS (
          SELECT 1 FROM agency_link AS later
          WHERE later.referral_id = link.referral_id AND later.agency = link.agency
            AND later.made_at > link.made_at AND later.sent_at IS NOT NULL
      )"""
#: Near its end or over it and not marked yet, or cut off.
_ENDING: Final = text(f"""
    SELECT link.id, link.agency, referral.number, referral.program, referral.journey_id
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id
    WHERE {_OWED} AND link.sent_at IS NOT NULL
      AND ((link.ended_at IS NULL AND {_NEAR} <= :now) OR ({_CUT_OFF} AND {_LAST}))
    ORDER BY link.id LIMIT :most OFFSET :skip
""")  # noqa: S608 - our own words
#: An answer is owed, a letter with a new link was due, and none has arrived: no link opens, or will soon.
_STUCK: Final = text(f"""
    SELECT link.id, link.agency, referral.number, referral.program, referral.desk, referral.journey_id
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id
    LEFT JOIN letter ON letter.cause = 'link:' || link.id || '\\:renewal'
    WHERE {_OWED} AND link.sent_at IS NOT NULL AND {_LAST}
      AND ((link.ended_at IS NULL AND {_NEAR} <= :now) OR link.ended_why = 'expired' OR {_CUT_OFF})
      AND (letter.state IS NULL OR letter.state IN ('with_person', 'withdrawn'))
    ORDER BY referral.number
""")  # noqa: S608 - our own words
_MARK: Final = text("""
    UPDATE agency_link SET ended_at = :now, ended_why = 'expired' WHERE ended_at IS NULL AND expires_at <= :now
""")
_NEXT: Final = text(f"""
    SELECT min(at) FROM (
        SELECT min(expires_at) AS at FROM agency_link WHERE ended_at IS NULL AND expires_at > :now
        UNION ALL
        SELECT min({_NEAR}) FROM agency_link AS link WHERE ended_at IS NULL AND {_NEAR} > :now
    ) AS next
""")  # noqa: S608 - our own words


async def look_after_links(tools: Toolbox, report: FollowReport, now: datetime) -> None:
    """Renew links whose end is near, mark those that are over, and tell a person where neither helps.

    Args:
        tools: The toolbox in use.
        report: What was done is added to it.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; what was done before stands.
    """
    skip = 0
    while True:
        async with tools.engine.begin() as connection:
            page: Sequence[Any] = (await connection.execute(_ENDING, {"now": now, "most": PAGE, "skip": skip})).all()
            for link in await _carried(connection, tools, page, now):
                mailed = _reads_mail(tools, link.agency)
                if mailed and await write_link_letter(connection, link.id, "renewal", now):
                    report.tell("link_renewed", referral=link.number, agency=link.agency)
        skip += len(page)
        if len(page) < PAGE:
            break
    async with tools.engine.begin() as connection:
        marked = (await connection.execute(_MARK, {"now": now})).rowcount
        if marked:
            report.counts["links_expired"] += marked
        await _tell_a_person(connection, tools, report, now)


async def next_link_moment(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the next moment after `now` at which a link's end is near, or there."""
    return (await connection.execute(_NEXT, {"now": now})).scalar()


async def _carried(connection: AsyncConnection, tools: Toolbox, links: Sequence[Any], now: datetime) -> Sequence[Any]:
    """Return the links of referrals whose basis holds today."""
    journeys = sorted({link.journey_id for link in links})
    cases = await load_cases(connection, journeys, tools.catalog, day_of(now))
    found: list[Any] = []
    for link in links:
        referral = cases[link.journey_id].by_number(link.number)
        # Of a program, or an agency, that the catalog no longer has nobody can say: a person looks.
        unknown = link.program not in tools.catalog.programs or link.agency not in tools.catalog.agencies
        if unknown or referral is None or basis_today(cases[link.journey_id], referral) is not None:
            found.append(link)
    return found


async def _tell_a_person(connection: AsyncConnection, tools: Toolbox, report: FollowReport, now: datetime) -> None:
    found: Sequence[Any] = (await connection.execute(_STUCK, {"now": now})).all()
    stuck = await _carried(connection, tools, found, now)
    noted = [
        Noted(
            code=CODE,
            about=row.number,
            # With the link: what a person settled about one says nothing of the next.
            which=f"{row.agency}:{row.id}",
            detail=f"{row.agency}: no new link has arrived; ieum letter resend {row.agency}, or call",
            desk=Desk(row.desk),
            journey_id=row.journey_id,
        )
        for row in stuck
    ]
    raised = set(await raise_notices(connection, noted, now))
    wanted = {each.key for each in noted}
    here = await open_notices(connection, [CODE])
    await settle_notices(connection, [notice.key for notice in here if notice.key not in wanted], now)
    for each in noted:
        if each.key in raised:
            report.tell(CODE, referral=each.about, agency=each.which.partition(":")[0])


def _reads_mail(tools: Toolbox, agency: str) -> bool:
    known = tools.catalog.agencies.get(agency)
    return known is not None and known.protocol == "mail"
