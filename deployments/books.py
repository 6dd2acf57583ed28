"""The books: the house's own database, opened for one look or one entry, without doors and desks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import catalog
from agencies.keyring import Keyring
from catalog import Catalog
from deployments.clocks import machine_clock
from deployments.cluster import Cluster, DatabaseAway
from deployments.safe import open_safe
from models.database import close_engine, open_engine
from settings import Settings


@dataclass(frozen=True, slots=True)
class Books:
    """The open database with what is needed to write in it."""

    engine: AsyncEngine
    catalog: Catalog
    keyring: Keyring

    def now(self) -> datetime:
        """Return the machine's time, aware UTC."""
        return machine_clock()


@asynccontextmanager
async def open_books(settings: Settings, *, connections: int = 4) -> AsyncGenerator[Books]:
    """Open the database of this installation; its tables must stand.

    Args:
        settings: What this installation was told.
        connections: How many may be open.

    Raises:
        DatabaseAway: the server is away, or the tables were never made.
        PostgresError: the private server cannot run here.
    """
    async with Cluster(settings, lambda _: None) as cluster:
        engine = open_engine(cluster.url(cluster.main), connections=connections)
        try:
            try:
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT 1 FROM agency LIMIT 1"))
            except (DBAPIError, OSError, TimeoutError):
                raise DatabaseAway("The database has no tables yet; run 'ieum migrate' or 'ieum up' first.") from None
            yield Books(engine, catalog.load(), Keyring(open_safe(settings).master_key))
        finally:
            await close_engine(engine)


async def connected(connection: AsyncConnection, code: str) -> bool:
    """Say whether an agency is connected."""
    found = await connection.execute(text("SELECT 1 FROM agency WHERE code = :code"), {"code": code})
    return found.first() is not None
