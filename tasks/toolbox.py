"""The toolbox: what every task in this process works with, set once where the process starts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.post import Post
from agencies.sender import Senders
from catalog import Catalog
from models.counting import day_of
from models.database import close_engine
from models.hearing import Hears
from tasks.tally import Tally

Clock = Callable[[], datetime]


class World(Protocol):
    """What writing must know: the catalog and the time. A desk's toolbox has both, and so have the doors."""

    @property
    def catalog(self) -> Catalog:
        """What is known."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells now, aware."""
        ...

    def today(self) -> date:
        """Return the date in law of this moment."""
        ...


class NoToolbox(RuntimeError):  # noqa: N818 - named by what it says
    """This process was started without a toolbox: start desks by `ieum up`, or workers with IEUM_ settings in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """Everything a shift needs from its process.

    Attributes:
        engine: The one database.
        catalog: What is known.
        clock: Tells now, aware; virtual in a rehearsal.
        keyring: Opens the keys that letters are sealed with.
        senders: The safe sender.
        center: This center's code.
        linger_seconds: How long a shift waits for more before it closes.
        process: Advisory-lock key of this process; held as long as it lives.
        hears: Which desk wants to know what; see `flows.desks`.
        prefect_keep_days: How long Prefect's runs are kept; None leaves them alone, as on virtual time.
        tally: What is counted here, for Prometheus.
        post: Sends mails to agencies without an API; None where nobody laid one out.
    """

    engine: AsyncEngine
    catalog: Catalog
    clock: Clock
    keyring: Keyring
    senders: Senders
    center: str
    linger_seconds: float
    process: int
    hears: Hears
    prefect_keep_days: int | None = 90
    tally: Tally = field(default_factory=Tally)
    post: Post | None = None

    def today(self) -> date:
        """Return the date in law of this moment."""
        return day_of(self.clock())

    async def aclose(self) -> None:
        """Let go of the agencies and the database, in the event loop that used them."""
        await self.senders.aclose()
        await close_engine(self.engine)


_in_use: list[Toolbox] = []


def use(toolbox: Toolbox | None) -> None:
    """Let this process work with a toolbox (None: with none any more)."""
    _in_use.clear()
    if toolbox is not None:
        _in_use.append(toolbox)


def toolbox() -> Toolbox:
    """Return the toolbox in use.

    Raises:
        NoToolbox: None was set.
    """
    if not _in_use:
        raise NoToolbox(NoToolbox.__doc__)
    return _in_use[0]
