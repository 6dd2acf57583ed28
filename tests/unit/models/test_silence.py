"""When an agency is too silent: by its own working days and its own habit."""

from datetime import date, timedelta

import pytest

import catalog
from models.silence import too_silent, usual_gap, working_days_between

OFFICE = catalog.load().calendars["office"]
RULE = catalog.load().silence["any"]
#: Monday to Friday of three weeks in March 2018, in which no holiday falls.
EVERY_DAY = [date(2018, 3, 5) + timedelta(days=n) for n in range(19) if n % 7 < 5]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2018, 3, 5), date(2018, 3, 5), 0),
        (date(2018, 3, 9), date(2018, 3, 12), 1),
        (date(2018, 3, 9), date(2018, 3, 11), 0),
        # Seollal and the Saturday that follows it.
        (date(2018, 2, 14), date(2018, 2, 19), 1),
        (date(2018, 3, 12), date(2018, 3, 5), 0),
    ],
)
def test_only_days_on_which_it_works_count(first: date, last: date, expected: int) -> None:
    assert expected == working_days_between(first, last, OFFICE)


def test_the_usual_gap_is_the_one_nine_of_ten_do_not_exceed() -> None:
    # Nine gaps of one working day, and one of four.
    spoke = [*EVERY_DAY[:10], date(2018, 3, 22)]

    assert (1, 4) == (usual_gap(spoke, 90, OFFICE), usual_gap(spoke, 100, OFFICE))


@pytest.mark.parametrize(
    ("today", "quiet"),
    [
        # The last word came on Friday, 23 March; the day that is not over does not count.
        (date(2018, 3, 26), None),
        (date(2018, 3, 28), None),
        (date(2018, 3, 29), 3),
        (date(2018, 4, 2), 5),
    ],
)
def test_an_agency_that_spoke_every_day_is_too_silent_after_three(today: date, quiet: int | None) -> None:
    found = too_silent(EVERY_DAY, date(2018, 3, 5), today, OFFICE, RULE)

    assert quiet == (None if found is None else found.quiet_days)
    if found is not None:
        assert (date(2018, 3, 23), 1) == (found.since, found.usual_days)


def test_an_agency_that_speaks_once_a_week_may_be_quiet_for_two() -> None:
    weekly = [date(2018, 3, 5) + timedelta(weeks=n) for n in range(5)]
    rule = RULE.model_copy(update={"window_days": 60})

    assert too_silent(weekly, weekly[0], date(2018, 4, 13), OFFICE, rule) is None
    assert too_silent(weekly, weekly[0], date(2018, 4, 17), OFFICE, rule) is not None


def test_a_silence_does_not_make_the_habit_forgotten() -> None:
    # Seven days of speaking within the 28 up to the last one; fewer and fewer of them within the 28 up to today.
    every_fourth = [date(2018, 3, 1) + timedelta(days=4 * n) for n in range(8)]
    silent = [
        each.since
        for n in range(60)
        if (each := too_silent(every_fourth, every_fourth[0], every_fourth[-1] + timedelta(days=n), OFFICE, RULE))
    ]

    assert {every_fourth[-1]} == set(silent)
    assert len(silent) > 40, "once silent it stays so until it speaks"


def test_who_hardly_speaks_is_not_missed() -> None:
    assert too_silent(EVERY_DAY[:4], EVERY_DAY[0], date(2018, 6, 1), OFFICE, RULE) is None


def test_who_owed_nothing_was_not_silent() -> None:
    assert too_silent(EVERY_DAY, date(2018, 3, 28), date(2018, 3, 30), OFFICE, RULE) is None
