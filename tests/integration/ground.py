"""The ground a batch stands on: a real database, client A's journeys in it, and desks that can be worked by hand."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.sender import Senders
from flows.desks import DESKS, HEARS
from models.database import open_engine
from models.keys import uuid7
from models.numbers import Kind, spell
from models.planning import Rules
from models.roads import CLOSED
from models.vocabulary import Desk, Item, JourneyEvent, Need
from tasks.batch import BatchReport, work_batch
from tasks.toolbox import Toolbox
from tasks.turns import DeskSetup
from tests.story.people import AGENCIES_OF_A, CLIENT_A, MORNING, known


async def session_to(engine: AsyncEngine) -> "asyncpg.Connection[asyncpg.Record]":
    """Open a session of asyncpg's own on an engine's database."""
    _, address = engine.dialect.create_connect_args(engine.url)
    return await asyncpg.connect(**address)


_CLIENT: Final = text("""
    INSERT INTO client (id, name, birth_date, sex, phone, address, address_secret, created_at)
    VALUES (:id, '김하늘', '1976-08-21', 'female', '010-0000-4101', '마포구 가온로 7', false, :now)
""")
_CHILD: Final = text("""
    INSERT INTO household_member (id, client_id, relation, birth_date, school_level, lives_together)
    VALUES (:id, :client, 'child', '2004-05-10', 'middle', true)
""")
_CONSENT: Final = text("""
    INSERT INTO consent (id, client_id, purpose, recipient, items, given_by, valid_from, valid_to, recorded_at)
    VALUES (:id, :client, 'provision', :recipient, CAST(:items AS jsonb), :by, '2017-12-04', '2029-12-03', :now)
""")
_JOURNEY: Final = text("""
    INSERT INTO journey (id, number, client_id, opened_on, opened_at, needs, facts)
    VALUES (:id, :number, :client, '2017-12-04', :now, CAST(:needs AS jsonb), CAST(:facts AS jsonb))
""")
_EVENT: Final = text("""
    INSERT INTO inbox_event (desk, journey_id, referral_number, source, source_id, word, data, digest, occurred_at,
                             received_at, fate, fate_reason)
    SELECT COALESCE(:desk, r.desk), COALESCE(CAST(:journey AS uuid), r.journey_id), :number, :source, :source_id, :word,
           CAST(:data AS jsonb), '', :at, :at,
           CASE WHEN COALESCE(:desk, r.desk) IS NULL THEN 'parked' ELSE 'waiting' END,
           CASE WHEN COALESCE(:desk, r.desk) IS NULL THEN 'unknown_referral' END
    FROM (SELECT 1) AS one LEFT JOIN referral AS r ON r.number = :number
    ON CONFLICT (source, source_id) DO NOTHING
    RETURNING id
""")


@dataclass
class Ground:
    """One database with a virtual clock."""

    tools: Toolbox
    now: datetime = MORNING
    _running: Iterable[int] = field(default_factory=lambda: count(1))

    @property
    def engine(self) -> AsyncEngine:
        """The database."""
        return self.tools.engine

    async def walks_in(
        self,
        *needs: Need,
        signed: Sequence[str] = AGENCIES_OF_A,
        running: int | None = None,
        again: UUID | None = None,
        **changed: object,
    ) -> UUID:
        """Write down a client like A with her consents and her journey, opened and not yet worked; return its id.

        With the id of a journey as `again`, its client opens one more.
        """
        client, journey = uuid7(self.now), uuid7(self.now)
        if again is not None:
            [(client,)] = await self.rows("SELECT client_id FROM journey WHERE id = :again", again=again)
        running = running or next(iter(self._running))
        facts = {k: v for k, v in {**CLIENT_A, **changed}.items() if k not in {"birth_date", "sex", "household"}}
        number, items = spell(Kind.JOURNEY, 2017, running), _json([item.value for item in Item])
        async with self.engine.begin() as connection:
            if again is None:
                await connection.execute(_CLIENT, {"id": client, "now": self.now})
                await connection.execute(_CHILD, {"id": uuid7(self.now), "client": client})
            wanted, known_of = _json(sorted(needs or Need)), _json(facts)
            opened = {"id": journey, "number": number, "client": client, "now": self.now}
            await connection.execute(_JOURNEY, {**opened, "needs": wanted, "facts": known_of})
            for to in (None, *signed) if again is None else ():
                for by in ("self", "guardian"):
                    row = {"id": uuid7(self.now), "client": client, "recipient": to, "items": items, "by": by}
                    await connection.execute(_CONSENT, {**row, "now": self.now})
            # By the law's own word a consent to the center itself is one to collection.
            await connection.execute(text("UPDATE consent SET purpose = 'collection' WHERE recipient IS NULL"))
        await self.put("staff:front-desk", JourneyEvent.OPENED, journey=journey, desk=Desk.INTAKE)
        return journey

    async def put(
        self,
        source: str,
        word: str,
        *,
        number: str | None = None,
        journey: UUID | None = None,
        desk: Desk | None = None,
        key: str | None = None,
        hours: float = 0,
        **data: object,
    ) -> int | None:
        """Commit an event as a door does; return its id, or None where it was there before."""
        row: dict[str, Any] = {
            "desk": desk, "journey": journey, "number": number, "source": source, "word": word, "data": _json(data),
            "source_id": key or uuid7(self.now).hex, "at": self.now + timedelta(hours=hours),
        }  # fmt: skip
        async with self.engine.begin() as connection:
            return (await connection.execute(_EVENT, row)).scalar()

    def setup(self, desk: Desk, rules: Rules | None = None) -> DeskSetup:
        """Return how a desk is worked; with other rules than its own where a test wants so."""
        return DeskSetup(desk=desk, rules=rules or DESKS[desk].rules, hears=HEARS, shift=1)

    async def work(self, *desks: Desk) -> BatchReport:
        """Work batches of these desks (of all, by default) until nothing waits; return what it came to."""
        total = BatchReport()
        while True:
            reports = [await work_batch(self.tools, self.setup(desk)) for desk in desks or Desk]
            for report in reports:
                total.add(report, 1000)
            if not any(report.events for report in reports):
                return total

    async def rows(self, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Read something."""
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql), parameters)]

    async def change(self, sql: str, **parameters: object) -> None:
        """Change something behind everybody's back."""
        async with self.engine.begin() as connection:
            await connection.execute(text(sql), parameters)

    async def number(self, program: str, journey: UUID | None = None) -> str:
        """Return the number of the latest referral of a program."""
        found = await self.rows(
            "SELECT number FROM referral WHERE program = :program AND (CAST(:journey AS uuid) IS NULL OR"
            " journey_id = :journey) ORDER BY created_at DESC, id DESC LIMIT 1",
            program=program,
            journey=journey,
        )
        return str(found[0][0])

    async def number_of_open(self, program: str) -> str:
        """Return the number of the one open referral of a program."""
        [(number,)] = await self.rows(
            "SELECT number FROM referral WHERE program = :program AND NOT state = ANY(:closed)",
            program=program,
            closed=sorted(CLOSED),
        )
        return str(number)

    async def fates(self) -> dict[int, str]:
        """Return the fate of every event, with its reason where it has one."""
        found = await self.rows("SELECT id, fate, fate_reason FROM inbox_event ORDER BY id")
        return {number: fate if reason is None else f"{fate}: {reason}" for number, fate, reason in found}


@asynccontextmanager
async def on_ground(database_url: str, *, process: int = 4711) -> AsyncGenerator[Ground]:
    """Open a migrated database for work, with a clock that stands at the morning client A walks in."""
    engine = open_engine(database_url)
    ground: list[Ground] = []

    def clock() -> datetime:
        # Late on the same day, so that what happens "some hours later" has happened when it is heard.
        return (ground[0].now if ground else MORNING) + timedelta(hours=10)

    async with Senders(center="seoul-west", clock=clock) as senders:
        tools = Toolbox(
            engine=engine,
            catalog=known(),
            clock=clock,
            keyring=Keyring("a-pretend-master-key-of-the-tests-and-of-nobody-else"),
            senders=senders,
            center="seoul-west",
            linger_seconds=0.1,
            process=process,
            hears=HEARS,
        )
        ground.append(Ground(tools))
        try:
            yield ground[0]
        finally:
            await engine.dispose()


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
