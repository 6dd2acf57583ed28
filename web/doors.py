"""What the doors are made of: everything is handed in here, once, where the process starts."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, cast

from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from agencies.keyring import Keyring
from catalog import Catalog
from models.counting import day_of
from web.counts import Counts
from web.door_keys import DoorKeys
from web.letterbox import MOST_WAITING, Letterbox
from web.pressure import Pressure

Clock = Callable[[], datetime]

_TOKEN_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much and how long a caller may take."""

    #: Largest body, in bytes (256 kB).
    body_bytes: int = 256 * 1024
    #: How long a body may take to arrive.
    body_seconds: float = 10.0
    #: How long the database may take for one call, all its statements together.
    database_seconds: float = 1.6
    #: How long the door believes what it read about an agency's keys.
    keys_seconds: float = 3.0
    #: Calls under way at once.
    calls: int = 1000
    #: Bytes of all bodies received for calls under way (16 MB): 64 of the largest, 16,000 of the usual ones.
    bodies_bytes: int = 16 * 1024 * 1024
    #: Events that may wait in the letterbox for their commit.
    letterbox: int = MOST_WAITING


#: Intakes of one process that are written at the same moment; the others wait for their turn.
INTAKES: Final = 4


@dataclass(frozen=True, slots=True)
class Doors:
    """Everything the doors need.

    Raises:
        ValueError: A token's name or digest is not of the form expected.
    """

    engine: AsyncEngine
    catalog: Catalog
    #: Aware UTC now; virtual in a rehearsal.
    clock: Clock
    keyring: Keyring
    #: Token name -> SHA-256 (hex) of the bearer token. The name is who speaks: it becomes the event's source.
    tokens: Mapping[str, str] = field(repr=False)
    #: Code of this center.
    center: str
    limits: Limits = field(default_factory=Limits)
    #: What this process counts beside its doors, for the same page of metrics.
    counted_beside: Sequence[CollectorRegistry] = ()

    def __post_init__(self) -> None:
        for name, digest in self.tokens.items():
            if not _TOKEN_NAME.fullmatch(name) or not _SHA256.fullmatch(digest):
                message = "a token needs a name (lower-case letters, digits, hyphens; at most 32) and a SHA-256 in hex"
                raise ValueError(message)

    def today(self) -> date:
        """Return the day it is in Seoul, which is the day that counts in law."""
        return day_of(self.clock())


class Hallway:
    """What one running app keeps beside its doors: the letterbox, the keys it knows, the counts."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        limits = doors.limits
        self.letterbox = Letterbox(doors.engine, seconds=limits.database_seconds, most_waiting=limits.letterbox)
        self.pressure = Pressure(calls=limits.calls, body_bytes=limits.bodies_bytes)
        #: An intake holds a connection until it commits: a crowd of them leaves enough for everybody else.
        self.intakes = asyncio.Semaphore(INTAKES)
        self.keys = DoorKeys(doors.engine, doors.keyring, seconds=limits.keys_seconds)
        self.counts = Counts()

    @property
    def full(self) -> bool:
        """Whether who comes next would be sent away."""
        return self.pressure.full or self.letterbox.full


def hallway(request: Request) -> Hallway:
    """Return the running app's hallway."""
    return cast("Hallway", request.app.state.hallway)
