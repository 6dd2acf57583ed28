"""The outlook: two allowances for the same thing, set off by which came first, and the child-rearing allowance."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.case import Case
from models.outlook import EDUCATION, SINGLE_PARENT, lines, offsets
from models.screening.allowances import offset
from models.vocabulary import ReferralState
from tests.story.people import MORNING, case_of_a, referral

S = ReferralState


def granted(*, supplies: float, education: float, today: date = date(2018, 3, 2), **facts: Any) -> Case:  # noqa: ANN401 - facts of any type
    """Return client A with both benefits, granted so many days after the morning."""
    moments = {SINGLE_PARENT: supplies, EDUCATION: education}
    standing = tuple(
        referral(
            program,
            "mapo-welfare-team",
            S.COMPLETED,
            nth=nth,
            outcome="granted",
            outcome_at=MORNING + timedelta(days=days),
        )
        for nth, (program, days) in enumerate(moments.items(), 1)
    )
    return case_of_a(referrals=standing, today=today, **facts)


def test_school_supplies_that_came_first_are_taken_off_the_education_allowance() -> None:
    [each] = offsets(granted(supplies=1, education=9))

    assert ("middle", 107_900, 54_100) == (each.level, each.education_won, each.supplies_won)
    assert "162,000 − 54,100 = 107,900 (2018)" in each.line


def test_where_the_allowance_came_first_there_are_no_school_supplies() -> None:
    [each] = offsets(granted(supplies=9, education=1))

    assert (162_000, 0) == (each.education_won, each.supplies_won)
    assert "no school supplies" in each.line


def test_at_a_level_without_school_supplies_nothing_is_set_off() -> None:
    pupil = [{"relation": "child", "birth_date": "2009-05-10", "school_level": "elementary"}]

    [each] = offsets(granted(supplies=1, education=9, household=pupil))

    assert (116_000, 0) == (each.education_won, each.supplies_won)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_nothing_is_paid_twice_and_nothing_falls_below_zero(education: int, supplies: int) -> None:
    first, last = (offset("high", education, supplies, supplies_first=order, year=2026) for order in (True, False))

    assert max(education, supplies) == first.education_won + first.supplies_won
    assert education == last.education_won + last.supplies_won
    assert min(first.education_won, last.education_won) >= 0


def test_a_benefit_that_ended_sets_nothing_off() -> None:
    case = granted(supplies=1, education=9)
    ended = case.referrals[0], referral(EDUCATION, "mapo-welfare-team", S.COMPLETED, outcome="refused", nth=2)

    assert () == offsets(case_of_a(referrals=ended, today=case.today))


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2018, 3, 2), "1 child under 14, 130,000 a month each"),
        (date(2018, 6, 2), "0 children under 14, 130,000 a month each"),
        (date(2019, 1, 2), "1 child under 18, 200,000 a month each"),
    ],
    ids=["13 years old", "14: off", "the line rises: on again"],
)
def test_the_child_rearing_allowance_goes_by_the_years_line_and_the_day_of_application(today: date, words: str) -> None:
    case = granted(supplies=1, education=9, today=today)

    first = lines(case, case.referral(SINGLE_PARENT))[0]

    assert words in first
    assert "application of 2017-12-04" in first


def test_a_year_without_amounts_says_nothing() -> None:
    case = granted(supplies=1, education=9, today=date(2020, 3, 2))

    assert () == offsets(case)
