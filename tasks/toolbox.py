"""The toolbox: what every task in this process works with, set once where the process starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.sender import Senders
from catalog import Catalog
from models.hearing import Hears

#: Dates in law are dates in Seoul.
SEOUL = ZoneInfo("Asia/Seoul")

Clock = Callable[[], datetime]


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
        prefect_keep_days: How long Prefect's runs are kept.
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
    prefect_keep_days: int = 90

    def today(self) -> date:
        """Return the date in law of this moment."""
        return self.clock().astimezone(SEOUL).date()


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
