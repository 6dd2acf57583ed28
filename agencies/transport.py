"""The transport under httpx: aiohttp's connections, with the errors that httpx itself would raise.

A letter costs the sender less than half of what it does over httpx's own (docs/adr/0019-another-transport.md). It
follows nothing, keeps no cookie, unpacks nothing and asks no resolver: the line has put the checked address into the
URL.
"""

import asyncio
import re
import select
import ssl
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import islice
from typing import Final

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

#: What is read of a body at a time, in bytes.
_CHUNK: Final = 16 * 1024
#: Where a head may end: at an empty line, or at what is left of one that began before.
_HEAD_MAY_END: Final = re.compile(rb"\A[\r\n]+|\n\r?\n")
#: Into how many pieces a segment is cut in search of a head: enough for what an honest agency says before it.
_PIECES: Final = 64
_NO_CAUSE: Final = Exception()
#: The longest line of a head, in bytes, and its most fields: far more than an honest agency has to say.
_LINE: Final = 64 * 1024
_FIELDS: Final = 1024
#: By what went wrong in aiohttp, what httpx calls it; the first that fits.
_CALLED: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.SocketTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
    # A header that no request may hold.
    (ValueError, httpx.LocalProtocolError),
    # The line was closed meanwhile.
    (RuntimeError, httpx.ReadError),
    (aiohttp.ClientError, httpx.ReadError),
    (OSError, httpx.ReadError),
)


class Transport(httpx.AsyncBaseTransport):
    """Connections to one origin, kept and used again."""

    def __init__(self, *, tls: ssl.SSLContext, connections: int, kept_seconds: float) -> None:
        """Prepare, without a connection yet.

        Args:
            tls: Which certificates are believed.
            connections: How many at the most.
            kept_seconds: How long one that nobody uses stays open.
        """
        self._tls, self._connections, self._kept_seconds = tls, connections, kept_seconds
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request whose body is at hand and return the answer as soon as its head is there.

        Args:
            request: To an address, not to a name. Of its extensions `sni_hostname` and `timeout`'s `connect` count; the
                rest of the time is the caller's to bound.

        Raises:
            httpx.TransportError: One of its kinds, as httpx's own transport.
        """
        with _as_httpx_says():
            answer = await self._opened().request(
                request.method,
                _url(str(request.url)),
                headers=request.headers.multi_items(),
                data=await request.aread() or None,
                allow_redirects=False,
                server_hostname=request.extensions.get("sni_hostname"),
                timeout=_timeout(request.extensions["timeout"]["connect"]),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer), request=request)

    async def aclose(self) -> None:
        """Close every connection."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("the line is closed")
        # Not before a loop runs.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(self._tls, self._connections, self._kept_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=_LINE,
                max_field_size=_LINE,
                max_headers=_FIELDS,
            )
            # A question, too, is asked again by the exchange alone, sealed anew; there is no public name for that.
            self._session._retry_connection = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        return self._session


class _Body(httpx.AsyncByteStream):
    """What comes behind an answer's head."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_says():
            async for chunk in self._answer.content.iter_chunked(_CHUNK):
                yield chunk

    async def aclose(self) -> None:
        """Break the connection off, unless the body was read to its end: then it was given back. Waits for nobody."""
        self._answer.close()


class _Connection(ResponseHandler):
    """One that is used for as long as its answers are in order, and for no letter but the one that was just sent."""

    #: Whether it is kept for the next letter, and nobody waits for an answer.
    kept = False

    def data_received(self, data: bytes) -> None:
        """Hand on what came, an answer's head by itself: where both came at once, a broken body would take it along."""
        begins = 0
        for end in islice(_HEAD_MAY_END.finditer(data), _PIECES):
            if self._nobody_asked or not self._awaits_a_head:
                break
            super().data_received(data[begins : end.end()])
            begins = end.end()
        if begins < len(data) and self._nobody_asked:
            self.abort()
        elif begins < len(data) or not data:
            super().data_received(data[begins:])

    @property
    def _nobody_asked(self) -> bool:
        return self.kept or self._parser is None

    @property
    def _awaits_a_head(self) -> bool:
        return self._exception is None and (self._payload is None or self._payload.is_eof())

    def set_exception(self, exc: BaseException, exc_cause: BaseException = _NO_CAUSE) -> None:
        """Tell whoever waits for the answer, and whoever reads its body."""
        super().set_exception(exc, exc_cause)
        self._break_body()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End a body; one that was to last until the line is closed has not ended where the line was broken off."""
        if exc is not None:
            self._break_body()
        super().connection_lost(exc)

    def close(self) -> None:
        """Hang up at once: over TLS a polite end may be waited for half a minute, beside the four calls."""
        self.abort()

    def _break_body(self) -> None:
        if self._payload is not None and not self._payload.is_eof() and self._payload.exception() is None:
            self._payload.set_exception(aiohttp.ClientPayloadError("broken off"))


class _Connector(aiohttp.TCPConnector):
    """Makes and keeps such connections. `_factory`, `_get` and `_release` are no public names of aiohttp's.

    tests/contract/sender/test_sender_connections.py would notice that they have changed.
    """

    def __init__(self, tls: ssl.SSLContext, connections: int, kept_seconds: float) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - of what it takes besides, aiohttp is not sure
            ssl=tls,
            limit=connections,
            keepalive_timeout=kept_seconds,
            resolver=_NoResolver(),
            use_dns_cache=False,
        )
        self._factory = partial(_Connection, loop=self._loop)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        """Return a kept connection on which nothing came meanwhile: it would pass for the answer to the next letter."""
        while (found := await super()._get(key, traces)) is not None:
            kept = found.protocol
            if isinstance(kept, _Connection) and not kept.should_close and not _has_news(found.transport):
                kept.kept = False
                return found
            found.close()
        return None

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        if isinstance(protocol, _Connection):
            protocol.kept = True


class _NoResolver(AbstractResolver):
    """Whoever is named here was not checked."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Refuse."""
        del host, port, family
        raise OSError("the line gives addresses only")

    async def close(self) -> None:
        """Hold nothing."""


def _has_news(transport: asyncio.BaseTransport | None) -> bool:
    """Say whether the other side has spoken, or hung up, and the event loop has not noticed yet."""
    of = None if transport is None else transport.get_extra_info("socket")
    if of is None or of.fileno() < 0:
        return True
    looking = select.poll()
    looking.register(of.fileno(), select.POLLIN)
    return bool(looking.poll(0))


@contextmanager
def _as_httpx_says() -> Generator[None]:
    try:
        yield
    except (aiohttp.ClientError, ValueError, RuntimeError, OSError) as error:
        kinds = type(error).__mro__
        called = next(ours for theirs, ours in _CALLED if theirs in kinds)
        raise called(type(error).__name__) from error


@lru_cache(maxsize=512)
def _url(url: str) -> URL:
    return URL(url, encoded=True)


@lru_cache(maxsize=8)
def _timeout(connect_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds)
