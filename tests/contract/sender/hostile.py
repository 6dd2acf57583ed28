"""A pretend agency on loopback that does to the sender what a bad endpoint does."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from agencies.errors import NotDelivered
from agencies.keys import Key
from agencies.sender import Delivered, Endpoint, OutgoingLetter, Senders

Behavior = Callable[["Visit"], Awaitable[None]]


@dataclass
class Visit:
    """One request as the pretend agency saw it, and the way to answer it."""

    line: str
    headers: dict[str, str]
    body: bytes
    writer: asyncio.StreamWriter
    #: 1 for the first request of this agency.
    number: int

    async def answer(self, status: str, *, headers: str = "", body: bytes = b"") -> None:
        """Answer properly."""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        await self.raw(head.encode() + body)

    async def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()


@dataclass
class PretendAgency:
    """A loopback server with one behavior."""

    behavior: Behavior
    port: int = 0
    connections: int = 0
    now: int = 0
    #: Most requests under way at one moment.
    most: int = 0
    visits: list[Visit] = field(default_factory=list[Visit])

    @property
    def endpoint(self) -> Endpoint:
        """The agency's entry, with loopback opened."""
        return Endpoint(f"agency-{self.port}", f"http://127.0.0.1:{self.port}/referrals", ("127.0.0.0/8",))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it closes."""
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(re.split(r":\s*", line, maxsplit=1) for line in head[1:] if line)
                headers = {name.lower(): value for name, value in headers.items()}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                visit = Visit(head[0], headers, body, writer, len(self.visits) + 1)
                self.visits.append(visit)
                self.now += 1
                self.most = max(self.most, self.now)
                try:
                    await self.behavior(visit)
                finally:
                    self.now -= 1
                if writer.is_closing():
                    break
        writer.close()


Open = Callable[[Behavior], Awaitable[PretendAgency]]


@asynccontextmanager
async def serving(agency: PretendAgency) -> AsyncGenerator[None]:
    """Serve a pretend agency on a free port for as long as the block lasts."""
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(agency.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    agency.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def fine(visit: Visit) -> None:
    """Take every letter."""
    await visit.answer("202 Accepted", body=b'{"status":"accepted"}')


async def outcome(senders: Senders, letter: OutgoingLetter, endpoint: Endpoint, key: Key) -> Delivered | NotDelivered:
    """Send a letter and return what came of it, good or bad."""
    try:
        return await senders.send(letter, endpoint, [key])
    except NotDelivered as error:
        return error
