"""The agenda: when each journey is to be looked at again; whoever changes a journey has it looked at now.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.roads import CLOSED
from models.vocabulary import BY_AGENDA, FollowUp

#: Journeys one transaction of a follow-up takes.
PAGE: Final = 50

#: In the order of their keys, so that two who touch the same journeys never wait for each other in a circle.
TOUCH: Final = """
    INSERT INTO agenda (journey_id, follow_up, look_at)
    SELECT journey, follow_up, :now
    FROM unnest(CAST(:journeys AS uuid[])) AS journey CROSS JOIN unnest(CAST(:follow_ups AS text[])) AS follow_up
    ORDER BY journey, follow_up
    ON CONFLICT (journey_id, follow_up) DO UPDATE SET look_at = excluded.look_at
    WHERE agenda.look_at > excluded.look_at
"""
_TOUCH: Final = text(TOUCH)

#: Journeys due, the longest first. Whose events nobody has heard yet is left to its desk: it sets the agenda anew.
CLAIM: Final = f"""
    SELECT journey.id FROM agenda JOIN journey ON journey.id = agenda.journey_id
    WHERE agenda.follow_up = :follow_up AND agenda.look_at <= :now
      AND NOT EXISTS (
          SELECT 1 FROM inbox_event WHERE inbox_event.journey_id = agenda.journey_id AND inbox_event.fate = 'waiting'
      )
    ORDER BY agenda.look_at, agenda.journey_id LIMIT {PAGE}
    FOR NO KEY UPDATE OF journey SKIP LOCKED
"""  # noqa: S608 - the limit is a literal, so that the plan is a good one
_CLAIM: Final = text(CLAIM)
_LEFT: Final = text("""
    SELECT EXISTS (
        SELECT 1 FROM agenda WHERE follow_up = :follow_up AND look_at <= :now
          AND NOT EXISTS (
              SELECT 1 FROM inbox_event WHERE inbox_event.journey_id = agenda.journey_id AND fate = 'waiting'
          )
    )
""")
_SET: Final = text("""
    UPDATE agenda SET look_at = next.look_at
    FROM unnest(CAST(:journeys AS uuid[]), CAST(:moments AS timestamptz[])) AS next (journey, look_at)
    WHERE agenda.journey_id = next.journey AND agenda.follow_up = :follow_up
""")
_DROP: Final = text("DELETE FROM agenda WHERE follow_up = :follow_up AND journey_id = ANY(:journeys)")
_NEXT: Final = text("SELECT look_at FROM agenda WHERE follow_up = :follow_up ORDER BY look_at LIMIT 1")
_CLOSED: Final = ", ".join(f"'{state}'" for state in sorted(CLOSED))
_ORPHANS: Final = text(f"""
    SELECT number FROM referral
    WHERE state NOT IN ({_CLOSED})
      AND NOT EXISTS (SELECT 1 FROM agenda WHERE journey_id = referral.journey_id AND follow_up = 'overdue')
    ORDER BY number
""")  # noqa: S608 - the states are our own constants


async def look_now(
    connection: AsyncConnection,
    journeys: Collection[UUID],
    now: datetime,
    follow_ups: Collection[FollowUp] = BY_AGENDA,
) -> None:
    """Have journeys looked at as soon as may be; one statement for all of them.

    Args:
        connection: In the transaction that changes them.
        journeys: Their ids.
        now: Aware.
        follow_ups: By whom.
    """
    if journeys:
        await connection.execute(_TOUCH, {**touching(journeys, follow_ups), "now": now})


def touching(journeys: Collection[UUID], follow_ups: Collection[FollowUp] = BY_AGENDA) -> dict[str, list[Any]]:
    """Return the parameters of `TOUCH`, but for `now`."""
    return {"journeys": sorted(journeys), "follow_ups": sorted(follow_up.value for follow_up in follow_ups)}


async def claim_due(connection: AsyncConnection, follow_up: FollowUp, now: datetime) -> list[UUID]:
    """Lock a page of the journeys that are due and that nobody else holds; return their ids."""
    return list((await connection.execute(_CLAIM, {"follow_up": follow_up.value, "now": now})).scalars())


async def any_due(connection: AsyncConnection, follow_up: FollowUp, now: datetime) -> bool:
    """Say whether any journey is due whose events are all heard, whoever holds it."""
    return bool((await connection.execute(_LEFT, {"follow_up": follow_up.value, "now": now})).scalar_one())


async def set_next(connection: AsyncConnection, follow_up: FollowUp, moments: Mapping[UUID, datetime | None]) -> None:
    """Write when each journey is to be looked at again; None takes it off the agenda."""
    ahead = {journey: moment for journey, moment in sorted(moments.items()) if moment is not None}
    over = sorted(moments.keys() - ahead.keys())
    if ahead:
        parameters = {"journeys": list(ahead), "moments": list(ahead.values()), "follow_up": follow_up.value}
        await connection.execute(_SET, parameters)
    if over:
        await connection.execute(_DROP, {"journeys": over, "follow_up": follow_up.value})


async def next_look(connection: AsyncConnection, follow_up: FollowUp) -> datetime | None:
    """Return when the next journey is due for a follow-up, or None where none ever is."""
    return (await connection.execute(_NEXT, {"follow_up": follow_up.value})).scalar()


async def orphans(connection: AsyncConnection) -> list[str]:
    """Return the numbers of open referrals that nobody will look at again, at rest or not; there should be none."""
    return list((await connection.execute(_ORPHANS)).scalars())
