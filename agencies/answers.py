"""What an agency's answer means for the letter: decided on the status line alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from uuid import UUID

from agencies.errors import CredentialAlarm, EndpointGone, NotDelivered, TellAPerson, TryAgain

#: The longest Retry-After that is believed, in seconds.
LONGEST_RETRY_AFTER: Final = 86_400.0

_GONE: Final = 410
_CREDENTIALS: Final = frozenset({401, 403})
_LATER: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The agency has the letter: it answered 2xx, and nothing after the status line can unsay that."""

    status: int
    #: Seconds the agency asks us to leave it alone, if it does.
    retry_after: float | None = None
    #: Ids of the links that a mail carried.
    links: tuple[UUID, ...] = field(default=(), compare=False)


def meaning(status: int, retry_after: float | None) -> Delivered | NotDelivered:
    """Return what a status means (RFC 9110 §15 and Standard Webhooks 1.0.0, read 2026-11-22)."""
    why = f"status-{status}"
    if 200 <= status <= 299:  # noqa: PLR2004 (the classes of RFC 9110 read best as numbers)
        return Delivered(status, retry_after)
    if status == _GONE:
        return EndpointGone(why, status)
    if status in _CREDENTIALS:
        return CredentialAlarm(why, status)
    if status in _LATER or 500 <= status <= 599:  # noqa: PLR2004
        return TryAgain(why, status, retry_after)
    return TellAPerson(why, status)


def asked_for(retry_after: float | None) -> timedelta:
    """Return how long an agency asks to be left alone, at most a day; nothing where it does not ask."""
    return timedelta(seconds=min(max(retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER))


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, at most a day; None where it says nothing readable.

    Args:
        value: Seconds or an HTTP date (RFC 9110 §10.2.3).
        now: Aware.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text[:64])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)
