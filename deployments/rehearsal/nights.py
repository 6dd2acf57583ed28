"""The nights on which `reconcile` would find something: what to ask for, what to settle, who may have fallen silent.

A night finds nothing, and is left out, while every agency's day is mild, every word has arrived, none of its notices is
open and nobody is silent; all it would do is write down that it asked. So the rehearsal asks only when that may bring
something up, at the hour at which the referral would be asked about: `tasks/asking.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog
from deployments.rehearsal.lost import Lost
from models.counting import day_of, start_of
from models.referral import OPEN
from models.silence import too_silent
from tasks.asking import UNHEARD_FOR
from tasks.reconcile import CANNOT_BE_ASKED, FETCHED, KNOWS_NOTHING, UNUSABLE
from tasks.silence import AT_AGENCY, LOOKS_BACK_DAYS
from tasks.silence import CODE as SILENT

_AGAIN: Final = f"interval '{UNHEARD_FOR.total_seconds():.0f} seconds'"

#: When a referral is asked about next, of its agency and of whoever decides it.
_ASKABLE: Final = f"""
    SELECT referral.number, referral.agency AS asked, GREATEST(created_at, heard_at, asked_at) + {_AGAIN} AS at
    FROM referral WHERE {OPEN} AND state <> 'drafted' AND referral.agency = ANY(CAST(:asked AS text[]))
    UNION ALL
    SELECT referral.number, deciding.agency, GREATEST(created_at, heard_at, decider_asked_at) + {_AGAIN}
    FROM referral JOIN unnest(CAST(:deciders AS text[]), CAST(:programs AS text[]), CAST(:addressees AS text[]))
        AS deciding (agency, program, addressee)
        ON referral.agency = deciding.addressee AND referral.program = deciding.program
    WHERE {OPEN} AND state NOT IN ('drafted', 'requested', 'received')
"""  # noqa: S608 - our own constants
#: A word that never arrived, an agency that may answer oddly, and what was said of such a night and may settle.
_ASKED_FOR: Final = f"""
    SELECT 'reconcile', NULL, min(askable.at) FROM ({_ASKABLE}) AS askable
    WHERE askable.asked = ANY(CAST(:odd AS text[])) OR EXISTS (
        SELECT FROM unnest(CAST(:speakers AS text[]), CAST(:spoken_of AS text[]), CAST(:words AS text[]))
            AS word (agency, number, id)
        WHERE word.agency = askable.asked AND word.number = askable.number AND NOT EXISTS (
            SELECT FROM inbox_event WHERE source = 'agency:' || word.agency AND source_id = word.id
        )
    ) OR EXISTS (
        SELECT FROM notice WHERE settled_at IS NULL AND (
            (code IN ('{CANNOT_BE_ASKED}', '{UNUSABLE}', '{FETCHED}') AND about = askable.asked)
            OR (code = '{KNOWS_NOTHING}' AND about = askable.number)
        )
    )
"""  # noqa: S608 - our own constants
#: What waits for nothing any more, and what was said of referrals that have closed, or of a silence that is over.
_AT_ONCE: Final = f"""
    SELECT 'reconcile', NULL, min(at) FROM (
        SELECT received_at AS at FROM inbox_event
        WHERE fate = 'held_back' AND NOT EXISTS (
            SELECT FROM set_aside AS aside
            WHERE aside.journey_id = inbox_event.journey_id AND aside.desk = inbox_event.desk
        )
        UNION ALL
        SELECT received_at FROM inbox_event JOIN referral ON referral.number = inbox_event.referral_number
        WHERE fate = 'parked' AND fate_reason = 'unknown_referral'
        UNION ALL
        SELECT raised_at FROM notice
        WHERE settled_at IS NULL AND code = '{KNOWS_NOTHING}'
          AND NOT EXISTS (SELECT FROM referral WHERE number = notice.about AND {OPEN})
        UNION ALL
        SELECT raised_at FROM notice
        WHERE settled_at IS NULL AND code = '{SILENT}' AND (
            NOT EXISTS (SELECT FROM referral WHERE agency = notice.about AND state IN ({AT_AGENCY}))
            OR EXISTS (
                SELECT FROM inbox_event WHERE source LIKE 'agency:%' AND source = 'agency:' || notice.about
                  AND CAST(received_at AT TIME ZONE 'Asia/Seoul' AS date) > CAST(right(notice.key, 10) AS date)
            )
        )
    ) AS over
"""  # noqa: S608 - our own constants

#: Rows as `deployments/rehearsal/moments.py` reads them; parameters by `who_is_asked` and `what_is_lost`.
WORTH_ASKING: Final = f"{_ASKED_FOR} UNION ALL {_AT_ONCE}"

#: Who owes something and has spoken on many days of late, since when, and of which silences it was told already.
_SPEAKERS: Final = text(f"""
    SELECT owing.agency, owing.since, spoke.days, ARRAY(
        SELECT key FROM notice WHERE code = '{SILENT}' AND about = owing.agency
          AND (settled_at IS NULL OR settled_by <> 'follow-up')
    ) AS told
    FROM (
        SELECT agency, min(created_at) AS since FROM referral
        WHERE agency = ANY(CAST(:speaking AS text[])) AND state IN ({AT_AGENCY}) GROUP BY agency
    ) AS owing, LATERAL (
        SELECT array_agg(DISTINCT CAST(received_at AT TIME ZONE 'Asia/Seoul' AS date)) AS days FROM inbox_event
        WHERE source LIKE 'agency:%' AND source = 'agency:' || owing.agency AND received_at >= :first
    ) AS spoke
    WHERE cardinality(spoke.days) >= :days
""")  # noqa: S608 - the states are our own constants


def who_is_asked(catalog: Catalog) -> dict[str, Any]:
    """Return the parameters of `WORTH_ASKING` that do not change: who can be asked, and about whose referrals."""
    asked = [code for code, agency in catalog.agencies.items() if agency.answers_questions]
    decided = [(code, deciding) for code in asked for deciding in catalog.decided_by(code)]
    return {
        "asked": asked,
        "deciders": [decider for decider, _ in decided],
        "programs": [deciding.program for _, deciding in decided],
        "addressees": [deciding.addressee for _, deciding in decided],
    }


def what_is_lost(lost: Lost) -> dict[str, Any]:
    """Return the other parameters of `WORTH_ASKING`: what asking may bring up."""
    return {
        "odd": sorted(lost.agencies),
        "speakers": [word.agency for word in lost.words],
        "spoken_of": [word.referral for word in lost.words],
        "words": [word.id for word in lost.words],
    }


def who_speaks(catalog: Catalog) -> dict[str, Any]:
    """Return the parameters of `may_be_silent` that do not change: whose silence is watched, from how many days on."""
    return {
        "speaking": [code for code, agency in catalog.agencies.items() if agency.protocol != "mirror"],
        "days": min(rule.spoke_on_days for rule in catalog.silence.values()),
    }


async def may_be_silent(
    connection: AsyncConnection, catalog: Catalog, speakers: Mapping[str, Any], now: datetime
) -> datetime | None:
    """Return from when on an agency is too silent, if nothing happens until then; None while none will be.

    A silence of which somebody was told already is told no more.

    Args:
        connection: To the rehearsal's own database.
        catalog: For the rules and the agencies' calendars.
        speakers: From `who_speaks`.
        now: Aware.
    """
    today = day_of(now)
    parameters = {**speakers, "first": start_of(today - timedelta(days=LOOKS_BACK_DAYS))}
    rows: Sequence[Any] = (await connection.execute(_SPEAKERS, parameters)).all()
    found = [_too_silent_on(row, catalog, today) for row in rows]
    return min((start_of(day) for day in found if day is not None), default=None)


def _too_silent_on(row: Any, catalog: Catalog, today: date) -> date | None:  # noqa: ANN401 - a row
    """Return the first day, today or later, on which `tasks/silence.py` would call an agency silent and say so."""
    rule, calendar = catalog.silence_of(row.agency), catalog.agency(row.agency).calendar
    for ahead in range(LOOKS_BACK_DAYS + 1):
        day = today + timedelta(days=ahead)
        known = [spoken for spoken in row.days if spoken >= day - timedelta(days=LOOKS_BACK_DAYS)]
        silence = too_silent(known, day_of(row.since), day, calendar, rule)
        if silence is not None:
            return None if f"{SILENT}:{row.agency}:{silence.since.isoformat()}" in row.told else day
    return None
