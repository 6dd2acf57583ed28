"""Making room for a copy: an empty database under the house's own name; what was there is kept under another."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deployments.backup import BackupFailed, holds_tables
from deployments.cluster import Cluster
from models.database import close_engine, open_engine

_OTHERS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")


async def make_room(cluster: Cluster, *, replace: bool) -> str | None:
    """See that the main database is there and empty; return the name under which what was there is kept.

    Raises:
        BackupFailed: It has tables and may not be replaced, or somebody works in it.
    """
    engine = open_engine(await cluster.ensure(cluster.main), connections=2)
    try:
        async with engine.connect() as connection:
            full = await holds_tables(connection)
            others = (await connection.execute(_OTHERS)).scalar_one()
    except DBAPIError:
        raise BackupFailed("The database cannot be looked at; run 'ieum doctor'.") from None
    finally:
        await close_engine(engine)
    if not full:
        return None
    if not replace:
        raise BackupFailed(f"The database '{cluster.main}' has tables; restore with --replace, and it is kept.")
    if others:
        raise BackupFailed(f"Somebody works in '{cluster.main}' ({others} connections); stop doors and desks first.")
    kept = f"{cluster.main[:40]}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
    await cluster.replace(cluster.main, kept)
    return kept
