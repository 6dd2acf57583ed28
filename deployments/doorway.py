"""The doorway: the doors on uvicorn, inside this process and its event loop, on a port bound before anyone is told."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Generator
from types import TracebackType
from typing import Any, Final, Self

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

#: How long requests that are under way may take once the doors close.
CLOSING_SECONDS: Final = 3
#: How long a caller may take for the head of a request, and be silent before its first byte.
HEAD_SECONDS: Final = 10.0
#: Files this process may have open, where its limit allows: desks, database and Prefect need some hundred of them.
OPEN_FILES: Final = 8192


class DoorwayTaken(Exception):  # noqa: N818 - it names what happened
    """The doors' address cannot be had; the text is one sentence with the remedy."""


class PatientProtocol(H11Protocol):
    """HTTP with an end to waiting: who does not finish a request's head in time is hung up on.

    Uvicorn itself waits for ever for a first request, and for the rest of a head; the body's deadline is the doors'.
    """

    head_seconds = HEAD_SECONDS
    _head_ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as uvicorn declares it
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Go on waiting while the head is not complete; drops do not prolong it."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait_for_head()
        else:
            self._have_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._have_head()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._head_ends is None:
            self._head_ends = asyncio.get_running_loop().call_later(self.head_seconds, self.transport.close)

    def _have_head(self) -> None:
        if self._head_ends is not None:
            self._head_ends.cancel()
            self._head_ends = None


class _QuietServer(uvicorn.Server):
    """Uvicorn without its own hands on Ctrl-C: whoever started the house stops it in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone."""
        yield


class Doorway:
    """The doors of one house, open for the length of an `async with` block."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        """Serve `app` on `host` and `port`."""
        self._host, self._port = host, port
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                http=PatientProtocol,
                limit_concurrency=_places(),
                log_config=None,
                access_log=False,
                # Nobody here asks where a caller comes from.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=CLOSING_SECONDS,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The doors' base address."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Open the doors.

        Raises:
            DoorwayTaken: the address cannot be had.
        """
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # Named TCP, so that asyncio turns Nagle's delay off: worth 40 ms a request.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._host, self._port))
        except OSError as error:
            listening.close()
            why = f"The doors cannot listen on {self._host} port {self._port} ({error.strerror})"
            raise DoorwayTaken(f"{why}; stop what listens there, or set IEUM_DOOR_HOST and IEUM_DOOR_PORT.") from None
        self._serving = asyncio.create_task(self._server.serve([listening]), name="doors")
        try:
            await self._opened(self._serving)
        except asyncio.CancelledError:
            # Ctrl-C may come just now, and nobody else closes them yet.
            await self.__aexit__(None, None, None)
            raise
        if not self._server.started:
            await self._serving
            raise DoorwayTaken("The doors closed while opening; run 'ieum doctor'.")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the doors: no new requests, and a moment for those under way."""
        if self._serving is not None:
            # Uvicorn closes nothing when it is told to stop before it has begun.
            await self._opened(self._serving)
            self._server.should_exit = True
            await self._serving

    async def _opened(self, serving: asyncio.Task[None]) -> None:
        """Wait until uvicorn has begun, or could not."""
        while not self._server.started and not serving.done():  # noqa: ASYNC110 - uvicorn sets no event
            await asyncio.sleep(0.01)


def _places() -> int:
    """Return how many connections may be open at once: half the files this process may open, after asking for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    return (wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)) // 2
