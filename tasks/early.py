"""Early events: what speaks of a referral that is not there yet waits for it, and nothing falls between the two.

A door that does not know the referral and the batch that bears it may pass each other unseen: each reads before the
other has committed. So whoever looks again does so under a lock of the number, after its own part is written.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

#: The first number keeps this lock apart from every other use of advisory locks.
LOCK_NUMBERS: Final = """
    SELECT pg_advisory_xact_lock(20171129, key)
    FROM (SELECT DISTINCT hashtext(number) AS key FROM unnest(CAST(:numbers AS text[])) AS number ORDER BY key) AS keys
"""


def taking_up(those: str) -> str:
    """Return the statement that lets parked events be heard whose referrals are there, and returns their desks.

    Args:
        those: Which of them: a condition on `parked` or `referral`, our own words.
    """
    return f"""
        UPDATE inbox_event AS parked
        SET fate = 'waiting', fate_reason = NULL, fate_at = NULL, desk = referral.desk, journey_id = referral.journey_id
        FROM referral
        WHERE parked.fate = 'parked' AND parked.fate_reason = 'unknown_referral'
          AND referral.number = parked.referral_number AND {those}
        RETURNING referral.desk
    """  # noqa: S608 - both are our own words


TAKE_UP: Final = taking_up("parked.referral_number = ANY(CAST(:numbers AS text[]))")
_LOCK: Final = text(LOCK_NUMBERS)
_TAKE_UP: Final = text(TAKE_UP)


async def take_up_early(connection: AsyncConnection, numbers: Collection[str]) -> set[str]:
    """Let events be heard that came before their referrals; return the desks to ring.

    Args:
        connection: In the transaction that bears the referrals, or in one begun after the events were committed.
        numbers: Of the referrals.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    if not numbers:
        return set()
    parameters = {"numbers": sorted(numbers)}
    await connection.execute(_LOCK, parameters)
    return set((await connection.execute(_TAKE_UP, parameters)).scalars())
