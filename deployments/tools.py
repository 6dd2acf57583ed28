"""The tools of one process that works desks, laid out from what this installation was told."""

from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.sender import Senders
from catalog import Catalog
from flows.desks import HEARS
from settings import Settings
from tasks.presence import new_process_key
from tasks.toolbox import Clock, Toolbox


def lay_out(
    settings: Settings,
    engine: AsyncEngine,
    *,
    master_key: str,
    catalog: Catalog,
    clock: Clock,
    linger_seconds: float | None = None,
) -> Toolbox:
    """Return the toolbox; nothing is connected yet. Whoever uses it closes it.

    Args:
        settings: What this installation was told.
        engine: To the house's own database; closed with the tools.
        master_key: Opens the agencies' keys.
        catalog: What is known.
        clock: Tells now; virtual in a rehearsal.
        linger_seconds: How long shifts linger; None for the settings'.
    """
    return Toolbox(
        engine=engine,
        catalog=catalog,
        clock=clock,
        keyring=Keyring(master_key),
        senders=Senders(center=settings.center, clock=clock),
        center=settings.center,
        linger_seconds=settings.linger_seconds if linger_seconds is None else linger_seconds,
        process=new_process_key(),
        hears=HEARS,
        prefect_keep_days=settings.prefect_keep_days,
    )
