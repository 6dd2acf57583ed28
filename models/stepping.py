"""The moments of a course's steps: each as the catalog counts it from the due moment of its deadline. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from catalog import Calendar, Deadline, FollowStep, Length
from models.counting import civil_due, day_of, start_of, working_days_due, working_hours_due
from models.due import Due
from models.reckoning import CENTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step and its moment (UTC); a step taken again and again has a rung, and a number, for each time."""

    number: int
    step: FollowStep
    moment: datetime


def rungs(
    steps: Sequence[FollowStep], due: Due, deadline: Deadline, now: datetime, calendars: Mapping[str, Calendar]
) -> Iterator[Rung]:
    """Yield the steps in order with their moments; one that repeats up to and with the first that is later than now.

    A step of what was met late stands at the moment it was met; where nothing was, it is left out.
    """
    for number, step in enumerate(steps, 1):
        if step.when == "met_late":
            if due.met_at is not None:
                yield Rung(number=number, step=step, moment=due.met_at)
            continue
        first = moment_of(step, due, deadline, calendars)
        yield Rung(number=number, step=step, moment=first)
        if step.every is None:
            continue
        last = first
        for nth in count(1):
            if last > now:
                break
            last = later(first, step.every, nth)
            yield Rung(number=number + nth, step=step, moment=last)


def moment_of(step: FollowStep, due: Due, deadline: Deadline, calendars: Mapping[str, Calendar]) -> datetime:
    """Return when an unmet step is to be done: days begin with their first moment in Seoul."""
    match step:
        case FollowStep(before=Length() as length):
            return _before(due, length)
        case FollowStep(after=Length() as length):
            return _after(due, length, deadline, calendars)
        case _:
            return due.due_at


def _before(due: Due, length: Length) -> datetime:
    if length.hours is not None:
        return due.due_at - timedelta(hours=length.hours)
    return start_of(civil_due(_day(due), days=-(length.days or 0), months=-(length.months or 0)))


def _after(due: Due, length: Length, deadline: Deadline, calendars: Mapping[str, Calendar]) -> datetime:
    if length.hours is not None:
        if deadline.count == "working_hours":
            return working_hours_due(due.due_at, length.hours, calendars[CENTER])
        return due.due_at + timedelta(hours=length.hours)
    if length.working_days is not None:
        return start_of(working_days_due(_day(due), length.working_days, calendars[CENTER]))
    return start_of(civil_due(_day(due), days=length.days or 0, months=length.months or 0))


def _day(due: Due) -> date:
    """Return the day from which days are counted: the last one in time, or the one on which it opens."""
    return due.due_effective


def later(first: datetime, every: Length, nth: int) -> datetime:
    """Return the nth time after the first; days and months begin with their day."""
    if every.hours is not None:
        return first + timedelta(hours=every.hours * nth)
    return start_of(civil_due(day_of(first), days=(every.days or 0) * nth, months=(every.months or 0) * nth))
