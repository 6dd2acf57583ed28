"""Undelivered: a person hears of a letter four hours after it should have gone, whether it is being tried or not.

The schedule's tries lie hours apart, and none is made while an agency's breaker is open; so this is looked at by the
clock, not by the tries.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.schedule import TELL_AFTER
from models.keys import uuid7
from tasks import statements as sql

CODE: Final = "letter_undelivered"

#: What was never tried counts from when it was due.
_TELL: Final = text("""
    UPDATE letter SET person_told_at = :now
    WHERE id IN (
        SELECT id FROM letter
        WHERE state = 'waiting' AND person_told_at IS NULL AND COALESCE(first_try_at, next_attempt_at) <= :before
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id, desk, agency, journey_id, referral_number, last_problem
""")

_SETTLE: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = 'delivery' WHERE key = :key AND settled_at IS NULL
""")


async def tell_of_undelivered(connection: AsyncConnection, now: datetime) -> int:
    """Raise a notice for each letter that has been waiting for four hours; return how many.

    Args:
        connection: In a transaction.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    late = (await connection.execute(_TELL, {"now": now, "before": now - TELL_AFTER})).all()
    notices = [
        {
            "id": uuid7(now),
            "journey_id": letter.journey_id,
            "desk": letter.desk,
            "code": CODE,
            "about": letter.referral_number or letter.agency,
            "detail": f"{letter.agency}: {letter.last_problem or 'its line is shut'}",
            "key": f"{CODE}:{letter.id}",
            "by_rule": False,
            "raised_at": now,
        }
        for letter in late
    ]
    if notices:
        await connection.execute(sql.TELL_ANEW, notices)
    return len(notices)


async def settle_undelivered(connection: AsyncConnection, letter: UUID, now: datetime) -> None:
    """Settle the notice of a letter that has arrived after all."""
    await connection.execute(_SETTLE, {"key": f"{CODE}:{letter}", "now": now})
