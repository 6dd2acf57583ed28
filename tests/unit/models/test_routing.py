"""Routing: the first agency, the alternatives, who was passed over and what nobody knew."""

from datetime import date

import pytest

import catalog
from catalog import When
from models.facts import Facts
from models.household import Member
from models.routing import evaluate, route

MONDAY = date(2017, 12, 4)
SUNDAY = date(2017, 12, 3)


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def first(known: catalog.Catalog, program: str, **facts: object) -> str | None:
    found = route(program, Facts.model_validate(facts), known, MONDAY, (), {})
    return None if found.first is None else found.first.agency


@pytest.mark.parametrize(
    "program", ["emergency-living-aid", "single-parent-support", "copay-relief", "education-benefit"]
)
@pytest.mark.parametrize(
    ("district", "agency"),
    [
        ("mapo", "mapo-welfare-team"),
        ("eunpyeong", "eunpyeong-district-office"),
        ("seodaemun", "seodaemun-district-office"),
        ("yongsan", "yongsan-district-office"),
        ("gangseo", None),
    ],
)
def test_welfare_goes_by_the_district_of_residence(
    known: catalog.Catalog, program: str, district: str, agency: str | None
) -> None:
    assert agency == first(known, program, district=district, urgent_safety=False, crisis="job_loss")


def test_an_unknown_residence_is_no_reason_to_wait_with_emergency_aid(known: catalog.Catalog) -> None:
    found = route("emergency-living-aid", Facts(), known, MONDAY, (), {})

    assert found.first is not None
    assert "mapo-welfare-team" == found.first.agency
    assert "district" in found.needs_to_know


def test_benefits_wait_for_the_residence(known: catalog.Catalog) -> None:
    found = route("single-parent-support", Facts(), known, MONDAY, (), {})

    assert found.first is None
    assert ("district",) == found.needs_to_know


def test_crisis_comes_before_everything(known: catalog.Catalog) -> None:
    danger = Facts(district="eunpyeong", crisis="violence", seizure_pending=True)
    aid = route("emergency-living-aid", danger, known, MONDAY, (), {}).first
    debt = route("financial-counseling", danger, known, MONDAY, (), {})

    assert aid is not None
    assert ("eunpyeong-district-office", "urgent") == (aid.agency, aid.urgency)
    assert debt.first is not None
    assert ("legal-aid", "urgent") == (debt.first.agency, debt.first.urgency)
    assert ("microfinance-desk",) == tuple(choice.agency for choice in debt.alternatives)


def test_a_refused_agency_is_passed_over_and_remembered(known: catalog.Catalog) -> None:
    found = route("single-parent-support", Facts(district="mapo"), known, MONDAY, {"mapo-welfare-team"}, {})

    assert found.first is not None
    assert "mapo-district-office" == found.first.agency
    assert [("mapo-welfare-team", "refused")] == [(past.agency, past.reason) for past in found.passed_over]


def test_a_full_agency_is_passed_over(known: catalog.Catalog) -> None:
    found = route("single-parent-support", Facts(district="mapo"), known, MONDAY, (), {"mapo-welfare-team": 60})

    assert [("mapo-welfare-team", "full")] == [(past.agency, past.reason) for past in found.passed_over]


def test_everyone_refused_leaves_nobody(known: catalog.Catalog) -> None:
    refused = {"mapo-welfare-team", "mapo-district-office"}
    found = route("single-parent-support", Facts(district="mapo"), known, MONDAY, refused, {})

    assert found.first is None
    assert 2 == len(found.passed_over)


def test_a_closed_day_is_a_note_and_no_reason(known: catalog.Catalog) -> None:
    found = route("single-parent-support", Facts(district="mapo"), known, SUNDAY, (), {})

    assert found.first is not None
    assert ("mapo-welfare-team", "closed: sunday") == (found.first.agency, found.first.note)


@pytest.mark.parametrize(
    ("facts", "agency"),
    [
        ({"sex": "female", "career_break": True, "birth_date": date(1980, 1, 1)}, "womens-reemployment-center"),
        ({"birth_date": date(1962, 5, 1), "crisis": "job_loss", "district": "eunpyeong"}, "mid-career-job-hope-center"),
        ({"birth_date": date(1962, 5, 1), "job_wish": "second_life"}, "seoul-50plus-center"),
        ({"birth_date": date(1995, 5, 1), "district": "mapo"}, "seoul-west-employment-center"),
        ({"birth_date": date(1980, 5, 1), "crisis": "none", "district": "eunpyeong"}, "eunpyeong-outreach-job-team"),
        ({"birth_date": date(1980, 5, 1), "crisis": "none", "district": "yongsan"}, "seoul-west-employment-center"),
    ],
)
def test_job_services_go_by_target_group(known: catalog.Catalog, facts: dict[str, object], agency: str) -> None:
    assert agency == first(known, "job-placement", **facts)


def test_a_laid_off_man_of_55_has_the_fifty_plus_center_as_alternative(known: catalog.Catalog) -> None:
    laid_off = Facts(birth_date=date(1962, 5, 1), sex="male", crisis="job_loss", district="eunpyeong")
    found = route("job-placement", laid_off, known, MONDAY, (), {})

    assert [
        "seoul-50plus-center",
        "eunpyeong-outreach-job-team",
        "seoul-west-employment-center",
    ] == [choice.agency for choice in found.alternatives]


def test_an_unknown_fact_never_matches_and_is_named(known: catalog.Catalog) -> None:
    found = route("job-placement", Facts(sex="female", district="mapo"), known, MONDAY, (), {})

    assert found.first is not None
    assert "mapo-outreach-job-team" == found.first.agency
    assert {"career_break", "birth_date"} & set(found.needs_to_know) == {"career_break"}
    assert "age" in found.needs_to_know


def test_a_program_nobody_knows_is_refused(known: catalog.Catalog) -> None:
    with pytest.raises(catalog.UnknownWord):
        route("soup-kitchen", Facts(), known, MONDAY, (), {})


@pytest.mark.parametrize(
    ("when", "truth"),
    [
        ({"fact": "age", "at_least": 41}, True),
        ({"fact": "age", "at_most": 40}, False),
        ({"fact": "crisis", "in": ["illness"]}, None),
        ({"fact": "crisis", "known": False}, True),
        ({"not": {"fact": "crisis", "is": "illness"}}, None),
        ({"all": [{"fact": "crisis", "is": "illness"}, {"fact": "sex", "is": "male"}]}, False),
        ({"any": [{"fact": "crisis", "is": "illness"}, {"fact": "sex", "is": "female"}]}, True),
        ({"fact": "household_size", "is": 2}, True),
        ({"fact": "urgent_safety", "is": True}, None),
    ],
)
def test_predicates_have_three_values(when: dict[str, object], *, truth: bool | None) -> None:
    facts = Facts(birth_date=date(1976, 3, 2), sex="female", household=(Member(relation="child"),))

    assert truth is evaluate(When.model_validate(when), facts, MONDAY).truth
