"""The one database: how it is reached, and which tables it holds.

Every connection asks for what a promise rests on: `synchronous_commit`, so that a crash after 2xx loses nothing that
was acknowledged. `fsync` is the server's own setting: the private one has it on, and a named one must.
"""

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from models import (
    agency,
    agency_link,
    client,
    consent,
    evidence,
    follow_up,
    inbox,
    journey,
    notice,
    numbers,
    outbox,
    referral,
    screening_record,
    shift,
    transition,
)

#: Imported so that their tables are known; the order is the reading order.
TABLES: Final = (
    *(client, consent, journey, referral, transition, inbox, outbox, agency, shift, notice, numbers),
    *(follow_up, screening_record, evidence, agency_link),
)

METADATA: Final = SQLModel.metadata
MIGRATIONS: Final = Path(__file__).parent / "migrations"

#: A transaction that sits idle longer than this loses its locks: it is the length of a desk's lease on a case.
IDLE_TRANSACTION_SECONDS: Final = 15
#: How long a connection is silent before PostgreSQL asks whether we are there.
KEEPALIVE_SECONDS: Final = 60
#: The channel that is rung (`NOTIFY`) when an inbox gained work; the payload is the desk.
BELL: Final = "ieum_bell"
#: What stands behind the desk where its outbox is meant: most of what comes in sends nothing.
LETTERS: Final = " letters"

#: Rings it for the inboxes and the outboxes of the desks in `:desks`, at the end of the transaction.
RING: Final = text(f"""
    SELECT pg_notify('{BELL}', desk || what) FROM unnest(CAST(:desks AS text[])) AS desk, (VALUES (''), ('{LETTERS}'))
        AS rung (what)
""")  # noqa: S608 - our own words

#: SQLSTATEs that say nothing about the work (PostgreSQL 18, appendix A, read 2026-11-22): no connection, deadlock or
#: serialization, idle for too long, no resources, the server starts, stops or has trouble with its disk, a standby.
_AWAY: Final = ("08", "25006", "25P03", "40001", "40P01", "53", "57P", "58")


def open_engine(url: str, *, connections: int = 16, connect_seconds: float = 1.5, durable: bool = True) -> AsyncEngine:
    """Return an engine for `postgresql+asyncpg://…`; nothing is connected yet.

    Args:
        url: SQLAlchemy URL of the database.
        connections: How many may be open. They are kept, and the one that was used last is used next: a new one learns
            its types and plans its statements anew, which costs more than most statements (docs/adr/0016).
        connect_seconds: How long a new connection, or a place in the pool, may take.
        durable: Whether a commit waits for the disk; only a database that is thrown away afterwards need not.
    """
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=connect_seconds,
        hide_parameters=True,  # error texts must not carry a person's data
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": connect_seconds,
            "server_settings": {
                "application_name": "ieum",
                "timezone": "UTC",
                "synchronous_commit": "on" if durable else "off",
                # Kept so long, a connection must not be forgotten by what lies between, however rarely it is used.
                "tcp_keepalives_idle": str(KEEPALIVE_SECONDS),
                "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_SECONDS * 1000),
            },
        },
    )


async def close_engine(engine: AsyncEngine) -> None:
    """Close an engine's connections, to the end even where whoever asks is cancelled meanwhile.

    SQLAlchemy prints a traceback for a connection whose closing was cut off.
    """
    closing = asyncio.create_task(engine.dispose())
    try:
        await asyncio.shield(closing)
    finally:
        await asyncio.wait({closing})


def is_away(error: BaseException) -> bool:
    """Say whether an error means that the same work may well succeed later, rather than that it was refused.

    Args:
        error: Of SQLAlchemy, of asyncpg, or of the network.
    """
    if isinstance(error, exc.DBAPIError):
        if error.connection_invalidated or str(getattr(error.orig, "sqlstate", None) or "").startswith(_AWAY):
            return True
        # asyncpg calls a value it cannot encode an interface error too: that one never succeeds.
        cause = error.orig.__cause__ if error.orig is not None else None
        return isinstance(error, exc.InterfaceError) and not isinstance(cause, ValueError)
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_AWAY)
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)
    return isinstance(error, OSError | TimeoutError | exc.TimeoutError)


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database; `%` in the URL is kept."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision; safe to repeat.

    Blocks, and runs an event loop of its own: call it outside a running one, or in a thread.

    Args:
        url: SQLAlchemy URL of the database (`postgresql+asyncpg://…`).
        revision: Alembic's id of it, or `head`.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, OSError: The database is away, or refuses.
    """
    command.upgrade(alembic_config(url), revision)


def _to_json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
