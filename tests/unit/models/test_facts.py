"""Facts: what is known and what follows; impossible facts are named and no value is repeated."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.facts import Facts
from models.facts_check import FactsRefused, check_facts, read_facts
from models.household import Member
from models.spans import months_after, months_between, within_months

TODAY = date(2017, 12, 4)
DAUGHTER = Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle")


def test_the_household_counts_the_client_and_those_living_together() -> None:
    away = Member(relation="child", lives_together=False)

    assert Facts().household_size is None
    assert 1 == Facts(household=()).household_size
    assert 2 == Facts(household=(DAUGHTER, away)).household_size


def test_a_child_turns_fourteen_on_her_birthday() -> None:
    facts = Facts(household=(DAUGHTER,))

    assert (DAUGHTER,) == facts.children_under(14, date(2018, 5, 9))
    assert () == facts.children_under(14, date(2018, 5, 10))


def test_what_nobody_knows_stays_unknown() -> None:
    unborn = Facts(household=(Member(relation="child"),))

    assert Facts().age(TODAY) is None
    assert Facts().is_single_parent(TODAY) is None
    assert unborn.has_child_under(18, TODAY) is None
    assert Facts(marital="married").is_single_parent(TODAY) is False
    assert Facts(marital="divorced", household=(DAUGHTER,)).is_single_parent(TODAY) is True
    assert Facts(marital="separated", household=(DAUGHTER,)).is_single_parent(TODAY) is None


def test_unemployment_benefit_is_known_only_from_both_ends() -> None:
    start, end = date(2017, 1, 2), date(2017, 9, 30)

    assert Facts().on_unemployment_benefit(TODAY) is None
    assert Facts(unemployment_benefit=False).on_unemployment_benefit(TODAY) is False
    assert Facts(unemployment_benefit_from=start).on_unemployment_benefit(TODAY) is None
    assert Facts(unemployment_benefit_from=start, unemployment_benefit_to=end).on_unemployment_benefit(TODAY) is False
    assert Facts(unemployment_benefit_from=start, unemployment_benefit_to=end).on_unemployment_benefit(TODAY, 6) is True


def test_facts_are_frozen_and_refuse_words_they_do_not_know() -> None:
    with pytest.raises(ValidationError):
        Facts.model_validate({"shoe_size": 40})
    with pytest.raises(ValidationError):
        Facts().sex = "female"  # pyright: ignore[reportAttributeAccessIssue]


def test_impossible_facts_are_named_field_by_field() -> None:
    facts = Facts(
        birth_date=date(2018, 1, 1),
        crisis="none",
        crisis_on=date(2017, 11, 10),
        earlier_aid=False,
        earlier_aid_ended_on=date(2019, 1, 1),
        marital="divorced",
        household=(Member(relation="spouse"), Member(relation="child", birth_date=date(1850, 1, 1))),
        unemployment_benefit_from=date(2017, 3, 1),
        unemployment_benefit_to=date(2017, 2, 1),
        creditors=0,
        debts_unsecured_won=1,
    )
    fields = {problem.field for problem in check_facts(facts, TODAY)}

    assert {
        "birth_date",
        "crisis_on",
        "creditors",
        "earlier_aid_ended_on",
        "household",
        "household.1.birth_date",
        "unemployment_benefit_from",
        "unemployment_benefit_to",
    } == fields


def test_possible_facts_have_no_problems() -> None:
    facts = Facts(birth_date=date(1976, 3, 2), household=(DAUGHTER,), crisis="job_loss", crisis_on=date(2017, 11, 10))

    assert [] == check_facts(facts, TODAY)


def test_refusals_never_repeat_a_value() -> None:
    given_facts = {
        "birth_date": "Kim Min-ji",
        "sex": "Kim Min-ji",
        "monthly_income": -4_711,
        "household": [{"relation": "Kim Min-ji"}],
        "shoe_size": 4_711,
    }
    with pytest.raises(FactsRefused) as refused:
        read_facts(given_facts, TODAY)
    problems = refused.value.problems
    told = str(refused.value) + repr(problems)

    assert ["birth_date", "household.0.relation", "monthly_income", "sex", "shoe_size"] == [p.field for p in problems]
    assert "Kim" not in told
    assert "4711" not in told


def test_reading_possible_facts_gives_them() -> None:
    assert Facts(sex="female", district="mapo") == read_facts({"sex": "female", "district": "mapo"}, TODAY)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_go_there_and_back(start: date, months: int) -> None:
    end = months_after(start, months)

    assert months == months_between(start, end)
    assert within_months(start, months, end)


def test_a_month_without_that_day_ends_on_its_last() -> None:
    assert date(2018, 2, 28) == months_after(date(2018, 1, 31), 1)
    assert 0 == months_between(date(2018, 1, 31), date(2018, 2, 27))
