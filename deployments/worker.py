"""The worker's command: `python -m deployments.worker` is what a Prefect process worker runs for one shift.

It puts the toolbox in place and then becomes Prefect's own engine, which loads the flow by its dotted entrypoint. The
settings (IEUM_DATABASE_URL, IEUM_MASTER_KEY …) must stand in the worker's environment.
"""

import asyncio
import runpy
import sys
import threading

import catalog
from agencies.keyring import Keyring
from agencies.sender import Senders
from deployments.clocks import machine_clock
from deployments.safe import open_safe
from flows.desks import HEARS
from models.database import open_engine
from settings import SettingsError, read_settings
from tasks.presence import Presence, new_process_key
from tasks.toolbox import Toolbox, use


def main() -> None:
    """Make the toolbox, be present, and run the engine.

    Raises:
        SystemExit: the settings are wrong, or name no database (2).
    """
    try:
        settings = read_settings()
    except SettingsError as wrong:
        raise SystemExit(f"worker: {wrong}") from None
    url = settings.database()
    if url is None:
        raise SystemExit("worker: IEUM_DATABASE_URL is missing; a worker shares the database of the house.")
    process = new_process_key()
    present = threading.Event()
    threading.Thread(target=lambda: asyncio.run(_be_present(url, process, present)), daemon=True).start()
    if not present.wait(30):
        raise SystemExit("worker: the database cannot be reached; see that it runs and IEUM_DATABASE_URL is right.")
    use(
        Toolbox(
            engine=open_engine(url),
            catalog=catalog.load(),
            clock=machine_clock,
            keyring=Keyring(open_safe(settings).master_key),
            senders=Senders(center=settings.center, clock=machine_clock),
            center=settings.center,
            linger_seconds=settings.linger_seconds,
            process=process,
            hears=HEARS,
        )
    )
    sys.argv = ["prefect.engine", *sys.argv[1:]]
    runpy.run_module("prefect.engine", run_name="__main__")


async def _be_present(url: str, process: int, present: threading.Event) -> None:
    """Hold the process's lock for as long as it lives, on a loop of its own."""
    async with Presence(open_engine(url, pool_size=1), process, lambda _: None):
        present.set()
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
