"""The silence alarm: an agency that usually speaks, owes an answer and says nothing at all; a person hears of it once.

What is read is bounded by agencies and days, never by how many events or referrals there are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.counting import day_of, start_of
from models.roads import TURN
from models.silence import Silence, too_silent
from models.vocabulary import Party
from tasks.noted import Noted, open_notices, raise_notices, settle_notices
from tasks.toolbox import Toolbox

CODE: Final = "agency_silent"
#: How many days are looked back: the longest window a rule may have, and as long a silence after it.
LOOKS_BACK_DAYS: Final = 120
#: States in which an agency owes something, as a list of SQL.
AT_AGENCY: Final = ", ".join(f"'{state}'" for state, party in sorted(TURN.items()) if party is Party.AGENCY)

#: One look into the index for each agency and day.
SPOKE: Final = text("""
    SELECT asked.agency, d.day FROM unnest(CAST(:agencies AS text[])) AS asked (agency)
    CROSS JOIN unnest(CAST(:begins AS timestamptz[]), CAST(:days AS date[])) AS d (begins, day)
    WHERE EXISTS (
        SELECT 1 FROM inbox_event
        WHERE source LIKE 'agency:%' AND source = 'agency:' || asked.agency
          AND received_at >= d.begins AND received_at < d.begins + interval '1 day'
    )
    ORDER BY d.day
""")
_OWES: Final = text(f"""
    SELECT asked.agency FROM unnest(CAST(:agencies AS text[])) AS asked (agency)
    WHERE EXISTS (SELECT 1 FROM referral WHERE agency = asked.agency AND state IN ({AT_AGENCY}))
""")  # noqa: S608 - the states are our own constants
_OWES_SINCE: Final = text(f"""
    SELECT agency, min(created_at) AS since FROM referral
    WHERE agency = ANY(:agencies) AND state IN ({AT_AGENCY}) GROUP BY agency
""")  # noqa: S608 - the states are our own constants


async def watch_silence(connection: AsyncConnection, tools: Toolbox, now: datetime) -> dict[str, Silence]:
    """Raise a notice for every agency that has fallen silent, and settle those of agencies that speak again.

    Args:
        connection: In a transaction.
        tools: The toolbox in use.
        now: Aware.

    Returns:
        The silences for which a notice was raised now, by agency.
    """
    speaking = sorted(code for code, agency in tools.catalog.agencies.items() if agency.protocol != "mirror")
    owing = set((await connection.execute(_OWES, {"agencies": speaking})).scalars())
    today = day_of(now)
    spoke = await _spoke_on(connection, sorted(owing), today)
    silent = await _silent(connection, tools, spoke, today)
    noted = {
        agency: Noted(
            code=CODE,
            about=agency,
            which=silence.since.isoformat(),
            detail=f"last word {silence.since}; {silence.quiet_days} working days, usually {silence.usual_days}",
        )
        for agency, silence in silent.items()
    }
    over = [
        notice.key
        for notice in await open_notices(connection, [CODE])
        # Its last word is not the one the notice speaks of, or it owes nothing any more.
        if notice.about not in owing or _spoke_since(notice.key, spoke[notice.about])
    ]
    await settle_notices(connection, over, now)
    raised = set(await raise_notices(connection, noted.values(), now))
    return {agency: silent[agency] for agency, notice in noted.items() if notice.key in raised}


def _spoke_since(key: str, days: Sequence[date]) -> bool:
    """Say whether the last word is not the one that a notice speaks of; one too long ago for a look changes nothing."""
    return bool(days) and not key.endswith(days[-1].isoformat())


async def _silent(
    connection: AsyncConnection, tools: Toolbox, spoke: Mapping[str, list[date]], today: date
) -> dict[str, Silence]:
    def judged(agency: str, owes_since: date) -> Silence | None:
        rule, calendar = tools.catalog.silence_of(agency), tools.catalog.agency(agency).calendar
        return too_silent(spoke[agency], owes_since, today, calendar, rule)

    quiet = [agency for agency in spoke if judged(agency, date.min) is not None]
    # Since when they owe anything is asked only of those that look silent.
    rows: Sequence[Any] = (await connection.execute(_OWES_SINCE, {"agencies": quiet})).all() if quiet else ()
    found = {row.agency: judged(row.agency, day_of(row.since)) for row in rows}
    return {agency: silence for agency, silence in found.items() if silence is not None}


async def _spoke_on(connection: AsyncConnection, agencies: Sequence[str], today: date) -> defaultdict[str, list[date]]:
    """Return the days on which each agency spoke, in order, as far back as any rule looks."""
    days = [today - timedelta(days=back) for back in range(LOOKS_BACK_DAYS, -1, -1)]
    parameters = {"agencies": list(agencies), "days": days, "begins": [start_of(day) for day in days]}
    spoke: defaultdict[str, list[date]] = defaultdict(list)
    rows: Sequence[Any] = (await connection.execute(SPOKE, parameters)).all()
    for row in rows:
        spoke[row.agency].append(row.day)
    return spoke
