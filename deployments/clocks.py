"""The clocks: the machine's time, and a time that a rehearsal sets from date to date."""

import time
from datetime import UTC, datetime, timedelta

from models.counting import SEOUL


def machine_clock() -> datetime:
    """Return the machine's time, aware UTC."""
    return datetime.now(UTC)


class VirtualClock:
    """A clock that is set from date to date and goes on at its usual pace between; one process shares it."""

    def __init__(self, start: datetime) -> None:
        """Stand at `start` (aware)."""
        self._set_to = start.astimezone(UTC)
        self._set_at = time.monotonic()

    def __call__(self) -> datetime:
        """Return the time it has come to, aware UTC."""
        return self._set_to + timedelta(seconds=time.monotonic() - self._set_at)

    def set(self, moment: datetime) -> None:
        """Move forward to `moment` (aware); a moment that has passed changes nothing."""
        if moment > self():
            self._set_to, self._set_at = moment.astimezone(UTC), time.monotonic()


def in_seoul(moment: datetime) -> str:
    """Return a moment as people in Seoul write it: `2017-12-04 09:30`."""
    return moment.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M")
