"""Forgetting: a client whose time is over loses name, phone, address and everything that was told; the log stays.

What stays is numbers and codes: states, steps with their hashes, letters' ids, and the year of birth. So the log still
explains every state. Nothing is heard of her any more, so her events' ids go after their time (`tasks/keeping.py`).
Whoever is not due is looked at again when the earliest of the rules can be over, so a run reads who is due and nobody
else. A client whose journey ended in another's is kept as long as that other one.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog, UnknownWord
from models.case import Case
from models.casebook import let_go, load_cases
from models.counting import day_of
from models.keeping import kept
from models.turnbook import load_turns

#: Clients looked at in one transaction, and in one run.
PAGE: Final = 100
MOST: Final = 5_000
#: Whose time is over but who is held by something is looked at again after so long.
AGAIN: Final = timedelta(days=7)

DUE: Final = text("""
    SELECT id FROM client WHERE forgotten_at IS NULL AND keeping_at <= :now
    ORDER BY keeping_at, id LIMIT :most OFFSET :skip FOR NO KEY UPDATE SKIP LOCKED
""")
#: The lock of the desks: whoever holds a journey's row works the case.
_JOURNEYS: Final = text("""
    SELECT id, client_id, number, opened_at FROM journey WHERE client_id = ANY(:clients)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
""")
#: The journeys of whoever a client's journey ended in: as long as those are kept, she may be looked for by this name.
_ENDED_IN: Final = text("""
    SELECT DISTINCT mine.client_id, theirs.id
    FROM journey AS mine JOIN journey AS stays ON stays.id = mine.merged_into
    JOIN journey AS theirs ON theirs.client_id = stays.client_id
    WHERE mine.client_id = ANY(:clients) AND theirs.client_id <> mine.client_id
""")
_THEIRS: Final = text("""
    SELECT id, client_id, number, opened_at FROM journey WHERE id = ANY(:journeys)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
""")
_COUNT: Final = text("SELECT client_id, count(*) AS journeys FROM journey WHERE client_id = ANY(:clients) GROUP BY 1")
_LAST: Final = text("""
    SELECT journey_id, max(at) AS at FROM (
        SELECT referral.journey_id, max(transition.recorded_at) AS at
        FROM referral JOIN transition ON transition.referral_id = referral.id
        WHERE referral.journey_id = ANY(:journeys) GROUP BY 1
        UNION ALL
        SELECT journey_id, max(received_at) FROM inbox_event
        WHERE journey_id = ANY(:journeys) AND fate IN ('applied', 'already_known', 'older', 'dropped')
          AND data <> CAST('{}' AS jsonb) GROUP BY 1
        UNION ALL
        SELECT journey_id, max(recorded_at) FROM evidence WHERE journey_id = ANY(:journeys) GROUP BY 1
    ) AS happened GROUP BY 1
""")
#: What somebody still has to do, whatever the deadlines say.
_WAITING: Final = text("""
    SELECT journey_id, 'event' AS why FROM inbox_event WHERE journey_id = ANY(:journeys) AND fate = 'waiting'
    UNION SELECT journey_id, 'event' FROM inbox_event WHERE journey_id = ANY(:journeys) AND fate = 'held_back'
    UNION SELECT referral.journey_id, 'event' FROM referral JOIN inbox_event ON referral_number = referral.number
          WHERE referral.journey_id = ANY(:journeys) AND inbox_event.fate = 'parked'
    UNION SELECT journey_id, 'set_aside' FROM set_aside WHERE journey_id = ANY(:journeys)
    UNION SELECT journey_id, 'letter' FROM letter
          WHERE journey_id = ANY(:journeys) AND state IN ('waiting', 'with_person')
""")
_LATER: Final = text("""
    UPDATE client SET keeping_at = later.at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS later (id uuid, at timestamptz) WHERE client.id = later.id
""")
#: One statement for each place in which something of a person lies.
FORGET: Final = tuple(
    text(statement)
    for statement in (
        """UPDATE client SET name = '', phone = NULL, address = NULL, address_secret = false, forgotten_at = :now,
           birth_date = make_date(CAST(extract(year FROM birth_date) AS integer), 1, 1) WHERE id = ANY(:clients)""",
        """UPDATE household_member SET name = NULL,
           birth_date = make_date(CAST(extract(year FROM birth_date) AS integer), 1, 1)
           WHERE client_id = ANY(:clients)""",
        "UPDATE journey SET facts = '{}' WHERE id = ANY(:journeys)",
        "UPDATE referral SET reference = NULL WHERE journey_id = ANY(:journeys)",
        "UPDATE letter SET body = '{}' WHERE journey_id = ANY(:journeys)",
        """UPDATE inbox_event SET data = '{}', forgotten = true WHERE journey_id = ANY(:journeys)
           AND fate IN ('applied', 'already_known', 'older', 'dropped')""",
        "UPDATE notice SET detail = '', settled_why = left(settled_why, 0) WHERE journey_id = ANY(:journeys)",
        "DELETE FROM agency_link WHERE referral_id IN (SELECT id FROM referral WHERE journey_id = ANY(:journeys))",
        """UPDATE screening_record SET facts = '{}', lines = '[]', routes = '[]', reason = ''
           WHERE journey_id = ANY(:journeys)""",
        # That somebody needed a medical certificate says something of her: the rows go.
        "DELETE FROM evidence WHERE journey_id = ANY(:journeys)",
    )
)


@dataclass(slots=True)
class Forgotten:
    """What a run, or a page of it, came to.

    Attributes:
        clients: How many were forgotten, by the rule that had kept them the longest.
        held: How many are over their time and still held, by why.
        looked_at: How many were looked at.
        journeys: Numbers of the journeys of those who were forgotten.
    """

    clients: Counter[str] = field(default_factory=Counter[str])
    held: Counter[str] = field(default_factory=Counter[str])
    looked_at: int = 0
    journeys: list[str] = field(default_factory=list[str])

    def add(self, other: "Forgotten") -> None:
        """Add a page."""
        self.clients += other.clients
        self.held += other.held
        self.looked_at += other.looked_at
        self.journeys += other.journeys


async def forget(engine: AsyncEngine, catalog: Catalog, now: datetime, *, dry_run: bool = False) -> Forgotten:
    """Forget the clients whose time is over, page by page, each in a transaction of its own.

    Args:
        engine: The database.
        catalog: For the rules.
        now: Aware.
        dry_run: Only say what would be done; nothing is written.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; the pages before stand.
    """
    total = Forgotten()
    try:
        await _forget(engine, catalog, now, total, dry_run=dry_run)
    finally:
        let_go()
    return total


async def _forget(engine: AsyncEngine, catalog: Catalog, now: datetime, total: Forgotten, *, dry_run: bool) -> None:
    while total.looked_at < MOST:
        async with engine.connect() as connection, connection.begin() as transaction:
            skip = total.looked_at if dry_run else 0
            clients = list((await connection.execute(DUE, {"now": now, "most": PAGE, "skip": skip})).scalars())
            page = await _page(connection, clients, catalog, now)
            if dry_run:
                await transaction.rollback()
        total.add(page)
        if len(clients) < PAGE:
            break


async def _page(connection: AsyncConnection, clients: Sequence[UUID], catalog: Catalog, now: datetime) -> Forgotten:
    found = Forgotten(looked_at=len(clients))
    if not clients:
        return found
    rows: Sequence[Any] = (await connection.execute(_JOURNEYS, {"clients": list(clients)})).all()
    counted: Sequence[Any] = (await connection.execute(_COUNT, {"clients": list(clients)})).all()
    of_client: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        of_client[row.client_id].append(row)
    # A desk works one of its journeys just now.
    busy = {row.client_id for row in counted if row.journeys != len(of_client[row.client_id])}
    # Read under the locks of her own journeys, so that no merge is missed.
    ended_in: Sequence[Any] = (await connection.execute(_ENDED_IN, {"clients": list(clients)})).all()
    elsewhere = list({row.id for row in ended_in} - {row.id for row in rows})
    theirs: Sequence[Any] = (await connection.execute(_THEIRS, {"journeys": elsewhere})).all() if elsewhere else []
    standing = await _standing(connection, [*rows, *theirs], catalog, now)
    busy |= {row.client_id for row in ended_in if row.id not in standing}
    keepers: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in (*rows, *ended_in):
        keepers[row.client_id].append(row.id)
    later: dict[UUID, datetime] = dict.fromkeys(busy, now + AGAIN)
    over: list[UUID] = []
    for client in clients:
        if client in busy:
            continue
        each = [standing[journey] for journey in keepers[client]]
        until, rule = max([(one.until, one.rule) for one in each], default=(now, "visit"))
        held = frozenset[str]().union(*(one.held for one in each))
        if until > now:
            later[client] = until
        elif held:
            later[client] = now + AGAIN
            found.held.update(held)
        else:
            over.append(client)
            found.clients[rule] += 1
            found.journeys += [row.number for row in of_client[client]]
    await _write(connection, over, [row.id for client in over for row in of_client[client]], later, now)
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    until: datetime
    rule: str
    held: frozenset[str]


async def _standing(
    connection: AsyncConnection, rows: Sequence[Any], catalog: Catalog, now: datetime
) -> dict[UUID, _Standing]:
    """Return how long each journey's data are kept, and what holds them."""
    journeys = [row.id for row in rows]
    last = {row.journey_id: row.at for row in await connection.execute(_LAST, {"journeys": journeys})}
    waiting: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in await connection.execute(_WAITING, {"journeys": journeys}):
        waiting[row.journey_id].add(row.why)
    cases = await _cases(connection, journeys, catalog, now)
    turns = await load_turns(connection, [r.id for case in cases.values() for r in case.referrals], now)
    found: dict[UUID, _Standing] = {}
    for row in rows:
        if row.id not in cases:
            # A case that cannot be read is a person's affair: its desk has set it aside, or will.
            found[row.id] = _Standing(now, "visit", frozenset({"unreadable"}))
            continue
        try:
            known = kept(cases[row.id], turns, max(row.opened_at, last.get(row.id) or row.opened_at), now)
        except UnknownWord:
            found[row.id] = _Standing(now, "visit", frozenset({"unreadable"}))
            continue
        found[row.id] = _Standing(known.until, known.rule, known.held | waiting[row.id])
    return found


async def _cases(
    connection: AsyncConnection, journeys: Sequence[UUID], catalog: Catalog, now: datetime
) -> Mapping[UUID, Case]:
    """Return the cases that can be read; one that cannot must not keep the others."""
    try:
        return await load_cases(connection, journeys, catalog, day_of(now))
    except ValidationError:
        pass
    found: dict[UUID, Case] = {}
    for journey in journeys:
        try:
            found |= await load_cases(connection, [journey], catalog, day_of(now))
        except ValidationError:
            continue
    return found


async def _write(
    connection: AsyncConnection,
    over: Sequence[UUID],
    journeys: Sequence[UUID],
    later: Mapping[UUID, datetime],
    now: datetime,
) -> None:
    rows: Iterable[dict[str, object]] = [{"id": client, "at": at} for client, at in later.items()]
    if later:
        await connection.execute(_LATER, {"rows": orjson.dumps(rows, default=str).decode()})
    if over:
        for statement in FORGET:
            known = {"now": now, "clients": list(over), "journeys": list(journeys)}
            await connection.execute(statement, known)
