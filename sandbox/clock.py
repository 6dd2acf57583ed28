"""The sandbox's clock: the machine's time, or an instant somebody fixed for a rehearsal."""

from __future__ import annotations

from datetime import UTC, datetime


class InstantError(ValueError):
    """The text is not an RFC 3339 date and time with an offset."""


def instant(text: str) -> datetime:
    """Read an RFC 3339 instant.

    Returns:
        An aware UTC datetime.

    Raises:
        InstantError: the text is no date and time, or has no offset.

    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InstantError from None
    if "T" not in text or read.tzinfo is None:
        raise InstantError
    return read.astimezone(UTC)


def rfc3339(at: datetime) -> str:
    """Write an aware datetime as RFC 3339 in UTC; milliseconds only when there are any."""
    utc = at.astimezone(UTC)
    written = utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds")
    return written.replace("+00:00", "Z")


class SandboxClock:
    """What time the agencies believe it is.

    A fixed clock stands still: a rehearsal moves it from date to date.
    """

    def __init__(self) -> None:
        """Start on the machine's time."""
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """Return the current instant, aware UTC."""
        return self._fixed or datetime.now(UTC)

    def fix(self, at: datetime | None) -> None:
        """Stand still at `at`; None goes back to the machine's time."""
        self._fixed = at

    @property
    def is_fixed(self) -> bool:
        """Say whether somebody fixed the time."""
        return self._fixed is not None
