"""The pretend agencies' mailboxes: a small mail server (RFC 5321) for those that have no endpoint, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.clock import rfc3339

if TYPE_CHECKING:
    import socket
    from datetime import datetime
    from email.message import EmailMessage

    from sandbox.world import World

LONGEST_MAIL = 1024 * 1024
MOST_KEPT = 10_000
#: A caller may be silent for so long.
SILENCE_SECONDS = 30
_ADDRESS = re.compile(r"(?:FROM|TO): ?<([^<>\s]*)>.*", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+")
log = logging.getLogger("sandbox")


@dataclass(frozen=True)
class Mail:
    """One mail as it lies in a mailbox."""

    seq: int
    agency: str
    received_at: datetime
    message: EmailMessage

    def report(self) -> dict[str, object]:
        """Return the mail for the control API."""
        text = str(self.message.get_content())
        return {
            "seq": self.seq,
            "agency": self.agency,
            "received_at": rfc3339(self.received_at),
            "from": str(self.message["from"]),
            "to": str(self.message["to"]),
            "subject": str(self.message["subject"]),
            "id": str(self.message["message-id"]),
            "text": text,
            "links": list(dict.fromkeys(_LINK.findall(text))),
        }


@dataclass
class Mailroom:
    """All mailboxes of one sandbox process."""

    world: World
    mails: list[Mail] = field(default_factory=list[Mail])
    #: Codes with which the next recipients are refused, first come first.
    refusals: list[int] = field(default_factory=list[int])
    _server: asyncio.Server | None = None

    async def open(self, listening: socket.socket) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, sock=listening, limit=LONGEST_MAIL)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def clear(self) -> None:
        """Forget every mail."""
        self.mails.clear()
        self.refusals.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            await _Call(self, reader, writer).serve()
        writer.close()

    def agency_of(self, mailbox: str) -> str | None:
        """Return whose mailbox it is."""
        return next((each.code for each in self.world.agencies.values() if each.mailbox == mailbox.lower()), None)

    def take(self, agencies: list[str], raw: bytes) -> None:
        """Put a mail into mailboxes."""
        message = email.message_from_bytes(raw, policy=email.policy.default)
        for agency in agencies:
            mail = Mail(len(self.mails) + 1, agency, self.world.now(agency), message)
            if len(self.mails) < MOST_KEPT:
                self.mails.append(mail)
            log.info("%s got a mail", agency)


class _Call:
    """One caller's conversation."""

    def __init__(self, room: Mailroom, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._room = room
        self._reader = reader
        self._writer = writer
        self._sender: str | None = None
        self._to: list[str] = []

    async def serve(self) -> None:
        """Speak until the caller has said good-bye."""
        await self._say(220, "sandbox.example pretend mail")
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                line = (await self._reader.readuntil(b"\r\n")).decode("ascii", "replace").strip()
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self._sender, self._to = None, []
                    await self._say(250, "sandbox.example")
                case "MAIL" if found := _ADDRESS.fullmatch(rest):
                    self._sender, self._to = found[1], []
                    await self._say(250, "ok")
                case "RCPT" if self._sender is not None and (found := _ADDRESS.fullmatch(rest)):
                    await self._say(*self._recipient(found[1]))
                case "DATA" if self._to:
                    await self._say(354, "go on")
                    await self._data()
                case "QUIT":
                    await self._say(221, "bye")
                    return
                case _:
                    await self._say(503, "not now")

    def _recipient(self, mailbox: str) -> tuple[int, str]:
        if self._room.refusals:
            return self._room.refusals.pop(0), f"not for {mailbox}"
        agency = self._room.agency_of(mailbox)
        if agency is None:
            return 550, "no such mailbox"
        self._to.append(agency)
        return 250, "ok"

    async def _data(self) -> None:
        body = bytearray()
        async with asyncio.timeout(SILENCE_SECONDS):
            while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
                body += line[1:] if line.startswith(b".") else line
                if len(body) > LONGEST_MAIL:
                    await self._say(552, "too large")
                    return
        self._room.take(self._to, bytes(body))
        self._sender, self._to = None, []
        await self._say(250, "taken")

    async def _say(self, code: int, words: str) -> None:
        self._writer.write(f"{code} {words}\r\n".encode("ascii", "replace"))
        await self._writer.drain()
