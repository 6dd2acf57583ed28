"""Counting time as the law counts it: civil periods, working days, working hours. Pure; days are Asia/Seoul dates.

Civil Act §155-§161 (first day out, months by the calendar, a last day on a Saturday or holiday moves), Framework Act
on Administration §6 (행정기본법) and Civil Petitions Treatment Act §19② (민원처리법: first day in, Saturdays and
holidays out); these from memory, no text read. `catalog.Calendar` knows public holidays and their substitutes.
"""

import calendar as months_of
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from typing import Final, Protocol
from zoneinfo import ZoneInfo

SEOUL: Final = ZoneInfo("Asia/Seoul")
#: The center's opening hours on a day it is open, Asia/Seoul.
OPENS_AT: Final = time(9)
CLOSES_AT: Final = time(18)

ONE_DAY: Final = timedelta(days=1)

#: Stretches of time, each from a moment to a later one, in order and apart from each other.
Stretches = Sequence[tuple[datetime, datetime]]


class Closing(Protocol):
    """Anything that knows on which days nobody works; `catalog.Calendar` is one."""

    def closed_on(self, day: date) -> str | None:
        """Return why nobody works on a day, or None."""
        ...


def day_of(moment: datetime) -> date:
    """Return the day in law of a moment: the date in Seoul."""
    return moment.astimezone(SEOUL).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day in Seoul, in UTC."""
    return datetime.combine(day, time(), SEOUL).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the first moment after a day in Seoul, in UTC: what happens then is late."""
    return start_of(day + ONE_DAY)


def last_day(first: date, *, days: int = 0, months: int = 0) -> date:
    """Return the last day of a period of days or of months that begins with the first moment of `first`.

    Months end on the day before the one with the same number; where that is absent, on the month's last day. A period
    that begins on the first of a month takes whole months (민법 §160①②③).
    """
    if months:
        index = first.year * 12 + first.month - 1 + months - (first.day == 1)
        year, month = divmod(index, 12)
        length = months_of.monthrange(year, month + 1)[1]
        return date(year, month + 1, length if first.day == 1 else min(first.day - 1, length))
    return first + (days - 1) * ONE_DAY


def civil_due(start: date, *, days: int = 0, months: int = 0) -> date:
    """Return the last day of a period that an event on `start` sets going: the first day is out (민법 §157).

    Negative numbers count back from an end: three days before it is `days=-3`.
    """
    if days < 0:
        return start + days * ONE_DAY
    if months < 0:
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        return date(year, month + 1, min(start.day, months_of.monthrange(year, month + 1)[1]))
    return last_day(start + ONE_DAY, days=days, months=months)


def kept_since(first: date, *, days: int = 0, months: int = 0) -> date:
    """Return the day after a full period that began with `first` itself: six months kept, a block is claimable."""
    if days < 0 or months < 0:
        return civil_due(first, days=days, months=months)
    return last_day(first, days=days, months=months) + ONE_DAY


def next_working_day(day: date, calendar: Closing) -> date:
    """Return the day itself, or the next one that is no Saturday, Sunday or holiday (민법 §161)."""
    return next(each for each in _days_from(day) if calendar.closed_on(each) is None)


def working_days_due(
    start: date, number: int, calendar: Closing, *, first_in: bool = False, stopped: Sequence[date] = ()
) -> date:
    """Return the last of so many working days.

    Args:
        start: Day of the event.
        number: At least 1.
        calendar: Which days are closed.
        first_in: Whether the day of the event counts, as for civil petitions (민원처리법 §19②).
        stopped: Days that do not count because the clock stood still.
    """
    still = frozenset(stopped)
    open_days = (
        each
        for each in _days_from(start if first_in else start + ONE_DAY)
        if each not in still and calendar.closed_on(each) is None
    )
    return next(islice(open_days, number - 1, None))


def working_hours_due(start: datetime, hours: int, calendar: Closing, *, stopped: Stretches = ()) -> datetime:
    """Return the moment (UTC) when so many opening hours have passed; `stopped` stretches do not count."""
    left = timedelta(hours=hours)
    for day in _days_from(day_of(start)):
        if calendar.closed_on(day) is not None:
            continue
        opens = datetime.combine(day, OPENS_AT, SEOUL).astimezone(UTC)
        closes = datetime.combine(day, CLOSES_AT, SEOUL).astimezone(UTC)
        for begins, ends in _without(max(opens, start), closes, stopped):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
    raise AssertionError("unreachable: days do not end")  # pragma: no cover


def elapsed_due(start: datetime, length: timedelta, *, stopped: Stretches = ()) -> datetime:
    """Return the moment when a length of time has passed round the clock; `stopped` stretches do not count."""
    due = start + length
    for begins, ends in stopped:
        if begins < due and ends > start:
            due += ends - max(begins, start)
    return due


def days_stopped(start: date, due: date, stopped: Stretches) -> int:
    """Count the days by which stretches of standstill move a day on: midnights passed while the clock stood still.

    Only stretches that begin before the (moved) last day is over count, and only from `start` on.
    """
    moved = due
    for begins, ends in stopped:
        if day_of(begins) <= moved:
            moved += max(timedelta(), day_of(ends) - max(day_of(begins), start))
    return (moved - due).days


def stopped_days(stopped: Stretches) -> tuple[date, ...]:
    """Return the days that do not count because the clock stood still when they began."""
    return tuple(
        day_of(begins) + nth * ONE_DAY
        for begins, ends in stopped
        for nth in range(1, (day_of(ends) - day_of(begins)).days + 1)
    )


def _without(begins: datetime, ends: datetime, stopped: Stretches) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of a stretch of time after others are taken out."""
    for from_, to in stopped:
        if from_ > begins and begins < ends:
            yield begins, min(from_, ends)
        begins = max(begins, to)
    if begins < ends:
        yield begins, ends


def _days_from(day: date) -> Iterator[date]:
    return (day + nth * ONE_DAY for nth in count())
