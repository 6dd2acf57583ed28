"""Which errors mean that the database is away, rather than that it refused the work."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from models.database import is_away


class UnwritableError(asyncpg.InterfaceError, ValueError):
    """A value that asyncpg cannot encode; its own class hides behind PostgreSQL's of the same name."""


UNWRITABLE = UnwritableError("invalid input for query argument $1")


def _came_of(cause: Exception) -> Exception:
    error = Exception()
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.exceptions.CannotConnectNowError(), True),
        (asyncpg.exceptions.TooManyConnectionsError(), True),
        (asyncpg.exceptions.UniqueViolationError(), False),
        (OperationalError("", {}, asyncpg.exceptions.AdminShutdownError()), True),
        (IntegrityError("", {}, asyncpg.exceptions.UniqueViolationError()), False),
        (DBAPIError("", {}, asyncpg.exceptions.DeadlockDetectedError()), True),
        (DBAPIError("", {}, asyncpg.exceptions.SerializationError()), True),
        (DBAPIError("", {}, asyncpg.exceptions.ReadOnlySQLTransactionError()), True),
        (DBAPIError("", {}, asyncpg.exceptions.DiskFullError()), True),
        (DBAPIError("", {}, asyncpg.exceptions.QueryCanceledError()), False),
        (DBAPIError("", {}, Exception(), connection_invalidated=True), True),
        (InterfaceError("", {}, asyncpg.InterfaceError("closed")), True),
        (InterfaceError("", {}, _came_of(UNWRITABLE)), False),
        (UNWRITABLE, False),
        (KeyError(), False),
    ],
)
def test_only_what_says_nothing_about_the_work_is_away(error: Exception, away: bool) -> None:  # noqa: FBT001 - a table
    assert away == is_away(error)
