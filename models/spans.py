"""Spans of calendar time between two days, counted as the Civil Act counts: full years and full months."""

from __future__ import annotations

import calendar
from datetime import date


def age_on(born: date, on: date) -> int:
    """Return the full years lived on a day; someone born on 29 February has the birthday on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def months_after(start: date, months: int) -> date:
    """Return the same day some months later, or the month's last day where that day is missing (민법 §160③)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def within_months(day: date, months: int, on: date) -> bool:
    """Say whether a day lies at most so many months before another; the last day of the span still counts."""
    return on <= months_after(day, months)


def months_between(start: date, end: date) -> int:
    """Return the full months from one day to a later one; negative where the end lies before the start."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if months_after(start, months) > end else months
