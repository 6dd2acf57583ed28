"""Civil days and months counted a second time, slower: day by day, as one walks along a calendar."""

from collections.abc import Collection
from datetime import date, timedelta

ONE = timedelta(days=1)


def walked_days(start: date, days: int, still: Collection[date] = ()) -> date:
    """Return the day on which so many days have been walked; `still` are days that do not count."""
    walked = start
    while days:
        walked += ONE
        days -= walked not in still
    return walked


def walked_months(start: date, months: int) -> date:
    """Return the last day of so many full months that begin with the day after the start."""
    first = walked = start + ONE
    full = 0
    while True:
        tomorrow = walked + ONE
        if (tomorrow.day == first.day) or (tomorrow.day == 1 and first.day > walked.day):
            full += 1
            if full == months:
                return walked
        walked = tomorrow
