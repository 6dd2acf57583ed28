"""The guard at the outermost door: what nobody expected becomes a plain 500, and nothing of it is told or logged.

Exception texts may hold what a caller sent, so only the type and the place of an error reach the log.
"""

import logging
from traceback import extract_tb

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.problems import Problem, door_of

log = logging.getLogger("ieum.web")

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
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:  # noqa: BLE001 - the last one who can still answer
            place = extract_tb(error.__traceback__)[-1]
            said = (type(error).__name__, place.name, place.lineno, door_of(scope["path"]))
            # Not `exception`: its traceback would repeat the error's text.
            log.error("%s at %s:%s, door %s", *said)  # noqa: TRY400
            if not started:
                scope["app"].state.hallway.counts.answered(door_of(scope["path"]), "center-fault")
                await Problem("center-fault").answer()(scope, receive, guarded)
