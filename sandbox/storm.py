"""Bad answers on the wire: dripping, huge, broken, compressed, cut off or never coming; each bounded."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import zlib
from typing import TYPE_CHECKING

from starlette.responses import Response

from sandbox.weather import Answer, Weather

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

_PIECE = b"0" * 65_536
_DRIPS = 3600
_GARBAGE = b'\xff\xfe{"status": NaN, <html>' + bytes(range(128, 256)) * 8


class Storm(Response):
    """A 200 that goes wrong on its way; it ends when the caller leaves, the sandbox closes, or its bound is reached."""

    def __init__(self, weather: Weather, closing: asyncio.Event) -> None:
        """Prepare the answer the weather asks for."""
        super().__init__(status_code=200, media_type="application/json")
        self._weather = weather
        self._closing = closing
        self._call = contextlib.ExitStack()

    def until_it_ends(self, call: contextlib.ExitStack) -> None:
        """Close this when the answer has ended."""
        self._call = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until done, or until nobody waits any more."""
        del scope
        answering = asyncio.ensure_future(self._answer(send))
        leaving = [asyncio.ensure_future(self._left(receive)), asyncio.ensure_future(self._closing.wait())]
        try:
            await asyncio.wait([answering, *leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, *leaving):
                task.cancel()
            self._call.close()
            await asyncio.gather(answering, *leaving, return_exceptions=True)

    @staticmethod
    async def _left(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _answer(self, send: Send) -> None:
        if self._weather.answer is Answer.HANG:
            await asyncio.sleep(self._weather.hang_seconds)
            return
        headers = [(b"content-type", b"application/json")]
        if self._weather.answer is Answer.GZIP_BOMB:
            headers.append((b"content-encoding", b"gzip"))
        if self._weather.answer is Answer.CLOSE:
            headers.append((b"content-length", b"1000"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for piece in self._pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._weather.answer is not Answer.CLOSE:
            await send({"type": "http.response.body", "body": b""})

    async def _pieces(self) -> AsyncIterator[bytes]:
        match self._weather.answer:
            case Answer.DRIP:
                for _ in range(_DRIPS):
                    yield b" "
                    await asyncio.sleep(1)
            case Answer.HUGE:
                for start in range(0, self._weather.huge_bytes, len(_PIECE)):
                    yield _PIECE[: self._weather.huge_bytes - start]
                    await asyncio.sleep(0)
            case Answer.GZIP_BOMB:
                yield await asyncio.to_thread(gzip_of_zeros, self._weather.huge_bytes)
            case Answer.CLOSE:
                yield b'{"status": "rec'
            case _:
                yield _GARBAGE


@functools.lru_cache(maxsize=2)
def gzip_of_zeros(size: int) -> bytes:
    """Compress `size` zero bytes as one gzip member, never holding them all."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1024 * 1024)
    pressed = [press.compress(piece[: size - start]) for start in range(0, size, len(piece))]
    return b"".join(pressed) + press.flush()
