"""The letterbox: every event that comes through a door is committed here, with its route, before anyone is told 2xx.

One statement finds the desk, inserts the row and rings the bell; it takes as many events as have come while the one
before was being committed, so a crowd shares one commit and a lone event waits for nobody.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import BELL, RING
from models.vocabulary import Desk
from tasks.early import take_up_early
from web.pressure import TooBusy
from web.reach import Budget, DatabaseAway

#: Events that one commit may take.
MOST_AT_ONCE: Final = 100
#: Events that may wait for theirs.
MOST_WAITING: Final = 1000

#: After a commit that several shared, the next one waits twice as long as that one took, and never longer than this: so
#: more share it. None waits behind a commit of one event, nor where a full one can follow.
REST_SECONDS: Final = 0.02
_REST: Final = 2.0

#: For how long the look for referrals that were being born may wait for the batch that bears them.
LOOKS_SECONDS: Final = 30.0

_INSERT: Final = f"""
WITH came AS (
  SELECT c.*, r.desk AS its_desk, r.journey_id AS its_journey, coalesce(r.forgotten, false) AS forgotten
  FROM jsonb_to_recordset($1::text::jsonb) AS c (
    nth int, journey_id uuid, desk text, referral_number text, source text, source_id text, word text, data jsonb,
    digest text, occurred_at timestamptz, received_at timestamptz)
  LEFT JOIN LATERAL (
    SELECT referral.desk, referral.journey_id, client.forgotten_at IS NOT NULL AS forgotten
    FROM referral JOIN client ON client.id = referral.client_id WHERE number = c.referral_number LIMIT 1
  ) r ON true
), fresh AS (
  INSERT INTO inbox_event (desk, journey_id, referral_number, source, source_id, word, data, digest, occurred_at,
                           received_at, fate, fate_reason, fate_at)
  SELECT coalesce(c.desk, its_desk), coalesce(c.journey_id, its_journey), c.referral_number, c.source, c.source_id,
         c.word, c.data, c.digest, c.occurred_at, c.received_at,
         CASE WHEN coalesce(c.desk, its_desk) IS NULL THEN 'parked' ELSE 'waiting' END,
         CASE WHEN coalesce(c.desk, its_desk) IS NULL THEN 'unknown_referral' END,
         CASE WHEN coalesce(c.desk, its_desk) IS NULL THEN c.received_at END
  FROM came c WHERE NOT forgotten
  ORDER BY c.source, c.source_id
  ON CONFLICT (source, source_id) DO NOTHING
  RETURNING id, desk, source, source_id
), rung AS (
  SELECT pg_notify('{BELL}', desk) FROM (SELECT DISTINCT desk FROM fresh WHERE desk IS NOT NULL) AS d
)
SELECT c.nth, f.id, f.desk, c.forgotten FROM came c LEFT JOIN fresh f USING (source, source_id)
WHERE (f.id IS NOT NULL OR c.forgotten) AND (SELECT count(*) FROM rung) >= 0
"""  # noqa: S608 - the bell is our own constant

_KNOWN: Final = "SELECT id, digest, desk FROM inbox_event WHERE source = $1 AND source_id = $2"


class ClientForgotten(Exception):  # noqa: N818 - said to the caller, not a fault of the program
    """The event is about a client who was forgotten: nothing of it was kept, and nothing ever will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event as a door takes it in. With neither desk nor known referral it is parked."""

    source: str
    source_id: str
    word: str
    data: Mapping[str, Any] = field(repr=False)
    #: SHA-256 (hex) of what came.
    digest: str
    occurred_at: datetime
    received_at: datetime
    referral_number: str | None = None
    #: Only for events of the whole journey; a referral's event goes to the desk of its referral.
    desk: Desk | None = None
    journey_id: UUID | None = None

    def row(self, nth: int) -> dict[str, Any]:
        """Return the event as the statement reads it."""
        return {
            "nth": nth,
            "journey_id": None if self.journey_id is None else str(self.journey_id),
            "desk": self.desk,
            "referral_number": self.referral_number,
            "source": self.source,
            "source_id": self.source_id,
            "word": self.word,
            "data": self.data,
            "digest": self.digest,
            "occurred_at": self.occurred_at,
            "received_at": self.received_at,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the letterbox did: a fresh row, or one that was there."""

    id: int
    fresh: bool
    #: Digest of the row that was there, to be compared; for a fresh row its own.
    digest: str
    #: Desk of the row that was there; None for a fresh one, or where nobody knows.
    desk: str | None = None


_Waiting = tuple[Arrival, asyncio.Future[int | None]]


class Letterbox:
    """Takes events in, many at a time."""

    def __init__(self, engine: AsyncEngine, *, seconds: float, most_waiting: int = MOST_WAITING) -> None:
        # One statement is one transaction: no BEGIN and no COMMIT go over the wire.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._whole = engine
        self._seconds = seconds
        self.most_waiting = most_waiting
        self._queue: list[_Waiting] = []
        self._being_written = 0
        self._writer: asyncio.Task[None] | None = None
        #: Numbers nobody knew when their event was written; the referral may have been born at that moment.
        self._unknown: set[str] = set()
        self._looker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many events are held here, those that are just being written included."""
        return len(self._queue) + self._being_written

    @property
    def full(self) -> bool:
        """Whether the next event would be sent away."""
        return self.waiting >= self.most_waiting

    async def put(self, arrival: Arrival, budget: Budget) -> Receipt:
        """Return once the event is committed, or was so before.

        Raises:
            ClientForgotten: It speaks of a referral whose client was forgotten, and was not here before.
            TooBusy: As many as may be wait for their commit already; nothing of this one is kept.
            DatabaseAway: Nobody knows whether it is committed; the sender may send it again.
        """
        if self.full:
            raise TooBusy("letterbox")
        try:
            id_ = await budget.until(self._join(arrival))
        except ClientForgotten:
            if (receipt := await budget.repeatably(lambda: self._known(arrival))) is not None:
                return receipt
            raise
        if id_ is not None:
            return Receipt(id_, fresh=True, digest=arrival.digest)
        if (receipt := await budget.repeatably(lambda: self._known(arrival))) is not None:
            return receipt
        raise DatabaseAway

    async def close(self) -> None:
        """Wait until what was taken in is written."""
        if self._writer is not None:
            await asyncio.wait({self._writer})
        if self._looker is not None:
            await asyncio.wait({self._looker})

    async def _join(self, arrival: Arrival) -> int | None:
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._queue.append((arrival, future))
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write_all())
        try:
            return await future
        except asyncio.CancelledError:
            # Whoever sent it has its answer: it is held no longer than it is waited for.
            self._queue = [waiting for waiting in self._queue if waiting[1] is not future]
            raise

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._queue:
                batch = self._next_batch()
                self._being_written = len(batch)
                began = loop.time()
                await self._write(batch)
                self._being_written = 0
                if len(batch) > 1 and len(self._queue) < MOST_AT_ONCE:
                    await asyncio.sleep(min(_REST * (loop.time() - began), REST_SECONDS))
        finally:
            self._being_written = 0
            self._writer = None

    def _next_batch(self) -> list[_Waiting]:
        """Take who still waits, each (source, source_id) once: its double comes with the next commit."""
        batch: dict[tuple[str, str], _Waiting] = {}
        later: list[_Waiting] = []
        for waiting in self._queue:
            key = (waiting[0].source, waiting[0].source_id)
            if waiting[1].done():
                continue
            if key in batch or len(batch) >= MOST_AT_ONCE:
                later.append(waiting)
            else:
                batch[key] = waiting
        self._queue = later
        return list(batch.values())

    async def _write(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        try:
            ids, forgotten = await Budget(self._seconds).repeatably(lambda: self._insert(batch))
        except exc.DBAPIError as error:
            if len(batch) > 1:
                # One of them is refused by the database: each gets an answer of its own.
                for waiting in batch:
                    await self._write([waiting])
            else:
                _fail(batch, error)
        except Exception as error:  # noqa: BLE001 - handed to everyone who waits for it
            _fail(batch, error)
        else:
            _fail([batch[nth] for nth in forgotten], ClientForgotten())
            for nth, (_, future) in enumerate(batch):
                if not future.done():
                    future.set_result(ids.get(nth))

    async def _insert(self, batch: list[_Waiting]) -> tuple[dict[int, int], list[int]]:
        """Return inbox ids by position of those that were fresh, and the positions of what is about forgotten ones."""
        rows = orjson.dumps([arrival.row(nth) for nth, (arrival, _) in enumerate(batch)]).decode("utf-8")
        found = await self._run(_INSERT, (rows,))
        unknown = {nth for nth, id_, desk, _ in found if id_ is not None and desk is None}
        self._unknown |= {arrival.referral_number or "" for nth, (arrival, _) in enumerate(batch) if nth in unknown}
        if self._unknown and self._looker is None:
            self._looker = asyncio.get_running_loop().create_task(self._look_again())
        ids = {nth: id_ for nth, id_, _, _ in found if id_ is not None}
        return ids, [nth for nth, _, _, forgotten in found if forgotten]

    async def _look_again(self) -> None:
        """Look once more, after the commit, for referrals nobody knew; the night's look finds what this one missed."""
        try:
            while self._unknown:
                numbers, self._unknown = self._unknown, set()
                with contextlib.suppress(exc.SQLAlchemyError, OSError, TimeoutError):
                    async with asyncio.timeout(LOOKS_SECONDS), self._whole.begin() as connection:
                        desks = await take_up_early(connection, numbers)
                        await connection.execute(RING, {"desks": sorted(desks)})
        finally:
            self._looker = None

    async def _known(self, arrival: Arrival) -> Receipt | None:
        for id_, digest, desk in await self._run(_KNOWN, (arrival.source, arrival.source_id)):
            return Receipt(id_, fresh=False, digest=digest, desk=desk)
        return None

    async def _run(self, statement: str, parameters: tuple[object, ...]) -> list[Any]:
        async with self._engine.connect() as connection:
            return list((await connection.exec_driver_sql(statement, parameters)).all())


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
