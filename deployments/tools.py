"""The tools of one process that works desks, laid out from what this installation was told."""

from agencies.keyring import Keyring
from agencies.sender import Senders
from catalog import Catalog
from flows.desks import HEARS
from models.database import open_engine
from settings import Settings
from tasks.presence import new_process_key
from tasks.toolbox import Clock, Toolbox


def lay_out(
    settings: Settings,
    database_url: str,
    *,
    master_key: str,
    catalog: Catalog,
    clock: Clock,
    pool_size: int = 8,
    linger_seconds: float | None = None,
) -> Toolbox:
    """Return the toolbox; nothing is connected yet. Whoever uses it closes it.

    Args:
        settings: What this installation was told.
        database_url: Of the house's own database.
        master_key: Opens the agencies' keys.
        catalog: What is known.
        clock: Tells now; virtual in a rehearsal.
        pool_size: Connections kept to the database.
        linger_seconds: How long shifts linger; None for the settings'.
    """
    return Toolbox(
        engine=open_engine(database_url, pool_size=pool_size),
        catalog=catalog,
        clock=clock,
        keyring=Keyring(master_key),
        senders=Senders(center=settings.center, clock=clock),
        center=settings.center,
        linger_seconds=settings.linger_seconds if linger_seconds is None else linger_seconds,
        process=new_process_key(),
        hears=HEARS,
    )
