"""Persons: one at a time of one birth date and sex, so that nobody becomes two clients, or one, in a race."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

#: The first number keeps this lock apart from every other use of advisory locks.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(20171127, hashtext(:person))")


async def one_at_a_time(connection: AsyncConnection, people: Iterable[tuple[date, str]]) -> None:
    """Let nobody else of these birth dates and sexes be taken in or merged until the transaction ends.

    Taken before any other lock, and in one order, so that nobody waits for each other.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    for person in sorted({f"{born.isoformat()}:{sex}" for born, sex in people}):
        await connection.execute(_LOCK, {"person": person})
