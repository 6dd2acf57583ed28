"""Age lines: the days on which a child of the client passes an age that the law itself moves from year to year. Pure.

The child-rearing allowance of a child born on 2004-05-10 stops when it turns 14 in 2018 and begins again on 2019-01-01,
when the line became 18 (`catalog/parameters/limits.yaml`, `child-care-age`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from catalog import Parameter
from models.household import Member
from models.spans import age_on


@dataclass(frozen=True, slots=True, order=True)
class Switch:
    """A day on which it changes for at least one child; `on` says whether somebody is below the line from then on."""

    day: date
    on: bool


def switches(children: Sequence[Member], line: Parameter, since: date) -> list[Switch]:
    """Return the days after `since` on which a child passes the line, in order; a day is told once.

    Where on one day one child falls out and another comes in, both are told.

    Args:
        children: Of the client, living together; those whose birth date is unknown are left out.
        line: A parameter of ages, by its periods; days before the first period have no line.
        since: From here on it matters.
    """
    found = {switch for child in children for switch in _of(child, line) if switch.day > since}
    return sorted(found)


def _of(child: Member, line: Parameter) -> Iterator[Switch]:
    if child.birth_date is None:
        return
    oldest = max(period.value or 0 for period in line.periods)
    days = {_birthday(child.birth_date, age) for age in range(oldest + 1)}
    days |= {period.valid_from for period in line.periods}
    below: bool | None = None
    for day in sorted(days):
        now = _below(child.birth_date, line, day)
        if below is not None and now is not None and now is not below:
            yield Switch(day, now)
        below = below if now is None else now


def _below(born: date, line: Parameter, day: date) -> bool | None:
    if day < born:
        return None
    for period in line.periods:
        if period.valid_from <= day and (period.valid_to is None or day <= period.valid_to):
            return None if period.value is None else age_on(born, day) < period.value
    return None


def _birthday(born: date, age: int) -> date:
    """Return the day on which someone has lived so many years; born on 29 February, it is 1 March where that lacks."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)
