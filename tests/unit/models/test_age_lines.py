"""Age lines: the days on which a child passes an age, while the age itself moves with the years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import catalog
from catalog import Parameter
from models.age_lines import Switch, switches
from models.household import Member

KNOWN = catalog.load()
CARE = KNOWN.parameters["child-care-age"]
EARLY = date(2017, 1, 1)


def child(*born: str | None) -> list[Member]:
    return [Member(relation="child", birth_date=None if day is None else date.fromisoformat(day)) for day in born]


def told(found: list[Switch]) -> list[tuple[str, bool]]:
    return [(switch.day.isoformat(), switch.on) for switch in found]


def test_client_as_daughter_is_out_at_fourteen_and_in_again_with_the_line_of_2019() -> None:
    assert [("2018-01-01", True), ("2018-05-10", False), ("2019-01-01", True), ("2022-05-10", False)] == told(
        switches(child("2004-05-10"), CARE, date(2017, 12, 4))
    )[:4]


def test_the_line_of_2018_takes_in_who_was_out_since_the_birthday_before() -> None:
    assert [("2017-05-10", False), ("2018-01-01", True)] == told(switches(child("2004-05-10"), CARE, EARLY))[:2]


def test_what_was_before_the_grant_is_not_told() -> None:
    assert [("2022-05-10", False)] == told(switches(child("2004-05-10"), CARE, date(2019, 1, 1)))


def test_twins_are_told_once_and_other_children_on_their_own_days() -> None:
    found = told(switches(child("2010-03-01", "2010-03-01", "2012-07-09", None), CARE, date(2024, 1, 1)))

    assert [("2028-03-01", False), ("2030-07-09", False)] == found


def test_who_was_born_on_a_leap_day_turns_on_the_first_of_march() -> None:
    assert [("2022-03-01", False)] == told(switches(child("2004-02-29"), CARE, date(2019, 6, 1)))


def test_a_child_born_later_begins_with_no_switch() -> None:
    assert [("2038-06-30", False)] == told(switches(child("2020-06-30"), CARE, date(2019, 6, 1)))


@pytest.mark.parametrize("code", ["single-parent-child-age", "copay-child-age"])
def test_a_line_that_never_moved_is_passed_once(code: str) -> None:
    assert [("2022-05-10", False)] == told(switches(child("2004-05-10"), KNOWN.parameters[code], date(2018, 2, 1)))


def below(born: date, line: Parameter, day: date) -> bool | None:
    """Count years by hand, day by day."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    for period in line.periods:
        if period.valid_from <= day <= (period.valid_to or date.max):
            return 0 <= years < (period.value or 0)
    return None


@given(st.dates(date(1998, 1, 1), date(2012, 12, 31)), st.dates(date(2017, 1, 2), date(2024, 1, 1)))
def test_day_by_day_it_switches_on_exactly_these_days(born: date, since: date) -> None:
    until = since + timedelta(days=1500)
    days = [since + timedelta(days=nth) for nth in range(1, 1501)]
    changed = [
        (day.isoformat(), bool(below(born, CARE, day)))
        for day in days
        if below(born, CARE, day) is not below(born, CARE, day - timedelta(days=1))
    ]

    found = switches([Member(relation="child", birth_date=born)], CARE, since)

    assert changed == told([switch for switch in found if switch.day <= until])
