"""One exchange with an agency: tries, pauses, deadline, and how an answer's body is read without trusting it."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, stop_before_delay
from tenacity.wait import wait_random_exponential

from agencies.errors import NotDelivered, TellAPerson, TryAgain
from agencies.line import Limits

Outcome = TypeVar("Outcome")
Once = Callable[[asyncio.Timeout], Awaitable[Outcome]]

_unasked_pause: Final = wait_random_exponential(multiplier=0.25, max=2.0)


async def exchange(places: asyncio.Semaphore, limits: Limits, once: Once[Outcome]) -> Outcome:
    """Try `once` a few times within the deadline, in one of the agency's places.

    Waiting for a place does not count against the deadline.

    Args:
        places: The agency's calls at once.
        limits: Deadline and tries.
        once: One try. It is handed the deadline, so that it can lift it once the letter is known to be received.

    Raises:
        NotDelivered: As `once` raised it, or TryAgain for a missed deadline and a broken line. Raised without context,
            because transport errors carry the request.
    """
    async with places:
        try:
            async with asyncio.timeout(limits.whole_seconds) as deadline:
                return await _tries(limits)(_attempt, once, deadline)
        except NotDelivered as error:
            failure = error
        except TimeoutError:
            failure = TryAgain("timeout")
    raise failure


async def drain(response: httpx.Response, limits: Limits) -> None:
    """Read what is left of an answer nobody needs, a little and briefly; whatever happens does not matter."""
    size = 0
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(limits.drain_seconds):
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > limits.answer_bytes:
                    return


async def whole(response: httpx.Response, limits: Limits) -> bytes:
    """Return the body of an answer that is needed.

    Raises:
        TellAPerson: It is compressed or larger than the limit.
    """
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise TellAPerson("answer-compressed", response.status_code)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limits.answer_bytes:
            raise TellAPerson("answer-too-large", response.status_code)
    return bytes(body)


async def close(response: httpx.Response) -> None:
    """Give the connection back, or break it off where the answer was not read to its end."""
    with suppress(httpx.HTTPError):
        await response.aclose()


def _tries(limits: Limits) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception_type(TryAgain),
        wait=_pause,
        # Stops before a pause that would end too late: a long Retry-After is the outbox schedule's business.
        stop=stop_after_attempt(limits.tries) | stop_before_delay(limits.tries_seconds),
        reraise=True,
    )


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, TryAgain) and error.retry_after is not None:
        return error.retry_after
    return _unasked_pause(state)


async def _attempt(once: Once[Outcome], deadline: asyncio.Timeout) -> Outcome:
    try:
        return await once(deadline)
    except httpx.HTTPError as error:
        failure = _broken(error)
    raise failure


def _broken(error: httpx.HTTPError) -> NotDelivered:
    match error:
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
            return TellAPerson("request-not-sendable")
        case httpx.ConnectTimeout():
            return TryAgain("connect-timeout")
        case httpx.ConnectError():
            return TryAgain("tls" if _came_of_tls(error) else "no-connection")
        case httpx.RemoteProtocolError():
            return TryAgain("not-http")
        case _:
            return TryAgain("connection-broken")


def _came_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
