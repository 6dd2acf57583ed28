"""The post: a letter to an agency without an API goes as an e-mail that carries a link, over SMTP (RFC 5321).

One exchange takes 20 seconds at the most, from the link to the server's word. When the server has taken the mail, it is
delivered, however the line ends. What a server answers is never repeated: its texts may hold addresses.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import aiosmtplib
from sqlalchemy.exc import SQLAlchemyError

from agencies.answers import Delivered
from agencies.digest import Digest
from agencies.errors import CredentialAlarm, NotDelivered, TellAPerson, TryAgain
from agencies.letter import Content
from agencies.line import Endpoint
from agencies.link_book import LinkBook, MailboxMoved, NoSuchReferral, SentLink
from agencies.mail_words import Line, compose
from agencies.mailbox import read_mailbox
from catalog import Catalog

Tls = Literal["starttls", "tls", "none"]

#: Where the doors show the pages of links.
LINKS: Final = "/links/"
#: Mails under way at once. A process holds 64 letters: were each to hang, the last is done within its lease.
AT_ONCE: Final = 16
#: RFC 4954 §6 (read 2026-11-27): our name or password is refused, or one is asked for.
_CREDENTIALS: Final = frozenset({530, 534, 535, 538})
_LATER: Final = range(400, 500)
_TAKEN: Final = 250
#: How long a server may take to say good-bye, once it has the mail.
_GOODBYE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server our mail leaves by, as the settings name it."""

    host: str
    port: int
    tls: Tls
    #: Address mails come from.
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Post:
    """Sends letters as mails."""

    def __init__(  # noqa: PLR0913 - what it stands on, each by its name
        self,
        server: MailServer | None,
        links: LinkBook,
        catalog: Catalog,
        *,
        center: str,
        public_url: str,
        clock: Callable[[], datetime],
        whole_seconds: float = 20.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare, without a connection yet.

        Args:
            server: Where mail leaves; None where the settings name none.
            links: The book of links.
            catalog: For the names of programs.
            center: Code of this center.
            public_url: Where agencies reach the doors.
            clock: Tells now, aware.
            whole_seconds: What one exchange may take.
            trust: Which certificates are believed; the usual authorities when left out.
        """
        self._server = server
        self._links = links
        self._catalog = catalog
        self._center = center
        self._links_at = public_url.rstrip("/") + LINKS
        self._clock = clock
        self._whole_seconds = whole_seconds
        self._trust = trust
        self._places = asyncio.Semaphore(AT_ONCE)

    async def send(self, content: Content, endpoint: Endpoint) -> Delivered:
        """Send one letter and return once the server has taken the mail.

        Raises:
            TryAgain: A 4xx, silence, a broken line, a mailbox that moved meanwhile, or a database that is away.
            TellAPerson: A 5xx, no mail server in the settings, or a letter or mailbox that cannot be used.
            CredentialAlarm: The server refuses our name or password.
        """
        server, mailbox = self._server, read_mailbox(endpoint.url)
        if server is None:
            raise TellAPerson("no-mail-server")
        if mailbox is None:
            raise TellAPerson("bad-entry")
        async with self._places:
            failure: NotDelivered | None = None
            lines: Sequence[Line] = ()
            try:
                async with asyncio.timeout(self._whole_seconds) as deadline:
                    lines = await self._lines(content, endpoint)
                    mail = compose(
                        content,
                        lines,
                        self._catalog,
                        sender=server.sender,
                        mailbox=mailbox,
                        center=self._center,
                        links_at=self._links_at,
                    )
                    await self._hand_over(server, mailbox, mail.as_bytes(), deadline)
            except NoSuchReferral:
                failure = TellAPerson("unknown-referral")
            except MailboxMoved:
                # The next try reads the new one.
                failure = TryAgain("mailbox-moved")
            except SQLAlchemyError:
                failure = TryAgain("database-away")
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                failure = meaning(error)
        # Raised without context: what the server said may hold an address.
        if failure is not None:
            raise failure
        # That its links arrived is written where the letter's arrival is; they open already.
        return Delivered(_TAKEN, links=tuple(sorted({line.link.id for line in lines})))

    async def _lines(self, content: Content, endpoint: Endpoint) -> Sequence[Line]:
        now = self._clock()

        async def link(number: str) -> SentLink:
            return await self._links.link(content.agency, number, now, url=endpoint.url)

        if isinstance(content, Digest):
            return [
                Line(
                    each.referral,
                    each.program,
                    await link(each.referral),
                    (f"{each.label.ko} · {each.due_on}까지", f"{each.label.en} · by {each.due_on}"),
                )
                for each in content.lines
            ]
        return [Line(content.referral, content.program, await link(content.referral))]

    async def _hand_over(self, server: MailServer, mailbox: str, mail: bytes, deadline: asyncio.Timeout) -> None:
        smtp = _line_to(server, self._trust, self._whole_seconds)
        try:
            await smtp.connect()
            await smtp.sendmail(server.sender, [mailbox], mail)
            if not deadline.expired():
                # Taken: from here on no deadline may turn it into a failure.
                deadline.reschedule(None)
            await _say_goodbye(smtp)
        finally:
            smtp.close()


async def try_line(server: MailServer, seconds: float = 5.0) -> NotDelivered | None:
    """Connect and log in, and return what keeps us from it, or None; nothing is sent."""
    smtp = _line_to(server, None, seconds)
    try:
        async with asyncio.timeout(seconds):
            await smtp.connect()
        await _say_goodbye(smtp)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return meaning(error)
    finally:
        smtp.close()
    return None


def _line_to(server: MailServer, trust: ssl.SSLContext | None, seconds: float) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        # Not this machine's name, which would have to be looked up and is nobody's affair.
        local_hostname=server.sender.rpartition("@")[2],
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        username=server.user,
        password=server.password,
        timeout=seconds,
        tls_context=trust,
    )


async def _say_goodbye(smtp: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await smtp.quit()


def meaning(error: BaseException) -> NotDelivered:
    """Return what a failed exchange means: 4xx may pass later, 5xx does not, and our own name is an alarm."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _of_code(error.code)
    if _came_of_tls(error):
        return TryAgain("tls")
    if isinstance(error, TimeoutError):
        return TryAgain("timeout")
    # The last: a server that offers no STARTTLS any more, or no log-in. Nothing leaves in clear because of it.
    return TryAgain("no-connection" if isinstance(error, OSError) else "smtp-broken")


def _of_code(code: int) -> NotDelivered:
    why = f"smtp-{code}"
    if code in _CREDENTIALS:
        return CredentialAlarm(why, code)
    return TryAgain(why, code) if code in _LATER or code < 0 else TellAPerson(why, code)


def _came_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
