"""The outbox as a sender sees it: which letters are due, who holds them, and when the next one is.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.sender import Senders
from models.documents import rows_of
from models.vocabulary import Desk, LetterType

#: Longer than the whole exchange and the wait for one of an agency's places.
LEASE: Final = timedelta(seconds=90)
#: Letters to one agency that one process holds at a time, all its desks together. An agency has four places, and an
#: exchange ends after 20 seconds: were it to hang, the last of eight letters is done after 40, well within its lease.
PER_AGENCY: Final = 8
#: Due letters of a desk looked at for one round.
LOOKED_AT: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedLetter:
    """A letter this process may send until its lease is over; `lease` is the fence its result must show."""

    id: UUID
    desk: Desk
    agency: str
    type: LetterType
    #: None, like the number, for a digest, which speaks of many.
    journey_id: UUID | None
    referral_number: str | None
    body: dict[str, Any]
    created_at: datetime
    attempts: int
    lease: int
    person_told_at: datetime | None


@dataclass(slots=True)
class Held:
    """The letters that wait for the places of one process: how many to each agency, whichever desk took them."""

    count: Counter[str] = field(default_factory=Counter[str])
    #: Agencies for which letters may have been left for want of places.
    short: set[str] = field(default_factory=set[str])
    #: Held from the look at `count` until what was taken is in it.
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def let_go(self, agency: str) -> None:
        """Note that an exchange is over."""
        self.count[agency] -= 1
        if self.count[agency] <= 0:
            del self.count[agency]


_held: WeakKeyDictionary[Senders, Held] = WeakKeyDictionary()


def held_by(senders: Senders) -> Held:
    """Return what is held for the places of a process's safe sender."""
    return _held.setdefault(senders, Held())


_WHENEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)

#: No NOT EXISTS: a plan made while few letters waited would compare each with every other one.
FIRST_OF_ITS_REFERRAL: Final = """(
              SELECT 1 FROM letter AS earlier
              WHERE earlier.referral_id = letter.referral_id AND earlier.state = 'waiting'
                AND earlier.sequence < letter.sequence LIMIT 1
          ) IS NULL"""
#: Head of line: of one referral's letters only the first unsettled one is due.
_LEASE: Final = text(f"""
    WITH looked_at AS (
        SELECT oldest.* FROM {rows_of("own", desks="text")}
        CROSS JOIN LATERAL (
            SELECT id, agency, next_attempt_at FROM letter
            WHERE desk = own.desks AND state = 'waiting'
              AND next_attempt_at <= :due_by
              AND (leased_until IS NULL OR leased_until <= :now)
              AND agency <> ALL(:closed)
              AND (CAST(:only AS text) IS NULL OR agency = :only)
              AND {FIRST_OF_ITS_REFERRAL}
            ORDER BY next_attempt_at LIMIT {LOOKED_AT}
        ) AS oldest
    ), due AS (
        SELECT id FROM (
            SELECT id, agency, row_number() OVER (PARTITION BY agency ORDER BY next_attempt_at, id) AS nth
            FROM looked_at
        ) AS counted
        WHERE nth <= :per_agency - COALESCE(CAST(CAST(:held AS jsonb) ->> agency AS integer), 0)
    ), locked AS (
        SELECT letter.id FROM letter
        WHERE letter.id = ANY(ARRAY(SELECT id FROM due)) AND letter.state = 'waiting'
          AND (letter.leased_until IS NULL OR letter.leased_until <= :now)
        FOR NO KEY UPDATE OF letter SKIP LOCKED
    )
    UPDATE letter SET lease = lease + 1, leased_until = :until, leased_by = :process, attempts = attempts + 1,
                      first_try_at = COALESCE(first_try_at, :now)
    FROM locked WHERE letter.id = locked.id
    RETURNING letter.id, desk, agency, type, journey_id, referral_number, body, created_at, attempts, lease,
              person_told_at, next_attempt_at
""")  # noqa: S608 - the limit is a literal, so that the plan is a good one


async def lease_letters(
    connection: AsyncConnection,
    desks: Collection[Desk],
    now: datetime,
    process: int,
    *,
    closed: Sequence[str] = (),
    only: str | None = None,
    held: Mapping[str, int] | None = None,
) -> list[LeasedLetter]:
    """Take due letters of some desks that nobody holds; return them in the order in which they fell due.

    Args:
        connection: In a transaction.
        desks: Whose letters.
        now: Aware.
        process: Who takes them.
        closed: Agencies not to be written to now.
        only: One letter to this agency alone, due or not (a probe through a half-open breaker).
        held: Letters that are held already, by agency.
    """
    parameters = {
        "desks": sorted(desks),
        "now": now,
        # A probe is the line's, and waits for no letter's hour: the breaker's pauses alone space them.
        "due_by": now if only is None else _WHENEVER,
        "until": now + LEASE,
        "process": process,
        "closed": list(closed),
        "only": only,
        "per_agency": PER_AGENCY if only is None else 1,
        "held": orjson.dumps(dict(held or {})).decode(),
    }
    rows: Sequence[Any] = (await connection.execute(_LEASE, parameters)).all()
    # An UPDATE tells in whatever order it found them.
    rows = sorted(rows, key=lambda row: (row.next_attempt_at, row.id))
    return [
        LeasedLetter(
            id=row.id,
            desk=Desk(row.desk),
            agency=row.agency,
            type=LetterType(row.type),
            journey_id=row.journey_id,
            referral_number=row.referral_number,
            body=row.body,
            created_at=row.created_at,
            attempts=row.attempts,
            lease=row.lease,
            person_told_at=row.person_told_at,
        )
        for row in rows
    ]
