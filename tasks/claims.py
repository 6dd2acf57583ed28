"""Claiming: which cases a shift may work now, and what is waiting for them.

A claim is a row lock on the journey (`FOR NO KEY UPDATE SKIP LOCKED`) that lives as long as the batch's transaction, so
a case is never worked by two desks or processes at once; a holder that freezes loses its session, and with it lock and
writes, to `idle_in_transaction_session_timeout` (docs/adr/0002). Events are read in a second statement, after the lock.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.documents import rows_of
from models.vocabulary import Desk
from models.work import HeardEvent

#: Events of one journey that one desk hears in one batch: a flood of them holds up nobody else.
PER_JOURNEY: Final = 100
#: Oldest waiting events of each desk looked at for one batch: a flood at one desk leaves the others theirs.
BATCH_EVENTS: Final = 200
#: Journeys worked in one batch: what is looked at and not taken is there for another process.
BATCH_JOURNEYS: Final = 100

_CLAIM: Final = text(f"""
    WITH waiting AS MATERIALIZED (
        SELECT own.desks AS desk, oldest.journey_id,
               row_number() OVER (PARTITION BY own.desks ORDER BY oldest.id) AS nth
        FROM {rows_of("own", desks="text")}
        CROSS JOIN LATERAL (
            SELECT inbox_event.id, inbox_event.journey_id FROM inbox_event
            WHERE inbox_event.desk = own.desks AND inbox_event.fate = 'waiting'
            ORDER BY inbox_event.id LIMIT {BATCH_EVENTS}
        ) AS oldest
    )
    SELECT journey.id, journey.merged_into,
           (SELECT count(DISTINCT waiting.journey_id) FROM waiting) AS journeys,
           -- How full the fullest desk's look is, and the fullest journey.
           (SELECT max(count(*)) OVER () FROM waiting GROUP BY waiting.desk LIMIT 1) AS looked_at,
           (SELECT max(count(*)) OVER () FROM waiting GROUP BY waiting.journey_id LIMIT 1) AS most
    FROM (SELECT journey_id, min(nth) AS nth FROM waiting GROUP BY journey_id) AS claimed
    JOIN journey ON journey.id = claimed.journey_id
    ORDER BY claimed.nth LIMIT {BATCH_JOURNEYS}
    FOR NO KEY UPDATE OF journey SKIP LOCKED
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one

_EVENTS: Final = text(f"""
    SELECT waiting.*,
           -- No EXISTS: what is set aside, and the clients, would all be read at once, to be looked up in.
           (
               SELECT true FROM set_aside WHERE desk = waiting.desk AND journey_id = waiting.journey_id LIMIT 1
           ) IS NOT NULL AS aside,
           (
               SELECT client.forgotten_at IS NOT NULL FROM journey AS worked JOIN client ON client.id = worked.client_id
               WHERE worked.id = waiting.journey_id
           ) AS forgotten
    FROM {rows_of("claimed", journeys="uuid")}
    CROSS JOIN {rows_of("own", desks="text")}
    CROSS JOIN LATERAL (
        SELECT inbox_event.id, journey_id, inbox_event.desk, referral_number, source, word, data, occurred_at
        FROM inbox_event
        WHERE inbox_event.desk = own.desks AND fate = 'waiting' AND journey_id = claimed.journeys
        ORDER BY inbox_event.id LIMIT {PER_JOURNEY}
    ) AS waiting
    ORDER BY waiting.id
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one

#: Nothing of what a door or a sender put down while its client was being forgotten is kept but numbers and codes.
_FORGET: Final = text("""
    UPDATE inbox_event
    SET data = '{}', fate = 'dropped', fate_reason = 'client_forgotten', fate_at = received_at, forgotten = true
    WHERE id = ANY(:ids)
""")

#: A door or a sender that looked before a merge was written has put these under the journey that was merged.
_FORWARD: Final = text("""
    UPDATE inbox_event SET journey_id = journey.merged_into FROM journey
    WHERE journey.id = ANY(:merged) AND inbox_event.journey_id = journey.id AND inbox_event.fate = 'waiting'
""")

_ANYTHING: Final = text("SELECT EXISTS (SELECT 1 FROM inbox_event WHERE desk = ANY(:desks) AND fate = 'waiting')")

#: What waits for each desk in locked cases, oldest first, by journey.
Waiting: TypeAlias = dict[Desk, dict[UUID, list[HeardEvent]]]


@dataclass(frozen=True, slots=True)
class Claimed:
    """The journeys a batch holds; `all` where nothing else waited for its desks, and nothing of theirs is left out."""

    journeys: list[UUID]
    all: bool


async def claim(connection: AsyncConnection, desks: Collection[Desk]) -> Claimed:
    """Lock the cases with the oldest waiting events of some desks that nobody else holds.

    What waits for a journey that ended in another one is handed on to that one, and claimed by the next batch.
    """
    rows = (await connection.execute(_CLAIM, {"desks": sorted(desks)})).all()
    merged = [row.id for row in rows if row.merged_into is not None]
    if merged:
        await connection.execute(_FORWARD, {"merged": merged})
    whole = bool(rows) and not merged and rows[0].journeys == len(rows)
    whole = whole and rows[0].looked_at < BATCH_EVENTS and rows[0].most < PER_JOURNEY
    return Claimed([row.id for row in rows if row.merged_into is None], whole)


async def waiting_events(
    connection: AsyncConnection,
    desks: Collection[Desk],
    journeys: Sequence[UUID],
) -> tuple[Waiting, set[tuple[Desk, UUID]]]:
    """Return what waits for some desks in locked cases; and the journeys that any of them has set aside.

    What speaks of a client who was forgotten is not heard: it is dropped here.
    """
    found: Waiting = {}
    aside: set[tuple[Desk, UUID]] = set()
    forgotten: list[int] = []
    rows: Sequence[Any] = (
        await connection.execute(_EVENTS, {"desks": sorted(desks), "journeys": list(journeys)})
    ).all()
    for row in rows:
        if row.forgotten:
            forgotten.append(row.id)
            continue
        event = HeardEvent(
            id=row.id,
            source=row.source,
            word=row.word,
            data=row.data,
            occurred_at=row.occurred_at,
            referral_number=row.referral_number,
        )
        desk = Desk(row.desk)
        found.setdefault(desk, {}).setdefault(row.journey_id, []).append(event)
        if row.aside:
            aside.add((desk, row.journey_id))
    if forgotten:
        await connection.execute(_FORGET, {"ids": forgotten})
    return found, aside


async def anything_waits(connection: AsyncConnection, desks: Collection[Desk]) -> bool:
    """Say whether any event waits for some desks, whoever holds its case."""
    return bool((await connection.execute(_ANYTHING, {"desks": sorted(desks)})).scalar_one())
