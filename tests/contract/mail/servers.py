"""Mail servers on loopback: a foreign one that takes mail (aiosmtpd), and one that answers as a test wants."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from agencies.post import MailServer

SENDER = "ieum@center.example"
USER, PASSWORD = "center", "pretend-password-of-nobody"


@dataclass
class Taken:
    """What a foreign server took."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    raw: list[bytes] = field(default_factory=list[bytes])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        """Take a mail."""
        del server, session
        raw = cast("bytes", envelope.content)
        self.raw.append(raw)
        self.mails.append(message_from_bytes(raw, policy=default))
        return "250 taken"


def _authenticate(*arguments: object) -> AuthResult:
    given = arguments[-1]
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def foreign(*, login: bool = False, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Taken]:
    """Open a server that is not of our making."""
    taken = Taken()

    def call() -> SMTP:
        return SMTP(
            taken,
            hostname="mail.example",
            authenticator=_authenticate if login else None,
            auth_required=login,
            auth_require_tls=False,
            tls_context=tls,
            require_starttls=tls is not None,
        )

    server = await asyncio.get_running_loop().create_server(call, "127.0.0.1", 0)
    taken.port = server.sockets[0].getsockname()[1]
    try:
        yield taken
    finally:
        server.close()


@asynccontextmanager
async def odd(answers: Mapping[str, str], *, greeting: str = "220 odd", hangs: str = "") -> AsyncGenerator[int]:
    """Open a server that answers each command (`MAIL`, `RCPT`, `DATA`, `.` …) as told, or falls silent at one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            writer.write(f"{greeting}\r\n".encode())
            while line := await reader.readline():
                verb = line.strip().partition(b" ")[0].decode().upper()
                if verb == hangs:
                    await asyncio.sleep(60)
                said = answers.get(verb, "250 ok")
                writer.write(f"{said}\r\n".encode())
                if verb == "DATA" and said.startswith("354"):
                    await reader.readuntil(b"\r\n.\r\n")
                    if hangs == ".":
                        await asyncio.sleep(60)
                    writer.write(f"{answers.get('.', '250 taken')}\r\n".encode())
                if verb == "QUIT":
                    break

    calls: set[asyncio.Task[None]] = set()

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(call, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in calls:
            each.cancel()
        await asyncio.gather(*calls)


def at(port: int, **changed: object) -> MailServer:
    """Return the entry of a server on loopback."""
    return MailServer(**{"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER, **changed})  # pyright: ignore[reportArgumentType]
