"""What the follow-ups tell staff: notices that are raised while something is so, and settle when it is so no more.

Each has a key that says what it is about, so whoever looks again, or at the same time, says nothing twice. What a
person has settled stays settled while it is so; what settled by itself opens again when it is so again.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models.keys import uuid7
from models.vocabulary import Desk
from tasks.settling import settle_gone

#: Clocks are put right by an hour now and then: what settled so shortly ago, or after now, does not open again, and
#: what will be so that soon does not settle.
SLACK: Final = timedelta(hours=2)
#: Journeys read at a time.
PAGE: Final = 100

_RAISE: Final = text("""
    INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, raised_at)
    SELECT id, journey_id, desk, code, about, detail, key, false, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (
        id uuid, journey_id uuid, desk text, code text, about text, detail text, key text)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET settled_at = NULL, settled_by = NULL, raised_at = :now, detail = excluded.detail
        WHERE notice.settled_by = 'follow-up' AND notice.settled_at <= :settled_before
    RETURNING key
""")
_SETTLE: Final = text(settle_gone("follow-up", "key = ANY(:keys)"))
_OPEN: Final = text("""
    SELECT key, code, about, journey_id FROM notice
    WHERE settled_at IS NULL AND code = ANY(:codes) ORDER BY key
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One notice: what is so, about whom; codes and numbers only."""

    code: str
    about: str
    #: Whatever is the same for the same thing, and differs for another one.
    which: str
    detail: str = ""
    #: The desk it belongs to; the intake desk's where it is the whole house's.
    desk: Desk = Desk.INTAKE
    journey_id: UUID | None = None

    @property
    def key(self) -> str:
        """Return what makes it the same notice."""
        return f"{self.code}:{self.about}:{self.which}"[:300]


@dataclass(frozen=True, slots=True)
class OpenNotice:
    """A notice that nobody has settled."""

    key: str
    code: str
    about: str
    journey_id: UUID | None


async def raise_notices(connection: AsyncConnection, noted: Iterable[Noted], now: datetime) -> list[str]:
    """Raise what is so; return the keys of those that were not raised before, or are open again.

    Args:
        connection: In a transaction.
        noted: One of a key is enough.
        now: Aware.
    """
    by_key = {each.key: each for each in noted}
    rows: list[dict[str, Any]] = [
        {**asdict(each), "id": uuid7(now), "key": key, "detail": each.detail[:400]} for key, each in by_key.items()
    ]
    if not rows:
        return []
    written = orjson.dumps(rows, default=str).decode()
    parameters = {"rows": written, "now": now, "settled_before": now - SLACK}
    return list((await connection.execute(_RAISE, parameters)).scalars())


async def settle_notices(connection: AsyncConnection, keys: Collection[str], now: datetime) -> None:
    """Settle notices whose cause is gone."""
    if keys:
        await connection.execute(_SETTLE, {"keys": sorted(keys), "now": now})


async def open_notices(connection: AsyncConnection, codes: Sequence[str]) -> list[OpenNotice]:
    """Return the open notices of some codes."""
    rows: Sequence[Any] = (await connection.execute(_OPEN, {"codes": list(codes)})).all()
    return [OpenNotice(row.key, row.code, row.about, row.journey_id) for row in rows]


async def turn_pages(
    engine: AsyncEngine,
    near: TextClause,
    window: Mapping[str, Any],
    codes: Sequence[str],
    look_at: Callable[[AsyncConnection, list[UUID]], Awaitable[None]],
) -> None:
    """Look at journeys page after page, each in a transaction: those near an end, and those already told of one.

    Args:
        engine: The database.
        near: Selects the ids of the next journeys after `:after`, in their order; the rest of its parameters are
            `window`.
        window: As above.
        codes: Of the notices whose journeys are looked at again.
        look_at: Looks at one page.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    async with engine.begin() as connection:
        noticed = await open_notices(connection, codes)
    again = sorted({notice.journey_id for notice in noticed if notice.journey_id is not None})
    after = UUID(int=0)
    while True:
        async with engine.begin() as connection:
            page = list((await connection.execute(near, {**window, "after": after})).scalars())
            await look_at(connection, sorted({*page, *again[:PAGE]}))
        again = again[PAGE:]
        if page:
            after = page[-1]
        elif not again:
            return
