"""The doorway: the doors on uvicorn, inside this process and its event loop, on a port bound before anyone is told."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

#: How long requests that are under way may take once the doors close.
CLOSING_SECONDS = 3


class DoorwayTaken(Exception):  # noqa: N818 - it names what happened
    """The doors' address cannot be had; the text is one sentence with the remedy."""


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
                log_config=None,
                access_log=False,
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
