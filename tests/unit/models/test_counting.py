"""Counting time: examples from the law and the personas, and every count against a second, slower way of counting."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalog
from models.counting import (
    CLOSES_AT,
    OPENS_AT,
    SEOUL,
    civil_due,
    day_of,
    days_stopped,
    elapsed_due,
    end_of,
    kept_since,
    next_working_day,
    start_of,
    working_days_due,
    working_hours_due,
)
from tests.unit.models.walking import walked_days, walked_months

KNOWN = catalog.load()
OFFICE, CENTER = KNOWN.calendars["office"], KNOWN.calendars["center"]
ONE = timedelta(days=1)
DAYS = st.dates(date(2017, 1, 1), date(2027, 6, 30))
#: Whole quarters of an hour, so that a walk in such steps meets every moment.
QUARTERS = st.integers(0, 4 * 24 * 365).map(lambda n: datetime(2017, 12, 1, tzinfo=UTC) + n * timedelta(minutes=15))


def seoul(day: str, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00+09:00")


def day(text: str) -> date:
    return date.fromisoformat(text)


# Civil counting


@pytest.mark.parametrize(
    ("what", "start", "days", "months", "due"),
    [
        ("P01 D06 post-check", "2017-12-06", 0, 1, "2018-01-06"),
        ("P01 D01 decision", "2018-01-08", 30, 0, "2018-02-07"),
        ("P01 D13 to the insurer", "2018-01-08", 14, 0, "2018-01-22"),
        ("P01 D14 insurer", "2018-01-19", 15, 0, "2018-02-03"),
        ("P01 D26 plan", "2018-02-20", 14, 0, "2018-03-06"),
        ("P01 D27 commencement", "2018-02-20", 0, 1, "2018-03-20"),
        ("P03 D18 decision", "2026-03-03", 0, 1, "2026-04-03"),
        ("P05 D08 objection", "2025-04-07", 30, 0, "2025-05-07"),
        ("P05 D09 forwarding", "2025-05-07", 10, 0, "2025-05-17"),
        ("P05 D10 decision", "2025-05-16", 15, 0, "2025-05-31"),
        ("P07 D01 decision", "2024-09-30", 30, 0, "2024-10-30"),
        ("P08 D06 post-check", "2026-02-04", 0, 1, "2026-03-04"),
        ("the day is absent: the month's last", "2018-01-30", 0, 1, "2018-02-28"),
        ("the same in a leap year", "2024-01-30", 0, 1, "2024-02-29"),
        ("begun on the first, a whole month", "2018-02-28", 0, 1, "2018-03-31"),
        ("over the year's end", "2017-11-30", 0, 3, "2018-02-28"),
        ("back from an end", "2018-01-06", -3, 0, "2018-01-03"),
        ("months back, the day absent", "2018-05-31", 0, -3, "2018-02-28"),
    ],
)
def test_days_and_months_leave_the_first_day_out(what: str, start: str, days: int, months: int, due: str) -> None:
    assert day(due) == civil_due(day(start), days=days, months=months), what


def test_a_block_of_six_months_is_kept_the_day_after_its_last() -> None:
    assert day("2018-12-18") == kept_since(day("2018-06-18"), months=6)
    assert day("2018-09-18") == kept_since(day("2018-06-18"), months=3)
    assert day("2019-03-01") == kept_since(day("2018-08-31"), months=6)
    assert day("2018-03-18") == kept_since(day("2018-06-18"), months=-3)


@given(DAYS, st.integers(1, 400))
def test_civil_days_as_walked(start: date, days: int) -> None:
    assert walked_days(start, days) == civil_due(start, days=days)


@given(DAYS, st.integers(1, 60))
def test_civil_months_as_walked(start: date, months: int) -> None:
    assert walked_months(start, months) == civil_due(start, months=months)


@given(DAYS)
def test_what_moves_lands_on_the_next_day_somebody_works(last: date) -> None:
    moved = next_working_day(last, OFFICE)

    assert OFFICE.closed_on(moved) is None
    assert all(OFFICE.closed_on(last + n * ONE) for n in range((moved - last).days))


def test_a_last_day_moves_over_weekends_holidays_and_substitutes() -> None:
    assert day("2018-01-08") == next_working_day(day("2018-01-06"), OFFICE)
    assert day("2018-05-08") == next_working_day(day("2018-05-05"), OFFICE)
    assert day("2025-05-07") == next_working_day(day("2025-05-03"), OFFICE)
    assert day("2017-10-10") == next_working_day(day("2017-09-30"), OFFICE)
    assert day("2025-05-07") == next_working_day(day("2025-05-07"), OFFICE)


def test_the_centers_own_closure_closes_the_center_and_moves_no_right() -> None:
    assert day("2017-11-28") == working_days_due(day("2017-11-24"), 1, CENTER)
    assert day("2017-11-27") == next_working_day(day("2017-11-25"), OFFICE)


# Working days and hours


@given(DAYS, st.integers(1, 40), st.booleans())
def test_working_days_as_walked(start: date, number: int, first_in: bool) -> None:  # noqa: FBT001 - drawn
    walked = start
    left = number - (first_in and OFFICE.closed_on(start) is None)
    while left:
        walked += ONE
        left -= OFFICE.closed_on(walked) is None

    assert walked == working_days_due(start, number, OFFICE, first_in=first_in)


def test_a_petition_counts_its_first_day_and_other_working_days_do_not() -> None:
    monday = day("2018-02-12")

    assert day("2018-02-20") == working_days_due(monday, 5, OFFICE, first_in=True)
    assert day("2018-02-21") == working_days_due(monday, 5, OFFICE)


@given(QUARTERS, st.integers(1, 40), QUARTERS, st.integers(0, 200))
def test_working_hours_as_walked(start: datetime, hours: int, pause: datetime, quarters: int) -> None:
    step = timedelta(minutes=15)
    stopped = [(pause, pause + quarters * step)]
    walked, left = start, hours * 4
    while left:
        here = walked.astimezone(SEOUL)
        open_now = OPENS_AT <= here.time() < CLOSES_AT and CENTER.closed_on(here.date()) is None
        still = stopped[0][0] <= walked < stopped[0][1]
        left -= open_now and not still
        walked += step

    assert walked == working_hours_due(start, hours, CENTER, stopped=stopped)


def test_four_hours_on_friday_evening_end_on_monday() -> None:
    assert seoul("2017-12-11", "12:30") == working_hours_due(seoul("2017-12-08", "17:30"), 4, CENTER)
    assert seoul("2017-12-04", "14:00") == working_hours_due(seoul("2017-12-04", "10:00"), 4, CENTER)


# Standing still


@given(QUARTERS, st.integers(1, 200), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=4))
def test_time_round_the_clock_as_walked(start: datetime, quarters: int, gaps: list[tuple[int, int]]) -> None:
    step = timedelta(minutes=15)
    at, stopped = start - 20 * step, list[tuple[datetime, datetime]]()
    for wait, length in gaps:
        stopped.append((at + wait * step, at + (wait + length) * step))
        at = stopped[-1][1]
    walked, left = start, quarters
    while left:
        left -= not any(begins <= walked < ends for begins, ends in stopped)
        walked += step

    assert walked == elapsed_due(start, quarters * step, stopped=stopped)


def test_a_day_moves_by_the_midnights_passed_while_the_clock_stood_still() -> None:
    held = [(seoul("2018-01-10", "15:00"), seoul("2018-01-17", "09:00"))]
    start, due = day("2018-01-08"), day("2018-02-07")

    assert 7 == days_stopped(start, due, held)
    assert 0 == days_stopped(start, due, [(seoul("2018-01-10", "09:00"), seoul("2018-01-10", "18:00"))])
    assert 0 == days_stopped(start, due, [(seoul("2018-02-08"), seoul("2018-02-20"))])
    assert 2 == days_stopped(start, due, [(seoul("2018-01-01"), seoul("2018-01-10"))])


def test_a_second_stop_counts_if_the_first_one_moved_the_day_past_its_beginning() -> None:
    held = [(seoul("2018-02-06"), seoul("2018-02-10")), (seoul("2018-02-11"), seoul("2018-02-13"))]

    assert 6 == days_stopped(day("2018-01-08"), day("2018-02-07"), held)


def test_days_are_seouls() -> None:
    assert day("2017-12-05") == day_of(datetime(2017, 12, 4, 15, 0, tzinfo=UTC))
    assert datetime(2017, 12, 3, 15, 0, tzinfo=UTC) == start_of(day("2017-12-04"))
    assert start_of(day("2017-12-05")) == end_of(day("2017-12-04"))
