"""The line to one agency: its own connections, its own four places, its pinned address; nobody else waits on it."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import httpx

from agencies.address import Address, Lookup, Network, Place, pin, read_literal, read_ranges, read_url
from agencies.errors import TryAgain
from agencies.transport import Transport

#: How long a resolved and checked address is used before it is looked up again.
PIN_LASTS_SECONDS: Final = 30.0
LOOKUP_SECONDS: Final = 5.0
#: How long a connection that nobody uses is kept.
KEPT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an agency takes letters, as its entry says."""

    #: Code of the agency.
    agency: str
    url: str = field(repr=False)
    #: Private ranges the entry opens, as `10.1.2.0/24`; none is the rule.
    private_ranges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one exchange may take."""

    #: The whole exchange, tries and pauses between them.
    whole_seconds: float = 20.0
    connect_seconds: float = 5.0
    #: Bytes of an answer's body that are read.
    answer_bytes: int = 64 * 1024
    #: How long a body nobody needs is read, so that the connection can be used again.
    drain_seconds: float = 1.0
    #: Calls at once to one agency.
    at_once: int = 4
    #: Tries in one exchange, and the time after which none begins.
    tries: int = 3
    tries_seconds: float = 10.0


class Line:
    """Connections to one endpoint of one agency.

    There is no httpx client on top of the transport: it would follow cookies, parse a redirect's target and unpack
    compressed answers, none of which is wanted, and costs as much CPU again.
    """

    def __init__(self, endpoint: Endpoint, limits: Limits, tls: ssl.SSLContext, lookup: Lookup) -> None:
        """Take the entry apart.

        Raises:
            BadEntry: The entry's URL or ranges cannot be used.
        """
        self.endpoint = endpoint
        self.place: Place = read_url(endpoint.url)
        self.places = asyncio.Semaphore(limits.at_once)
        self.transport = Transport(tls=tls, connections=limits.at_once, kept_seconds=KEPT_SECONDS)
        self._opened: tuple[Network, ...] = read_ranges(endpoint.private_ranges)
        self._lookup = lookup
        self._pinned: Address | None = None
        self._pinned_until = 0.0
        self._looking: asyncio.Task[Address] | None = None
        self._extensions: dict[str, object] = {"timeout": {"connect": limits.connect_seconds}}
        if read_literal(self.place.host) is None:
            self._extensions["sni_hostname"] = self.place.host

    async def request(self, method: str, url: str, headers: dict[str, str], body: bytes) -> httpx.Request:
        """Return a request that goes to the checked address under the agency's own name.

        Args:
            method: POST or GET.
            url: On this line's origin.
            headers: Those that belong to the letter.
            body: As it goes out.

        Raises:
            TryAgain, TellAPerson: As `agencies.address.pin`.
        """
        address = await self._address()
        target, own = _addressed(url, address)
        length = {"content-length": str(len(body))} if body else {}
        # As a stream, so that httpx looks up no header and guesses none.
        stream = httpx.ByteStream(body)
        return httpx.Request(
            method, target, headers={**own, **length, **headers}, stream=stream, extensions=self._extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._looking
        await self.transport.aclose()

    async def _address(self) -> Address:
        clock = asyncio.get_running_loop().time
        if self._pinned is not None and clock() < self._pinned_until:
            return self._pinned
        # One look-up at a time, outliving the exchange that began it: a dead resolver holds one thread, not four.
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(pin(self.place, self._opened, self._lookup))
            self._looking.add_done_callback(_retrieve)
        looking = self._looking
        done, _ = await asyncio.wait({looking}, timeout=LOOKUP_SECONDS)
        if not done:
            raise TryAgain("name-lookup-timeout")
        self._pinned = looking.result()
        self._pinned_until = clock() + PIN_LASTS_SECONDS
        return self._pinned


@lru_cache(maxsize=512)
def _addressed(url: str, address: Address) -> tuple[httpx.URL, dict[str, str]]:
    """Return the URL with an address in place of the name, and the headers that every request to it has."""
    target = httpx.URL(url)
    headers = {
        "host": target.netloc.decode("ascii"),
        "user-agent": "ieum",
        "accept": "application/json, application/problem+json",
        "accept-encoding": "identity",
    }
    return target.copy_with(host=str(address)), headers


def _retrieve(task: asyncio.Task[Address]) -> None:
    # A look-up nobody waits for any more must not warn that its error was never read.
    if not task.cancelled():
        task.exception()
