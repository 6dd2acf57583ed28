"""Asking an agency for news: which referrals nothing was heard of, and how what it tells reaches the inbox.

What is told is put into the inbox as if it had arrived: under the agency's name and the events' own ids, so that a
webhook that comes late is known already. Nothing else is written: whether it makes sense is the desk's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.event import IncomingEvent
from agencies.meaning import data_of, digest_of
from catalog import Deciding
from models.database import RING
from models.vocabulary import Desk, ReferralState
from tasks.noted import Noted, raise_notices

#: A referral is asked about when nothing was heard of it, and nobody asked, for so long: once a night.
UNHEARD_FOR: Final = timedelta(hours=20)

#: Whoever takes a page has it: another run passes over it, and over what was asked within `UNHEARD_FOR`.
TAKE: Final = text("""
    WITH page AS (
        SELECT id FROM referral
        WHERE agency = :agency AND GREATEST(created_at, heard_at, asked_at) <= :before
          AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                            'entered_in_error', 'drafted')
        ORDER BY GREATEST(created_at, heard_at, asked_at) LIMIT :most
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE referral SET asked_at = :now FROM page WHERE referral.id = page.id
    RETURNING referral.id, number, desk, journey_id, state
""")
#: Which of a page has gone to the decider already is said with it; the others are passed over until the next night.
TAKE_UNDECIDED: Final = text("""
    WITH page AS (
        SELECT id FROM referral
        WHERE agency = :addressee AND program = :program
          AND GREATEST(created_at, heard_at, decider_asked_at) <= :before
          AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                            'entered_in_error', 'drafted', 'requested', 'received')
        ORDER BY GREATEST(created_at, heard_at, decider_asked_at) LIMIT :most
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE referral SET decider_asked_at = :now FROM page WHERE referral.id = page.id
    RETURNING referral.id, number, desk, journey_id, state, CAST(:handed_on AS text[]) = '{}' OR EXISTS (
        SELECT FROM milestone
        WHERE referral_id = referral.id AND lane = 'main' AND code = ANY(CAST(:handed_on AS text[]))
    ) AS handed_on
""")
_ARRIVE: Final = text("""
    INSERT INTO inbox_event (desk, journey_id, referral_number, source, source_id, word, data, digest, occurred_at,
                             received_at, fate)
    SELECT :desk, :journey, CAST(:number AS varchar), :source, c.source_id, c.word, c.data, c.digest, c.occurred_at,
           :now, 'waiting'
    FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS c (
        nth int, source_id text, word text, data jsonb, digest text, occurred_at timestamptz)
    WHERE NOT EXISTS (
        SELECT 1 FROM referral JOIN client ON client.id = referral.client_id
        WHERE referral.number = CAST(:number AS varchar) AND client.forgotten_at IS NOT NULL
    )
    ORDER BY c.nth
    ON CONFLICT (source, source_id) DO NOTHING
    RETURNING source_id
""")
_KNOWN: Final = text("SELECT id, source_id, digest FROM inbox_event WHERE source = :source AND source_id = ANY(:ids)")


@dataclass(frozen=True, slots=True)
class Unheard:
    """A referral whose agency is asked."""

    id: UUID
    number: str
    desk: Desk
    journey_id: UUID
    state: ReferralState
    #: Whether the referral was sent to the agency that is asked; whoever only decides it need not know it yet.
    addressed: bool = True


async def take_unheard(connection: AsyncConnection, agency: str, now: datetime, most: int) -> list[Unheard]:
    """Take the open referrals at an agency that were unheard the longest, and note that they are asked about now.

    Args:
        connection: In a transaction, which must end before anybody is asked.
        agency: Code.
        now: Aware.
        most: At most so many.
    """
    parameters = {"agency": agency, "before": now - UNHEARD_FOR, "now": now, "most": most}
    rows: Sequence[Any] = (await connection.execute(TAKE, parameters)).all()
    return [
        Unheard(row.id, row.number, Desk(row.desk), row.journey_id, ReferralState(row.state))
        for row in sorted(rows, key=lambda row: row.number)
    ]


async def take_undecided(
    connection: AsyncConnection, deciding: Deciding, now: datetime, most: int
) -> tuple[list[Unheard], int]:
    """Take open referrals that another agency than the addressee decides, as `take_unheard` does.

    Args:
        connection: In a transaction, which must end before anybody is asked.
        deciding: Which program's, sent to whom.
        now: Aware.
        most: At most so many.

    Returns:
        Those the decider is asked about: the addressee has said yes, and has told the step with which the matter goes
        on, where the catalog names one; and how many were looked at.
    """
    parameters = {
        "addressee": deciding.addressee,
        "program": deciding.program,
        "handed_on": list(deciding.handed_on),
        "before": now - UNHEARD_FOR,
        "now": now,
        "most": most,
    }
    rows: Sequence[Any] = (await connection.execute(TAKE_UNDECIDED, parameters)).all()
    return [
        Unheard(row.id, row.number, Desk(row.desk), row.journey_id, ReferralState(row.state), addressed=False)
        for row in sorted(rows, key=lambda row: row.number)
        if row.handed_on
    ], len(rows)


async def put_told(
    connection: AsyncConnection, about: Unheard, agency: str, told: Sequence[IncomingEvent], now: datetime
) -> int:
    """Put what an agency told into the inbox, all or nothing; return how many events had never arrived.

    Of a client who was forgotten meanwhile nothing is taken. An id that had come before with other words raises the
    security notice of the door.

    Args:
        connection: In a transaction.
        about: The referral.
        agency: Code of who told.
        told: In its order.
        now: Aware.
    """
    if not told:
        return 0
    source = f"agency:{agency}"
    events = [
        {
            "nth": nth,
            "source_id": event.id,
            "word": event.event,
            "data": data_of(event),
            "digest": digest_of(event),
            "occurred_at": event.occurred_at,
        }
        for nth, event in enumerate(told)
    ]
    parameters = {
        "desk": about.desk.value,
        "journey": about.journey_id,
        "number": about.number,
        "source": source,
        "events": orjson.dumps(events).decode(),
        "now": now,
    }
    fresh = set((await connection.execute(_ARRIVE, parameters)).scalars())
    if fresh:
        await connection.execute(RING, {"desks": [about.desk.value]})
    digests = {str(event["source_id"]): event["digest"] for event in events if event["source_id"] not in fresh}
    known: Sequence[Any] = (await connection.execute(_KNOWN, {"source": source, "ids": sorted(digests)})).all()
    reused = [row.id for row in known if row.digest != digests[row.source_id]]
    await raise_notices(
        connection,
        [
            Noted(code="webhook_id_reused", about=agency, which=str(id_), detail=f"event {id_}", desk=about.desk)
            for id_ in reused
        ],
        now,
    )
    return len(fresh)
