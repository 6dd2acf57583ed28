"""What a follow-up reads beside the cases: their time, the steps done before, who has spoken, what is urgent.

A fixed number of statements for a page of journeys, each by an index.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import Case
from models.case_chase import Look
from models.turnbook import load_turns

_DONE: Final = text("""
    SELECT referral_id, deadline, due_at, step, done_at FROM follow_up_step WHERE referral_id = ANY(:referrals)
""")
_URGENT: Final = text("""
    SELECT DISTINCT referral_id FROM letter
    WHERE referral_id = ANY(:referrals) AND type = 'referral.requested' AND body ->> 'urgency' = 'urgent'
""")
#: Words of others that no desk has taken, and when the last of them came: they wait, are held back with their journey,
#: or lie with a person, who sees them every morning. What a stranger or somebody here said is no answer.
_SPOKEN: Final = text("""
    SELECT referral_number AS number, received_at AS at FROM inbox_event
    WHERE journey_id = ANY(:journeys) AND fate IN ('waiting', 'held_back')
      AND referral_number IS NOT NULL AND source <> 'delivery' AND source NOT LIKE 'follow-up:%'
    UNION ALL
    SELECT referral_number, received_at FROM inbox_event
    WHERE referral_number = ANY(:numbers) AND fate = 'parked' AND source LIKE 'agency:%'
      AND fate_reason IS DISTINCT FROM 'not_theirs'
""")


async def read_looks(connection: AsyncConnection, cases: Mapping[UUID, Case], now: datetime) -> dict[UUID, Look]:
    """Return what a follow-up must know of each case, by journey id.

    Args:
        connection: In the transaction that holds the journeys.
        cases: By journey id.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    referrals = {referral.id: referral for case in cases.values() for referral in case.referrals}
    ids, numbers = list(referrals), [str(referral.number) for referral in referrals.values()]
    turns = await load_turns(connection, ids, now)
    done: defaultdict[tuple[UUID, str, datetime], dict[int, datetime]] = defaultdict(dict)
    rows: Sequence[Any] = (await connection.execute(_DONE, {"referrals": ids})).all()
    for row in rows:
        done[row.referral_id, row.deadline, row.due_at][row.step] = row.done_at
    urgent = frozenset((await connection.execute(_URGENT, {"referrals": ids})).scalars())
    heard: Sequence[Any] = (await connection.execute(_SPOKEN, {"journeys": list(cases), "numbers": numbers})).all()
    spoken = {row.number: row.at for row in sorted(heard, key=lambda row: row.at)}
    look = Look(turns=turns, done=done, spoken=spoken, urgent=urgent, now=now)
    return dict.fromkeys(cases, look)
