"""The safe sender: every byte that leaves for an agency goes through here, and no agency can hurt another.

An exchange is at most three tries in 20 seconds, each sealed anew under the same webhook-id. The status line decides:
after a 2xx the letter has been received, whatever becomes of the body, so the body is read for politeness only (the
connection can be used again) and dropped. Redirects are not followed, cookies not kept, compressed answers not
unpacked, proxies of the environment not used.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import httpx

from agencies.address import Lookup, look_up
from agencies.answers import Delivered, meaning, read_retry_after
from agencies.errors import BadEntry, NotDelivered, TellAPerson
from agencies.exchange import close, drain, exchange, whole
from agencies.keys import Key
from agencies.letter import Content, OutgoingLetter, letter_of
from agencies.line import Endpoint, Limits, Line
from agencies.seal import sign

__all__ = ["Answer", "Delivered", "Endpoint", "Limits", "OutgoingLetter", "Senders"]

Clock = Callable[[], datetime]

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """What an agency answered to a question. Its repr shows the status only."""

    status: int
    body: bytes = field(repr=False)
    #: As they came, twice where they came twice; no two answers are told apart by them.
    headers: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False, compare=False)


class Senders:
    """One line per agency, for as long as the block lasts."""

    def __init__(
        self,
        *,
        center: str,
        clock: Clock,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = look_up,
    ) -> None:
        """Prepare, without a connection yet.

        Args:
            center: Code of this center, the source of every letter.
            clock: Tells the time put under the seal, aware.
            limits: What one exchange may take.
            tls: Which certificates are believed; the usual authorities when left out.
            lookup: How names are resolved.
        """
        self._center = center
        self._clock = clock
        self._limits = limits or Limits()
        self._tls = tls or httpx.create_ssl_context(trust_env=False)
        self._lookup = lookup
        self._lines: dict[str, Line] = {}
        self._retired: list[Line] = []
        self._exchanges: Counter[Line] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Hang up on every agency; another letter opens its line again."""
        lines = [*self._lines.values(), *self._retired]
        self._lines, self._retired = {}, []
        for line in lines:
            await line.aclose()

    async def send(self, letter: Content | OutgoingLetter, endpoint: Endpoint, keys: Sequence[Key]) -> Delivered:
        """Send one letter and return once the agency has it.

        Waiting for one of the agency's places does not count as part of the exchange.

        Args:
            letter: A packet or a digest, or a letter already written.
            endpoint: The addressee.
            keys: The live outbound keys.

        Raises:
            TryAgain: Silence, a broken line, 408, 425, 429 or 5xx, after the tries.
            TellAPerson: Any other answer, or an entry that cannot be used.
            CredentialAlarm: 401 or 403.
            EndpointGone: 410.
        """
        outgoing = letter if isinstance(letter, OutgoingLetter) else letter_of(letter, self._center)

        async def once(deadline: asyncio.Timeout) -> Delivered:
            headers = {**outgoing.headers, **self._sealed(outgoing.message_id, outgoing.body, keys)}
            request = await line.request("POST", endpoint.url, headers, outgoing.body)
            response = await line.transport.handle_async_request(request)
            try:
                verdict = self._meaning(response)
                if isinstance(verdict, Delivered) and not deadline.expired():
                    # Received: from here on no deadline may turn it into a failure.
                    deadline.reschedule(None)
                await drain(response, self._limits)
            finally:
                await close(response)
            if isinstance(verdict, NotDelivered):
                raise verdict
            return verdict

        async with self._line(endpoint) as line:
            return await exchange(line.places, self._limits, once)

    async def ask(self, endpoint: Endpoint, url: str, message_id: str, keys: Sequence[Key]) -> Answer:
        """Ask an agency for news it may have failed to send (GET), and return its answer whole.

        The seal covers an empty body.

        Args:
            endpoint: The agency's.
            url: On the same origin as the endpoint's URL.
            message_id: Fresh for each question.
            keys: The live outbound keys.

        Raises:
            TryAgain, TellAPerson, CredentialAlarm, EndpointGone: As `send`; also TellAPerson for an answer that is
                compressed or larger than the limit. 404 is an answer: the agency knows nothing of it.
        """

        async def once(_: asyncio.Timeout) -> Answer:
            request = await line.request("GET", url, self._sealed(message_id, b"", keys), b"")
            response = await line.transport.handle_async_request(request)
            try:
                verdict = self._meaning(response)
                if isinstance(verdict, NotDelivered) and verdict.status != _NOT_FOUND:
                    raise verdict
                body = await whole(response, self._limits)
                return Answer(response.status_code, body, tuple(response.headers.raw))
            finally:
                await close(response)

        async with self._line(endpoint) as line:
            target = httpx.URL(url)
            if target.scheme != line.place.scheme or target.netloc != httpx.URL(endpoint.url).netloc:
                raise TellAPerson("other-origin")
            return await exchange(line.places, self._limits, once)

    def _meaning(self, response: httpx.Response) -> Delivered | NotDelivered:
        asked = read_retry_after(response.headers.get("retry-after"), self._clock())
        return meaning(response.status_code, asked)

    @asynccontextmanager
    async def _line(self, endpoint: Endpoint) -> AsyncGenerator[Line]:
        """Lend an agency's line for one exchange; a retired one is closed when its last exchange has ended."""
        line = self._line_to(endpoint)
        self._exchanges[line] += 1
        try:
            yield line
        finally:
            self._exchanges[line] -= 1
            if not self._exchanges[line]:
                del self._exchanges[line]
            for idle in [old for old in self._retired if old not in self._exchanges]:
                self._retired.remove(idle)
                # However the old line ends, it says nothing about the letter.
                with suppress(httpx.HTTPError, OSError):
                    await idle.aclose()

    def _line_to(self, endpoint: Endpoint) -> Line:
        line = self._lines.get(endpoint.agency)
        if line is not None and line.endpoint == endpoint:
            return line
        fresh = None
        with suppress(BadEntry):
            fresh = Line(endpoint, self._limits, self._tls, self._lookup)
        if fresh is None:
            raise TellAPerson("bad-entry")
        if line is not None:
            # Exchanges under way on the old line end there.
            self._retired.append(line)
        self._lines[endpoint.agency] = fresh
        return fresh

    def _sealed(self, message_id: str, body: bytes, keys: Sequence[Key]) -> dict[str, str]:
        timestamp = int(self._clock().timestamp())
        seal = None
        with suppress(BadEntry):
            seal = sign(keys, message_id, timestamp, body)
        if seal is None:
            raise TellAPerson("no-signing-key")
        return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": seal}
