"""The victim: the product's own doors and desks in one process that lives in well under a second and may be killed.

Run as `python -m tests.e2e.faults.victim ORDERS.json` it is a nursery: it imports everything heavy once, then forks a
life for each line `live` (or `live apart`: without Prefect) on its standard input and prints the life's process number.
`PREFECT_*` must be set before.
"""

import asyncio
import importlib
import json
import logging
import os
import signal
import sys
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import catalog
from agencies.keyring import Keyring
from agencies.sender import Senders
from deployments.doorway import Doorway, DoorwayTaken
from flows.desks import HEARS
from flows.hall import Hall
from models.database import open_engine
from tasks.presence import new_process_key
from tasks.toolbox import Toolbox, use
from tests.e2e.faults import plants
from web.app import create_app
from web.doors import Doors

#: Read once in the nursery; every life inherits it.
CATALOG: Final = catalog.load()
#: How often a life writes its counters down and looks for the minutes its clock was moved by.
TICK_SECONDS: Final = 0.1
#: What a nursery is asked for: a life, or one whose shifts are no Prefect runs.
LIVES: Final = frozenset({"live", "live apart"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a life is told.

    Attributes:
        database_url: The one database.
        port: Where the doors listen on loopback.
        master_key: Opens the agencies' keys.
        tokens: SHA-256 of every bearer token by name.
        linger_seconds: How long a shift waits for more.
        folder: Where `counters.json` is written and `ahead` (seconds the clock is ahead) is read.
        plant: Name of a planted bug (`tests.e2e.faults.plants`), or "" for the product as it is.
        with_prefect: Whether shifts are Prefect runs.
    """

    database_url: str
    port: int
    master_key: str
    tokens: dict[str, str]
    linger_seconds: float
    folder: str
    plant: str = ""
    with_prefect: bool = True


class MovedClock:
    """The machine's time, and as many seconds more as the file `ahead` says."""

    def __init__(self, file: Path) -> None:
        """Look at the file once."""
        self._file = file
        self._ahead = timedelta()
        self.look()

    def look(self) -> bool:
        """Read the file again; say whether the clock was moved."""
        before = self._ahead
        with suppress(FileNotFoundError, ValueError):
            self._ahead = timedelta(seconds=float(self._file.read_text(encoding="ascii")))
        return before != self._ahead

    def __call__(self) -> datetime:
        """Return the moment it is, aware UTC."""
        return datetime.now(UTC) + self._ahead


async def live(orders: Orders, nursery: int) -> None:
    """Open the doors and man the desks until SIGTERM, or until the nursery is gone."""
    folder = Path(orders.folder)
    clock = MovedClock(folder / "ahead")
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    engine = open_engine(orders.database_url)
    keyring = Keyring(orders.master_key)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        senders = await stack.enter_async_context(Senders(center="seoul-west", clock=clock))
        tools = Toolbox(
            engine=engine,
            catalog=CATALOG,
            clock=clock,
            keyring=keyring,
            senders=senders,
            center="seoul-west",
            linger_seconds=orders.linger_seconds,
            process=new_process_key(),
            hears=HEARS,
        )
        use(tools)
        doors = Doors(
            engine=engine,
            catalog=CATALOG,
            clock=clock,
            keyring=keyring,
            tokens=orders.tokens,
            center="seoul-west",
        )
        await _open(stack, Doorway(create_app(doors), "127.0.0.1", orders.port))
        hall = await stack.enter_async_context(Hall(tools, with_prefect=orders.with_prefect))
        while not leaving.is_set() and os.getppid() == nursery:
            _write_down(folder / "counters.json", hall)
            if clock.look():
                hall.ring()
            with suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), TICK_SECONDS)


async def _open(stack: AsyncExitStack, doorway: Doorway) -> None:
    """Open the doors; a life killed a moment ago may still hold the port."""
    for _ in range(100):
        try:
            await stack.enter_async_context(doorway)
        except DoorwayTaken:
            await asyncio.sleep(0.02)
        else:
            return
    raise DoorwayTaken("the port is not given back")


def _write_down(file: Path, hall: Hall) -> None:
    fresh = file.with_suffix(f".{os.getpid()}")
    counters = {"pid": os.getpid(), "without_prefect": hall.without_prefect, "broken": hall.broken, "at": time.time()}
    fresh.write_text(json.dumps(counters), encoding="ascii")
    fresh.rename(file)


def _drain(*, with_prefect: bool) -> None:
    """Let Prefect's log worker send what it still holds; else it is lost with the process."""
    if with_prefect:
        from prefect.events.worker import EventsWorker  # noqa: PLC0415
        from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

        APILogWorker.drain_all(timeout=5)
        EventsWorker.drain_all(timeout=5)


def _be_born(orders: Orders, nursery: int) -> None:
    """Live the life of a freshly forked process; never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = 1
    try:
        plants.sow(orders.plant)
        asyncio.run(live(orders, nursery))
        _drain(with_prefect=orders.with_prefect)
        status = 0
    except Exception:
        logging.getLogger("victim").exception("a life ended in an error")
        raise
    finally:
        logging.shutdown()
        os._exit(status)


def _warm() -> None:
    """Import what the product imports at its first use, so that no life has to."""
    for name in ("uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto", "uvicorn.lifespan.on"):
        importlib.import_module(name)
    for name in ("prefect.task_engine", "prefect.concurrency.asyncio", "prefect.utilities.visualization"):
        importlib.import_module(name)
    for calendar in CATALOG.calendars.values():
        calendar.closed_on(datetime.now(UTC).date())


def main() -> None:
    """Be the nursery: fork a life for each line, and reap it when the next is asked for or the input ends."""
    given: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    orders = Orders(**given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s")
    for chatty in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _warm()
    nursery, child = os.getpid(), 0
    print("ready", flush=True)  # noqa: T201 - the nursery's one voice
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        if line.strip() not in LIVES:
            child = 0
            print("reaped", flush=True)  # noqa: T201
            continue
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            _be_born(replace(orders, with_prefect=orders.with_prefect and line.strip() == "live"), nursery)
        print(child, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
