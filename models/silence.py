"""When an agency is too silent: its usual gap between the days it spoke, against the days it has been quiet. Pure.

Days are Asia/Seoul dates, and only those on which the agency works count.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from catalog import SilenceRule
from models.counting import ONE_DAY, Closing


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is too long.

    Attributes:
        since: The last day it spoke.
        quiet_days: Working days without a word since then, or since it owes something; today is not over and not in it.
        usual_days: Its usual gap in working days.
    """

    since: date
    quiet_days: int
    usual_days: int


def working_days_between(first: date, last: date, calendar: Closing) -> int:
    """Count the days after `first`, up to and with `last`, on which somebody works."""
    days = (first + nth * ONE_DAY for nth in range(1, (last - first).days + 1))
    return sum(calendar.closed_on(day) is None for day in days)


def usual_gap(spoke_on: Sequence[date], percentile: int, calendar: Closing) -> int:
    """Return the gap in working days that so many percent of the gaps do not exceed (nearest rank); at least one.

    Args:
        spoke_on: Days on which it spoke, in order, at least two.
        percentile: 1 to 100.
        calendar: The agency's.
    """
    gaps = sorted(max(1, working_days_between(*pair, calendar)) for pair in pairwise(spoke_on))
    return gaps[math.ceil(percentile * len(gaps) / 100) - 1]


def too_silent(
    spoke_on: Sequence[date], owes_since: date, today: date, calendar: Closing, rule: SilenceRule
) -> Silence | None:
    """Return the silence of an agency that usually speaks and owes something, where it is too long; else None.

    Args:
        spoke_on: Days on which it spoke, in order, at least as far back as the rule's window before the last.
        owes_since: The day since which it owes something.
        today: The day it is, which is not over.
        calendar: The agency's.
        rule: The thresholds.
    """
    if not spoke_on:
        return None
    last = spoke_on[-1]
    # Up to its last word: were it up to today, a silence would make itself forgotten.
    window = [day for day in spoke_on if day > last - rule.window_days * ONE_DAY]
    if len(window) < rule.spoke_on_days:
        return None
    usual = usual_gap(window, rule.percentile, calendar)
    quiet = working_days_between(max(last, owes_since), today - ONE_DAY, calendar)
    limit = max(rule.times * usual, rule.at_least_days)
    return Silence(last, quiet, usual) if quiet >= limit else None
