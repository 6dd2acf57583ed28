"""Chasing, whatever it is asked when: no step twice, none early, none after it was met, and always the same ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import Calendar
from models.chasing import Chase, Done, Matter, chase
from models.due import DueStatus
from tests.properties.chasing_by_hand import COURSES, Chaser, Played, morning

DAYS = st.dates(date(2017, 1, 1), date(2026, 6, 30))
#: Hours from the due day: some weeks before to half a year after, and jumps of an hour to and fro.
HOURS = st.lists(st.integers(-1000, 4400) | st.sampled_from([-1, 0, 1, 23, 24, 25]), max_size=12)
MET = st.none() | st.integers(-600, 4000)


def played(course: int, day: date, met: int | None, chaser: Chaser = chase) -> Played:
    code, program, _ = COURSES[course % len(COURSES)]
    met_at = None if met is None else morning(day) + timedelta(hours=met)
    return Played(code=code, program=program, due_day=day, met_at=met_at, chaser=chaser)


def holds(chaser: Chaser, course: int, day: date, met: int | None, hours: Sequence[int]) -> None:
    """Follow one deadline as it is asked, and once more as it asks itself, and compare."""
    asks = [morning(day) + timedelta(hours=hour) for hour in hours]
    until = morning(day) + timedelta(days=500)

    asked = played(course, day, met, chaser).play(asks, until)
    by_itself = played(course, day, met, chaser).play([], until)

    if met is None:
        assert asked == by_itself, "it is not always the same steps"
    else:
        # Asked too seldom, it finds some things met that it would have warned of.
        assert asked <= by_itself, "it did what it would not do by itself"


@given(st.integers(0, 10_000), DAYS, MET, HOURS)
@settings(max_examples=400, deadline=None)
def test_whenever_it_is_asked_each_step_is_done_once_in_time_and_only_while_it_is_owed(
    course: int, day: date, met: int | None, hours: list[int]
) -> None:
    holds(chase, course, day, met, hours)


def test_there_is_something_to_follow_in_every_course() -> None:
    assert len(COURSES) > 40
    for course, (code, program, steps) in enumerate(COURSES):
        followed = played(course, date(2018, 3, 5), None).play([], morning(date(2019, 7, 18)))
        unmet = {nth for nth, step in enumerate(steps, 1) if step.when == "unmet"}
        assert unmet <= {step for step, _ in followed}, (code, program)


# The harness is red on each of these


def forgetful(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Forget what was done."""
    del done
    return chase(matter, {}, now, calendars)


def hasty(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Do everything an hour early."""
    return chase(matter, done, now + timedelta(hours=1), calendars)


def deaf(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Not notice that it was met."""
    late = replace(matter.due, met_at=None, status=played_status(matter, now))
    return chase(replace(matter, due=late), done, now, calendars)


def played_status(matter: Matter, now: datetime) -> DueStatus:
    day = matter.due.due_effective
    return Played(code=matter.due.code, program=None, due_day=day, met_at=None, chaser=chase).due(now).status


def restless(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Know no closed days."""
    always = calendars["office"].model_copy(update={"closed_weekdays": (), "public_holidays": None, "closures": ()})
    return chase(matter, done, now, {**calendars, "center": always})


def backward(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Name a next look that has been."""
    found = chase(matter, done, now, calendars)
    return Chase(acts=found.acts, standing=found.standing, next_at=now - timedelta(minutes=1))


def seldom(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Leave out what is found more than a day late."""
    found = chase(matter, done, now, calendars)
    fresh = [act for act in found.acts if now - matter.due.due_at < timedelta(days=1)]
    return Chase(acts=fresh, standing=found.standing, next_at=found.next_at)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (forgetful, "twice"),
        (hasty, "too early"),
        (deaf, "although it was met"),
        (restless, "closed day|too early"),
        (backward, "in the past"),
        (seldom, "always the same|would not do by itself"),
    ],
)
def test_each_planted_fault_is_found(fault: Chaser, says: str) -> None:
    @given(st.integers(0, 10_000), DAYS, MET, HOURS)
    @settings(max_examples=1000, deadline=None, database=None, derandomize=True, report_multiple_bugs=False)
    def tried(course: int, day: date, met: int | None, hours: list[int]) -> None:
        holds(fault, course, day, met, hours)

    with pytest.raises(AssertionError, match=says):
        tried()
