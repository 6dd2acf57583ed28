"""The screening book: reads what pre-screenings said, by journey and program, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.screening.replay import Recorded

#: Comes after every record there is.
LAST: Final = 2**63 - 1

_STANDING: Final = text("""
    SELECT standing.id, standing.number FROM journey AS named
    JOIN journey AS standing ON standing.id = COALESCE(named.merged_into, named.id) WHERE named.number = :number
""")
_HISTORY: Final = text("""
    SELECT id, program, result, reason, lines, routes, missing, law, params_version, asked_on, recorded_at, facts
    FROM screening_record
    WHERE journey_id = :journey AND id < :before AND (CAST(:program AS text) IS NULL OR program = :program)
      AND (CAST(:until AS timestamptz) IS NULL OR recorded_at < :until)
    ORDER BY id DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A screening with its place in the book."""

    id: int
    recorded_at: datetime
    said: Recorded


async def standing_journey(connection: AsyncConnection, number: str) -> tuple[UUID, str] | None:
    """Return id and number of a journey by its number, or of the one it ended in; None where there is none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    row = (await connection.execute(_STANDING, {"number": number})).first()
    return None if row is None else (row.id, row.number)


async def read_screenings(
    connection: AsyncConnection,
    journey: UUID,
    *,
    program: str | None = None,
    before: int = LAST,
    until: datetime | None = None,
    most: int,
) -> list[Entry]:
    """Return a journey's screenings, the newest first.

    Args:
        connection: To the database.
        journey: Its id.
        program: Catalog code, where one program alone is asked for.
        before: Id of the last entry of the page before.
        until: Only what was recorded before this moment (aware).
        most: How many at the most.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    asked = {"journey": journey, "program": program, "before": before, "until": until, "most": most}
    rows: Sequence[Row[Any]] = (await connection.execute(_HISTORY, asked)).all()
    return [
        Entry(
            id=row.id,
            recorded_at=row.recorded_at,
            said=Recorded(
                program=row.program,
                result=row.result,
                reason=row.reason,
                lines=tuple(row.lines),
                routes=tuple(row.routes),
                missing=tuple(row.missing),
                facts=row.facts,
                law=tuple(row.law),
                params_version=row.params_version,
                asked_on=row.asked_on,
            ),
        )
        for row in rows
    ]
