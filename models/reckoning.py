"""Reckoning one deadline: from the moment it begins to its last day, whichever way it is counted. Pure.

A clock that stopped while the client owed papers goes on afterwards: the day moves by the time it stood still.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce

from catalog import Calendar, Deadline, Length
from models.counting import (
    Stretches,
    civil_due,
    day_of,
    days_stopped,
    elapsed_due,
    end_of,
    kept_since,
    next_working_day,
    start_of,
    stopped_days,
    working_days_due,
    working_hours_due,
)

#: Public holidays are the law's; its own closed days are the center's.
OFFICE, CENTER = "office", "center"


@dataclass(frozen=True, slots=True)
class Reckoned:
    """When a deadline is due.

    Attributes:
        raw: Last day as counted.
        effective: Last day after moving off a Saturday or holiday, where it may move.
        at: First moment (UTC) that is late; for one that opens, the first moment of its day.
    """

    raw: date
    effective: date
    at: datetime


def reckon(
    deadline: Deadline,
    start: datetime,
    calendars: Mapping[str, Calendar],
    stopped: Stretches = (),
    *,
    more: Length | None = None,
) -> Reckoned:
    """Return when a deadline is due.

    Args:
        deadline: What the catalog says.
        start: The moment it begins; for days only its date in Seoul counts.
        calendars: The catalog's.
        stopped: When the clock stood still, in order; nothing for a deadline whose clock never does.
        more: By how much it is extended: the length goes on, counted as the deadline itself is.
    """
    if deadline.ends_on is not None:
        return opening(deadline.ends_on) if deadline.opens else _whole_day(deadline, deadline.ends_on, calendars)
    assert deadline.length is not None  # noqa: S101 - the catalog refuses a deadline without either
    begins = start if deadline.start.plus is None else start_of(civil(day_of(start), deadline.start.plus))
    lengths = (deadline.length,) if more is None else (deadline.length, more)
    return _reckon(deadline, lengths, begins, calendars, stopped)


def opening(day: date) -> Reckoned:
    """Return what opens with a day: from its first moment on."""
    return Reckoned(day, day, start_of(day))


def civil(start: date, length: Length) -> date:
    """Return the last day of a length of days or months, the first day out."""
    return civil_due(start, days=length.days or 0, months=length.months or 0)


def _reckon(
    deadline: Deadline,
    lengths: Sequence[Length],
    start: datetime,
    calendars: Mapping[str, Calendar],
    stopped: Stretches,
) -> Reckoned:
    first, number = day_of(start), sum(length.number for length in lengths)
    match deadline.count:
        case "elapsed":
            span = sum((timedelta(hours=each.hours or 0, days=each.days or 0) for each in lengths), timedelta())
            return _moment(elapsed_due(start, span, stopped=stopped))
        case "working_hours":
            return _moment(working_hours_due(start, number, calendars[CENTER], stopped=stopped))
        case "working_days":
            still = stopped_days(stopped)
            return _whole_day(deadline, working_days_due(first, number, calendars[CENTER], stopped=still), calendars)
        case "petition_working_days":
            still = stopped_days(stopped)
            due = working_days_due(first, number, calendars[OFFICE], first_in=True, stopped=still)
            return _whole_day(deadline, due, calendars)
        case "civil" if deadline.opens:
            return opening(kept_since(first, days=lengths[0].days or 0, months=lengths[0].months or 0))
        case "civil":
            due = reduce(civil, lengths, first)
            return _whole_day(deadline, due + timedelta(days=days_stopped(first, due, stopped)), calendars)


def _whole_day(deadline: Deadline, raw: date, calendars: Mapping[str, Calendar]) -> Reckoned:
    effective = next_working_day(raw, calendars[OFFICE]) if deadline.moves else raw
    return Reckoned(raw, effective, end_of(effective))


def _moment(at: datetime) -> Reckoned:
    return Reckoned(day_of(at), day_of(at), at)
