"""The wire: as little HTTP/1.1 as the load generator needs on loopback, so that it takes little of the two cores.

It speaks to servers we start ourselves and to nobody else: Content-Length or chunked bodies, kept-alive connections.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Self

_END: Final = b"\r\n\r\n"
_REASONS: Final = {200: b"OK", 202: b"Accepted", 400: b"Bad Request", 401: b"Unauthorized", 404: b"Not Found"}

#: Answers a request at once: status and body.
Answer = Callable[[str, Mapping[str, str], bytes], tuple[int, bytes]]


class _Message:
    """One HTTP message at a time out of a stream of bytes."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def take(self) -> tuple[str, dict[str, str], bytes] | None:
        """Return first line, headers (lower-case names) and body of the next whole message, or None."""
        end = self.buffer.find(_END)
        if end < 0:
            return None
        first, *lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        start = end + len(_END)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._take_chunked(first, headers, start)
        length = int(headers.get("content-length", "0"))
        if len(self.buffer) < start + length:
            return None
        body = bytes(self.buffer[start : start + length])
        del self.buffer[: start + length]
        return first, headers, body

    def _take_chunked(
        self, first: str, headers: dict[str, str], start: int
    ) -> tuple[str, dict[str, str], bytes] | None:
        body, at = bytearray(), start
        while True:
            line = self.buffer.find(b"\r\n", at)
            if line < 0:
                return None
            size = int(bytes(self.buffer[at:line]).partition(b";")[0], 16)
            if len(self.buffer) < line + 2 + size + 2:
                return None
            body += self.buffer[line + 2 : line + 2 + size]
            at = line + 2 + size + 2
            if size == 0:
                del self.buffer[:at]
                return first, headers, bytes(body)


class _Serving(asyncio.Protocol):
    def __init__(self, answer: Answer, open_ones: set[asyncio.Transport]) -> None:
        self._answer, self._open = answer, open_ones
        self._message = _Message()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives nothing else
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._transport is not None:
            self._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._message.buffer += data
        while (message := self._message.take()) is not None:
            first, headers, body = message
            status, answered = self._answer(first.split(" ", 2)[1], headers, body)
            head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            if self._transport is not None:
                self._transport.write(head % (status, _REASONS.get(status, b"Other"), len(answered)) + answered)


class Server:
    """A server on a free port of loopback, for the length of an `async with` block."""

    def __init__(self, answer: Answer) -> None:
        """Answer every request by `answer`, which must not block."""
        self._answer = answer
        self._open: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Serving(self._answer, self._open), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for transport in list(self._open):
            transport.abort()


class _Calling(asyncio.Protocol):
    def __init__(self) -> None:
        self._message = _Message()
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives nothing else
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._message.buffer += data
        message = self._message.take()
        if message is None or self.waiting is None or self.waiting.done():
            return
        first, headers, body = message
        self.lost = headers.get("connection", "").lower() == "close"
        self.waiting.set_result((int(first.split(" ", 2)[1]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(exc or ConnectionResetError("the server closed the connection"))


class Caller:
    """Calls one server over connections that are kept; as many as are needed at once."""

    def __init__(self, url: str) -> None:
        """Name the server: `http://127.0.0.1:PORT`."""
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port = int(port)
        self._idle: deque[_Calling] = deque()

    async def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body of the answer.

        Raises:
            OSError: The server cannot be reached, or hung up.
        """
        named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-length: {len(body)}\r\n{named}\r\n"
        )
        while True:
            kept = await self._connection()
            line, fresh = kept
            line.waiting = asyncio.get_running_loop().create_future()
            assert line.transport is not None  # noqa: S101 - it is connected
            line.transport.write(head.encode("latin-1") + body)
            try:
                answer = await line.waiting
            except OSError:
                if fresh:
                    raise
                continue  # a kept connection may have been closed just now: what is sent bears a key
            if not line.lost:
                self._idle.append(line)
            else:
                line.transport.close()
            return answer

    async def _connection(self) -> tuple[_Calling, bool]:
        while self._idle:
            line = self._idle.pop()
            if not line.lost and line.transport is not None and not line.transport.is_closing():
                return line, False
        _, line = await asyncio.get_running_loop().create_connection(_Calling, self._host, self._port)
        return line, True

    def close(self) -> None:
        """Hang up."""
        while self._idle:
            line = self._idle.pop()
            if line.transport is not None:
                line.transport.abort()
