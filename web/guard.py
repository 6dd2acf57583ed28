"""The guard at the outermost door: what nobody expected becomes a plain 500, and nothing of it is told or logged.

Exception texts may hold what a caller sent, so only the type and the place of an error reach the log.
"""

import asyncio
import logging
import time
from contextlib import suppress
from traceback import extract_tb
from typing import Final, cast

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.counts import Counts
from web.doors import Hallway
from web.pressure import Pressure
from web.problems import Problem, door_of, shed

log = logging.getLogger("ieum.web")

#: How long and how much of a body is thrown away after an answer that did not need it.
LINGER_SECONDS = 1.0
LINGER_BYTES = 2**20

#: Doors of those who watch the house.
_WATCHING: Final = frozenset(["health", "metrics"])

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on; answer it here if it fails."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hall = cast("Hallway", scope["app"].state.hallway)
        door = door_of(scope["path"])
        call = _Call(scope, receive, send, hall.pressure)
        watches = door in _WATCHING
        if not hall.pressure.enter(watches=watches):
            await shed(Request(scope), "calls")(scope, call.receive, call.send)
            return
        began = time.monotonic()
        try:
            await self._answered(scope, call, hall.counts)
        finally:
            hall.pressure.leave(call.held, watches=watches)
            hall.counts.took(door, time.monotonic() - began)

    async def _answered(self, scope: Scope, call: "_Call", counts: Counts) -> None:
        try:
            await self._app(scope, call.receive, call.send)
        except Exception as error:  # noqa: BLE001 - the last one who can still answer
            place = extract_tb(error.__traceback__)[-1]
            said = (type(error).__name__, place.name, place.lineno, door_of(scope["path"]))
            # Not `exception`: its traceback would repeat the error's text.
            log.error("%s at %s:%s, door %s", *said)  # noqa: TRY400
            if not call.started:
                counts.answered(door_of(scope["path"]), "center-fault")
                await Problem("center-fault").answer()(scope, call.receive, call.send)


class _Call:
    """One call: knows whether the answer has begun and whether the body has been read to its end."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, pressure: Pressure) -> None:
        self._receive = receive
        self._send = send
        self._pressure = pressure
        #: Bytes of its body that were handed on.
        self.held = 0
        self.started = False
        names = {name for name, _ in scope["headers"]}
        self._body_read = not names & {b"content-length", b"transfer-encoding"}

    async def receive(self) -> Message:
        """Pass on what comes in, and note the end of the body.

        Raises:
            TooBusy: All bodies together are too much.
        """
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._body_read = True
        if not self.started:
            # Once the answer has begun, the rest is only thrown away.
            self._pressure.hold(received := len(message.get("body", b"")))
            self.held += received
        return message

    async def send(self, message: Message) -> None:
        """Pass on the answer with our headers; linger where the caller is still sending.

        A connection closed over unread bytes is reset, and the caller would never see why it was refused.
        """
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message["headers"], *_HEADERS]
        elif not message.get("more_body", False) and not self._body_read:
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _linger(self) -> None:
        thrown_away = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._body_read and thrown_away < LINGER_BYTES:
                    thrown_away += len((await self.receive()).get("body", b""))
