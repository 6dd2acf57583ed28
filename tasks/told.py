"""Told: what desks tell each other. Each tell is an event with a number of its own, heard at once or left waiting.

A desk that is worked in the same batch hears it there, without another claim, reading and writing of the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.documents import rows_of
from models.vocabulary import Desk, Fate, Happened, JourneyEvent
from models.work import CaseWork, HeardEvent, Tell

#: What became of events, with the reason, by their ids.
Fates: TypeAlias = Mapping[int, tuple[Fate, str | None]]

#: Numbers of inbox rows for those that are not there yet, and whether the desk has set the case aside.
_NUMBER: Final = text(f"""
    SELECT nth, nextval(pg_get_serial_sequence('inbox_event', 'id')) AS id, aside
    FROM (
        SELECT told.nths AS nth,
               (
                   SELECT true FROM set_aside WHERE desk = told.desks AND journey_id = told.journeys LIMIT 1
               ) IS NOT NULL AS aside
        FROM {rows_of("told", nths="integer", desks="text", journeys="uuid", sources="text", keys="text")}
        -- No EXISTS: a plan made while these tables were small would read them from end to end.
        WHERE (SELECT 1 FROM inbox_event WHERE source = told.sources AND source_id = told.keys LIMIT 1) IS NULL
        ORDER BY told.nths OFFSET 0
    ) AS fresh
""")  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a desk told another one, with the inbox row that is its own from now on."""

    id: int
    desk: Desk
    journey_id: UUID
    source: str
    source_id: str
    happened: Happened
    at: datetime
    #: Whether the desk that is told has set the journey aside.
    aside: bool
    #: Whether it was told in another journey of the same client, whose case knows nothing yet of what happened here.
    from_sibling: bool

    @property
    def data(self) -> dict[str, str]:
        """What its row says."""
        return {"happened": self.happened.value}

    @property
    def event(self) -> HeardEvent:
        """What was told, as the desk hears it."""
        return HeardEvent(
            id=self.id,
            source=self.source,
            word=JourneyEvent.HEARD.value,
            data=self.data,
            occurred_at=self.at,
        )


async def number_told(connection: AsyncConnection, works: Iterable[CaseWork]) -> list[Told]:
    """Return what the works told, each once and numbered; what was told before by the same key is left out.

    Args:
        connection: In the transaction that holds the cases.
        works: With all they tell.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    telling: dict[tuple[str, str], tuple[CaseWork, Tell]] = {}
    for work in works:
        for tell in work.tells:
            telling.setdefault((f"desk:{work.desk}", f"{work.case.number}:{tell.key}"), (work, tell))
    if not telling:
        return []
    said = [
        (source, key, tell, tell.journey_id or work.case.journey_id, work.now)
        for (source, key), (work, tell) in telling.items()
    ]
    parameters = {
        "nths": list(range(len(said))),
        "desks": [tell.desk.value for _, _, tell, _, _ in said],
        "journeys": [journey for _, _, _, journey, _ in said],
        "sources": [source for source, _, _, _, _ in said],
        "keys": [key for _, key, _, _, _ in said],
    }
    found: list[Told] = []
    rows: Sequence[Any] = (await connection.execute(_NUMBER, parameters)).all()
    for row in rows:
        source, key, tell, journey, now = said[int(row.nth)]
        found.append(
            Told(
                id=row.id,
                desk=tell.desk,
                journey_id=journey,
                source=source,
                source_id=key,
                happened=tell.happened,
                at=now,
                aside=row.aside,
                from_sibling=tell.journey_id is not None,
            )
        )
    return found


def told_rows(told: Sequence[Told], fates: Fates) -> list[dict[str, Any]]:
    """Return the inbox rows of what was told: what no desk has heard yet waits."""
    rows: list[dict[str, Any]] = []
    for each in told:
        fate, reason = fates.get(each.id, (Fate.WAITING, None))
        row = {
            "id": each.id,
            "desk": each.desk,
            "journey_id": each.journey_id,
            "source": each.source,
            "source_id": each.source_id,
            "word": JourneyEvent.HEARD.value,
            "data": each.data,
            "occurred_at": each.at,
            "received_at": each.at,
            "digest": "",
            "fate": fate,
            "fate_reason": reason,
            "fate_at": None if fate is Fate.WAITING else each.at,
        }
        rows.append(row)
    return rows
