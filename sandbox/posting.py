"""How a message reaches the door: posted, sealed afresh on every try, and tried again like a decent sender does."""

from __future__ import annotations

import asyncio
import base64
import email.utils
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import orjson

from sandbox import seal
from sandbox.clock import rfc3339

if TYPE_CHECKING:
    from sandbox.ledger import Said
    from sandbox.world import World

TRY_SECONDS = 15
LONGEST_WAIT_SECONDS = 30
LONGEST_ANSWER = 64 * 1024
SERVER_FAULT = 500
_AGAIN = frozenset({408, 425, 429})
_UNKNOWN_KEY = "whsec_" + base64.b64encode(b"a key that nobody ever agreed on").decode("ascii")
log = logging.getLogger("sandbox")


class Post:
    """The one road from the agencies to the center's door: no proxy, no redirects, bounded in time and size."""

    def __init__(self, world: World, door: str, *, most_tries: int, first_wait_seconds: float) -> None:
        """Post to the door at this base URL; waits double from the first one on."""
        self._world = world
        self._door = door.rstrip("/")
        self._most_tries = most_tries
        self._first_wait = first_wait_seconds
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=2)
        self._http = httpx.AsyncClient(timeout=TRY_SECONDS, trust_env=False, follow_redirects=False, limits=limits)

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def deliver(self, said: Said, tries: int | None = None) -> None:
        """Post until the door has answered for good; every try is noted in `said`."""
        most = tries or self._most_tries
        for turn in range(most):
            wait = await self._try(said)
            if wait is None or turn + 1 == most:
                break
            await asyncio.sleep(min(wait or self._first_wait * 2**turn, LONGEST_WAIT_SECONDS))
        level = logging.WARNING if said.status is None or said.status >= SERVER_FAULT else logging.INFO
        answered, times = said.status or "no answer", len(said.tries)
        log.log(level, "%s said %s about %s: %s (try %d)", said.agency, said.event, said.referral, answered, times)

    async def _try(self, said: Said) -> float | None:
        """Post once; return None when the door has answered for good, else how long it asks to wait (0: unsaid)."""
        said.status, said.answer = None, None
        note: dict[str, object] = {"at": rfc3339(datetime.now(UTC))}
        said.tries.append(note)
        url = f"{self._door}/webhooks/{said.agency}"
        try:
            headers = self._headers(said)
            async with (
                asyncio.timeout(TRY_SECONDS),
                self._http.stream("POST", url, content=said.body, headers=headers) as answer,
            ):
                read = bytearray()
                async for piece in answer.aiter_raw():
                    read += piece
                    if len(read) > LONGEST_ANSWER:
                        break
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, UnicodeError) as error:
            note["error"] = type(error).__name__
            return 0
        said.status = note["status"] = answer.status_code
        try:
            said.answer = orjson.loads(bytes(read))
        except orjson.JSONDecodeError:
            said.answer = None
        if answer.status_code < SERVER_FAULT and answer.status_code not in _AGAIN:
            return None
        return _retry_after(answer.headers.get("retry-after"))

    def _headers(self, said: Said) -> dict[str, str]:
        if not said.seal:
            return said.headers
        return {**sealed(self._world, said.agency, said.id, said.body), **said.headers}


def sealed(world: World, agency: str, message_id: str, body: bytes) -> dict[str, str]:
    """Return the seal's headers for what an agency says, with every live key; with an unknown one in such weather."""
    now = world.now(agency)
    keys = (_UNKNOWN_KEY,) if world.sky.over(agency).bad_seal else world.keys.inbound(agency)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(seal.sign(key, message_id, now, body) for key in keys),
    }


def _retry_after(value: str | None) -> float:
    if not value:
        return 0
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0
