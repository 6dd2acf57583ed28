"""Evidence: noting that a paper was handed in, once, under the lock of its journey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.keys import uuid7

#: Times it is looked for anew, where it was merged while it was waited for.
_TRIES: Final = 3

#: The journey of a number, or the one it ended in; nobody merges or forgets it meanwhile.
_LOCK: Final = text("""
    SELECT journey.id, journey.merged_into, client.forgotten_at
    FROM journey AS named
    JOIN journey ON journey.id = COALESCE(named.merged_into, named.id)
    JOIN client ON client.id = journey.client_id
    WHERE named.number = :number FOR NO KEY UPDATE OF journey
""")
_INSERT: Final = text("""
    INSERT INTO evidence
        (id, journey_id, referral_id, kind, received_on, valid_until, source, source_id, digest, recorded_at)
    VALUES (:id, :journey, (SELECT id FROM referral WHERE number = :referral AND journey_id = :journey), :kind,
            :received_on, :valid_until, :source, :source_id, :digest, :now)
    ON CONFLICT (source, source_id) DO NOTHING
    RETURNING id
""")
_KNOWN: Final = text("""
    SELECT evidence.id, evidence.journey_id, evidence.kind, evidence.received_on, evidence.valid_until, evidence.digest,
           referral.number AS referral
    FROM evidence LEFT JOIN referral ON referral.id = evidence.referral_id
    WHERE evidence.source = :source AND evidence.source_id = :source_id
""")
_OF_JOURNEY: Final = text("""
    SELECT evidence.id, evidence.kind, evidence.received_on, evidence.valid_until, evidence.digest,
           referral.number AS referral
    FROM evidence LEFT JOIN referral ON referral.id = evidence.referral_id
    WHERE evidence.journey_id = :journey ORDER BY evidence.recorded_at, evidence.id
""")


class NotNoted(Exception):  # noqa: N818 - names what happened
    """Nothing was noted: `unknown-journey`, or `forgotten`."""

    def __init__(self, code: Literal["unknown-journey", "forgotten"]) -> None:
        super().__init__(code)
        self.code: Literal["unknown-journey", "forgotten"] = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A paper to be noted.

    Attributes:
        referral: Number of a referral of the journey, or None for the journey as a whole.
        source: Who says so, e.g. `staff:front-desk`; with `source_id` it is known when it is said again.
        digest: SHA-256 of what was said.
    """

    kind: str
    referral: str | None
    received_on: date
    valid_until: date
    source: str
    source_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A paper as it is noted."""

    id: UUID
    kind: str
    referral: str | None
    received_on: date
    valid_until: date
    digest: str
    #: False where it was noted before under the same key.
    fresh: bool = False


async def note_evidence(connection: AsyncConnection, number: str, handed: Handed, now: datetime) -> Noted:
    """Note that a paper was handed in; under a key that is known already, return what was noted then.

    Args:
        connection: In a transaction.
        number: The journey's.
        handed: Checked.
        now: Aware.

    Raises:
        NotNoted: There is no such journey, or its client was forgotten.
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    journey = await _lock(connection, number)
    row = {name: getattr(handed, name) for name in Handed.__dataclass_fields__}
    written = await connection.execute(_INSERT, {**row, "id": uuid7(now), "journey": journey, "now": now})
    fresh = written.scalar() is not None
    found = (await connection.execute(_KNOWN, {"source": handed.source, "source_id": handed.source_id})).one()
    return _noted(found, fresh=fresh)


async def evidence_of(connection: AsyncConnection, journey: UUID) -> list[Noted]:
    """Return the papers of a journey in the order in which they were noted."""
    rows: Sequence[Any] = (await connection.execute(_OF_JOURNEY, {"journey": journey})).all()
    return [_noted(row) for row in rows]


async def _lock(connection: AsyncConnection, number: str) -> UUID:
    """Lock the journey; one that was merged while we waited for it is looked for anew."""
    for _ in range(_TRIES):
        row = (await connection.execute(_LOCK, {"number": number})).first()
        if row is None:
            raise NotNoted("unknown-journey")
        if row.forgotten_at is not None:
            raise NotNoted("forgotten")
        if row.merged_into is None:
            return row.id
    message = "the journey changed each time it was looked at"
    raise RuntimeError(message)


def _noted(row: Any, *, fresh: bool = False) -> Noted:  # noqa: ANN401 - a row
    names = ("id", "kind", "referral", "received_on", "valid_until", "digest")
    return Noted(**{name: getattr(row, name) for name in names}, fresh=fresh)
