"""The simulation's clock: it stands where it was set, and moves a millisecond on whenever it is asked.

So no two things happen at once, keys sort in the order in which things were done, and the same seed gives the same
year.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

_TICK: Final = timedelta(milliseconds=1)


class SteppedClock:
    """A clock that is moved by hand and never goes back."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start` (aware)."""
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return a moment that was never returned before, aware UTC."""
        self._now += _TICK
        return self._now

    def set(self, moment: datetime) -> None:
        """Move forward to `moment` (aware); a moment that has passed changes nothing."""
        self._now = max(self._now, moment.astimezone(UTC))
