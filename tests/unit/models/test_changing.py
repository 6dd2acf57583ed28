"""A view that is changed is another one; and the one before stays as it was."""

from datetime import date

import pytest

from models.changing import changed
from models.vocabulary import Happened
from tests.story.people import case_of_a


def test_the_view_before_stays_as_it_was() -> None:
    case = case_of_a()

    later = changed(case, today=date(2031, 1, 1))

    assert date(2031, 1, 1) == later.today != case.today
    assert case == changed(later, today=case.today)


def test_a_field_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(TypeError, match="tomorrow"):
        changed(case_of_a(), tomorrow=1)


def test_a_case_that_follows_works_out_anew_what_was_told() -> None:
    case = case_of_a()
    case.times(Happened.HIRED)

    assert case.following(today=date(2031, 1, 1))._told_at is not case._told_at  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
