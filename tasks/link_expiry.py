"""The links' part of the follow-up `expiry`: renewed while an answer is owed, told to a person, marked when over.

A link whose end is near brings one letter with a new one, whoever looks and however often. Where that letter does not
get through, or the agency reads no mail any more, a person hears of it until a link opens again or nothing is owed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.link_book import NEAR_ITS_END
from models.referral import OPEN
from models.vocabulary import Desk
from tasks.follow import FollowReport
from tasks.link_letters import write_link_letter
from tasks.noted import Noted, open_notices, raise_notices, settle_notices
from tasks.toolbox import Toolbox

CODE: Final = "link_over"
#: Links looked at in one transaction.
PAGE: Final = 200

#: An answer is owed as long as the referral is open and has left the center.
_OWED: Final = f"referral.{OPEN} AND referral.state <> 'drafted' AND referral.agency = link.agency"
_NEAR: Final = f"link.expires_at - (link.expires_at - link.made_at) / {NEAR_ITS_END}"
#: Only what is not marked yet, near its end or over it.
_ENDING: Final = text(f"""
    SELECT link.id, link.agency, link.expires_at <= :now AS over, referral.number, referral.desk, referral.journey_id,
           {_OWED} AS owed
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id
    WHERE link.ended_at IS NULL AND link.sent_at IS NOT NULL AND {_NEAR} <= :now
    ORDER BY link.id LIMIT :most OFFSET :skip
""")  # noqa: S608 - our own words
#: An answer is owed, a letter with a new link was due, and none has arrived: no link opens, or will soon.
_STUCK: Final = text(f"""
    SELECT link.agency, referral.number, referral.desk, referral.journey_id, letter.state AS letter, link.expires_at
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id
    LEFT JOIN letter ON letter.cause = 'link:' || link.id || '\\:renewal'
    WHERE {_OWED} AND link.sent_at IS NOT NULL AND {_NEAR} <= :now
      AND (letter.state IS NULL OR letter.state IN ('with_person', 'withdrawn'))
      AND (link.ended_at IS NULL OR link.ended_why = 'expired')
      AND NOT EXISTS (
          SELECT 1 FROM agency_link AS later
          WHERE later.referral_id = link.referral_id AND later.agency = link.agency
            AND later.made_at > link.made_at AND later.sent_at IS NOT NULL
      )
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
            for link in page:
                mailed = link.owed and _reads_mail(tools, link.agency)
                if mailed and await write_link_letter(connection, link.id, "renewal", now):
                    report.tell("link_renewed", referral=link.number, agency=link.agency)
        skip += len(page)
        if len(page) < PAGE:
            break
    async with tools.engine.begin() as connection:
        marked = (await connection.execute(_MARK, {"now": now})).rowcount
        if marked:
            report.counts["links_expired"] += marked
        await _tell_a_person(connection, report, now)


async def next_link_moment(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return the next moment after `now` at which a link's end is near, or there."""
    return (await connection.execute(_NEXT, {"now": now})).scalar()


async def _tell_a_person(connection: AsyncConnection, report: FollowReport, now: datetime) -> None:
    stuck: Sequence[Any] = (await connection.execute(_STUCK, {"now": now})).all()
    noted = [
        Noted(
            code=CODE,
            about=row.number,
            which=row.agency,
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
            report.tell(CODE, referral=each.about, agency=each.which)


def _reads_mail(tools: Toolbox, agency: str) -> bool:
    known = tools.catalog.agencies.get(agency)
    return known is not None and known.protocol == "mail"
