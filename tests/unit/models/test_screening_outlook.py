"""What pre-screenings print beside their result: allowances child by child, the employer's side, notes for staff."""

from dataclasses import replace
from datetime import date

import pytest

from models.facts import Facts
from models.household import Member
from models.screening import Result, Screening, screen
from models.screening.employer import barred_by, cut_by_dismissal
from tests.story.people import facts_of_a, known

SUPPORT, EDUCATION, SUBSIDY = "single-parent-support", "education-benefit", "employment-promotion-subsidy"
HIRED = date(2026, 6, 18)
TODDLER = Member(relation="child", birth_date=date(2022, 3, 1), school_level="none")
PUPIL = Member(relation="child", birth_date=date(2012, 5, 10), school_level="middle")
SENIOR = Member(relation="child", birth_date=date(2007, 2, 1), school_level="high")


def outlook(found: Screening) -> list[str]:
    return [line.removeprefix("outlook: ") for line in found.lines if line.startswith("outlook")]


def family(*children: Member, **changed: object) -> Facts:
    return facts_of_a(household=[child.model_dump(mode="json") for child in children], **changed)


def test_the_child_rearing_allowance_is_told_child_by_child() -> None:
    found = outlook(screen(SUPPORT, family(TODDLER, PUPIL, SENIOR), known(), date(2026, 3, 3)))

    assert "child-rearing allowance for 3 children under 18, 230,000 won a month each (2026)" in found
    assert "child of 4: child-rearing allowance 230,000 won a month (under 18, 2026)" in found
    # 19, but at high school: from 2024 on to 22.
    assert "child of 19: child-rearing allowance 230,000 won a month (under 18, 2026)" in found


def test_a_child_that_is_too_old_is_told_to_get_none() -> None:
    found = outlook(screen(SUPPORT, family(PUPIL, SENIOR), known(), date(2023, 3, 3)))

    assert "child of 16: child-rearing allowance 200,000 won a month (under 18, 2023)" in found
    older = outlook(screen(SUPPORT, family(SENIOR), known(), date(2018, 3, 3)))
    assert "child of 11: child-rearing allowance 130,000 won a month (under 14, 2018)" in older
    grown = outlook(screen(SUPPORT, family(SENIOR), known(), date(2022, 3, 3)))
    assert "child of 15: child-rearing allowance 200,000 won a month (under 18, 2022)" in grown
    none = outlook(screen(SUPPORT, family(PUPIL), known(), date(2018, 5, 9)))
    assert "child of 5: child-rearing allowance 130,000 won a month (under 14, 2018)" in none
    daughter = Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle")
    fourteen = outlook(screen(SUPPORT, family(daughter), known(), date(2018, 5, 10)))
    assert "child of 14: child-rearing allowance none (under 14, 2018)" in fourteen


@pytest.mark.parametrize(
    ("received", "supplies"),
    [
        (None, "100,000 won a year, none where the education allowance came first"),
        (False, "100,000 won a year"),
        (True, "none: the education allowance came first"),
    ],
)
def test_school_supplies_are_set_off_against_the_education_benefit(received: bool | None, supplies: str) -> None:  # noqa: FBT001 - a fact
    found = outlook(screen(SUPPORT, family(PUPIL, education_benefit=received), known(), date(2026, 3, 3)))

    assert f"child of 13, middle school: school supplies {supplies} (2026)" in found


def test_school_supplies_depend_on_the_level_of_school() -> None:
    first_grade = Member(relation="child", birth_date=date(2010, 1, 1), school_level="elementary")
    before = outlook(screen(SUPPORT, family(first_grade), known(), date(2018, 3, 3)))

    assert "child of 8, elementary school: school supplies none at this level (2018)" in before


def test_the_education_allowance_is_less_what_the_supplies_brought() -> None:
    alone = outlook(screen(EDUCATION, family(PUPIL, single_parent_support=False), known(), date(2026, 3, 3)))
    beside = outlook(screen(EDUCATION, family(PUPIL, single_parent_support=True), known(), date(2026, 3, 3)))

    assert ["child of 13, middle school: education allowance 699,000 won a year (2026)"] == alone
    assert (
        "child of 13, middle school: school supplies 100,000 came first; "
        "education allowance 699,000 − 100,000 = 599,000 (2026)"
    ) == beside[0]


def test_more_for_young_parents_and_small_children_is_named_without_an_amount() -> None:
    more = "more for a young parent or a small child (§12): the office says how much"

    def said(*children: Member, **changed: object) -> bool:
        return more in outlook(screen(SUPPORT, family(*children, **changed), known(), date(2026, 3, 3)))

    assert said(PUPIL, birth_date="1995-01-01")
    assert said(TODDLER, marital="single", single_parent_since=None)
    assert not said(PUPIL, marital="single", single_parent_since=None)
    assert not said(TODDLER)
    assert not said(birth_date="1995-01-01")


def test_copay_relief_names_the_persons_and_from_when() -> None:
    found = outlook(screen("copay-relief", family(PUPIL, SENIOR), known(), date(2026, 3, 3)))

    assert [
        "child of 13: under 18, no diagnosis needed",
        "from the day of the decision, not of the application (§17)",
    ] == found


def test_the_city_is_named_where_only_a_line_of_the_national_aid_stands_against_it() -> None:
    note = "note: above a line of the national scheme, the city's own may take it"

    def said(**changed: object) -> bool:
        return note in screen("emergency-living-aid", facts_of_a(**changed), known(), date(2017, 12, 4)).lines

    assert said(monthly_income=9_000_000)
    assert not said(monthly_income=0)
    assert not said(monthly_income=9_000_000, district="goyang")
    assert not said(crisis="none", crisis_on=None)


# The employer's side of the subsidy

WORKER: dict[str, object] = {
    "last_job_ended_on": "2026-02-01",
    "crisis_on": "2026-02-01",
    "job_seeker_registered_on": "2026-02-02",
    "program_completed": True,
    "program_completed_on": "2026-06-01",
}
FIRM: dict[str, object] = {
    "other_wage_subsidy": False,
    "employer_laid_off": False,
    "employer_insured": True,
    "employed_there_before": False,
    "employer_arrears": False,
    "employer_insured_heads": 12,
    "employer_subsidized_heads": 2,
    "permanent_contract": True,
    "wage_won": 2_100_000,
}


def test_a_target_is_told_to_the_employer_before_the_firm_is_known() -> None:
    found = screen(SUBSIDY, facts_of_a(**WORKER), known(), HIRED)

    assert Result.LIKELY is found.result
    assert "employer's side: NEEDS_INFO" in found.lines
    assert "another wage subsidy for the same worker: not told" in found.lines
    [asked] = [line for line in found.lines if line.startswith("to ask the employer: ")]
    assert {*FIRM} == set(asked.removeprefix("to ask the employer: ").split(", "))


def test_a_firm_about_which_all_is_known_and_well_is_likely() -> None:
    found = screen(SUBSIDY, facts_of_a(**WORKER, **FIRM), known(), HIRED)

    assert "employer's side: LIKELY" in found.lines
    assert None is barred_by(facts_of_a(**WORKER, **FIRM), known(), HIRED)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"other_wage_subsidy": True}, "other_wage_subsidy"),
        ({"employer_laid_off": True, "employer_laid_off_on": "2026-03-18"}, "laid_off"),
        ({"employer_insured": False}, "not_insured"),
        ({"employed_there_before": True}, "same_employer"),
        ({"employer_arrears": True}, "wage_arrears"),
        # 30 % of 12 is 3: the fourth is one too many. Fewer than ten insured: three. At the most thirty.
        ({"employer_subsidized_heads": 3}, "over_headcount"),
        ({"employer_insured_heads": 9, "employer_subsidized_heads": 3}, "over_headcount"),
        ({"employer_insured_heads": 500, "employer_subsidized_heads": 30}, "over_headcount"),
        ({"permanent_contract": False}, "fixed_term"),
        ({"wage_won": 1_239_999}, "low_wage"),
    ],
)
@pytest.mark.parametrize("firm", [FIRM, {}], ids=["all told", "only this told"])
def test_each_thing_that_shuts_it_shuts_every_way(
    changed: dict[str, object], code: str, firm: dict[str, object]
) -> None:
    if "heads" in "".join(changed):
        firm = FIRM
    facts = facts_of_a(**{**WORKER, **firm, **changed})

    found = screen(SUBSIDY, facts, known(), HIRED)

    assert Result.EXCLUDED is found.result
    assert code == barred_by(facts, known(), HIRED)
    assert "employer's side: UNLIKELY" in found.lines


@pytest.mark.parametrize(
    "changed",
    [
        {"employer_laid_off": True, "employer_laid_off_on": "2026-03-17"},
        {"employer_insured_heads": 9, "employer_subsidized_heads": 2},
        {"employer_insured_heads": 500, "employer_subsidized_heads": 29},
        {"wage_won": 1_240_000},
        {"public_wage": True},
    ],
)
def test_just_inside_a_line_is_inside(changed: dict[str, object]) -> None:
    facts = facts_of_a(**{**WORKER, **FIRM, **changed})

    assert None is barred_by(facts, known(), HIRED)
    assert screen(SUBSIDY, facts, known(), HIRED).result in {Result.LIKELY, Result.BORDERLINE}


@pytest.mark.parametrize(
    ("hired", "dismissed", "cut"),
    [
        (date(2018, 1, 1), date(2017, 12, 1), "months kept: -1; blocks: 0"),
        (date(2018, 1, 1), date(2018, 6, 30), "months kept: 5; blocks: 0"),
        (date(2018, 1, 1), date(2018, 7, 1), "months kept: 6; blocks: 1"),
        (date(2018, 1, 1), date(2018, 12, 31), "months kept: 11; blocks: 1"),
        (date(2018, 1, 1), date(2019, 1, 1), None),
        # What the law was before then is not in the catalog: a person hears of it still.
        (date(2016, 12, 29), date(2017, 6, 29), "months kept: 6; missing: catalog.subsidy-block-months"),
    ],
)
def test_a_dismissal_cuts_the_subsidy_to_the_blocks_that_were_kept(
    hired: date, dismissed: date, cut: str | None
) -> None:
    assert cut == cut_by_dismissal(known(), hired, dismissed)


def test_the_blocks_are_the_catalogs_and_the_same_as_those_that_can_be_claimed() -> None:
    catalog = known()
    claimed = {
        each.code: each.length.months for each in catalog.deadlines if each.code.startswith("D30-") and each.length
    }
    numbers = {code: catalog.parameter(code, HIRED) for code in ("subsidy-block-months", "subsidy-whole-months")}
    assert {"D30-block1": 6, "D30-block2": 12} == claimed
    assert [6, 12] == [period.value for period in numbers.values()]

    other = {
        code: known().parameters[code].model_copy(update={"periods": (period.model_copy(update={"value": months}),)})
        for (code, period), months in zip(numbers.items(), (3, 8), strict=True)
    }
    changed = replace(catalog, parameters={**catalog.parameters, **other})

    assert "months kept: 7; blocks: 2" == cut_by_dismissal(changed, HIRED, date(2027, 1, 18))
    assert cut_by_dismissal(changed, HIRED, date(2027, 2, 18)) is None


def test_a_wage_of_public_money_is_flagged_and_not_decided() -> None:
    found = screen(SUBSIDY, facts_of_a(**WORKER, **FIRM, public_wage=True), known(), HIRED)

    assert "note: a wage borne by public money may shut it; the employment center says so" in found.lines


def test_a_severe_disability_is_a_way_of_its_own() -> None:
    facts = facts_of_a(**{**WORKER, "program_completed": False, "program_completed_on": None}, severe_disability=True)

    assert "severe disability (§26①2): LIKELY" in screen(SUBSIDY, facts, known(), HIRED).routes


# National Employment Support

JOB_SEEKER: dict[str, object] = {"worked_days_24m": 200, "unemployment_benefit": False}


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({}, Result.LIKELY),
        ({"cannot_start": True}, Result.EXCLUDED),
        ({"direct_job": True}, Result.EXCLUDED),
        ({"local_allowance": True}, Result.EXCLUDED),
        ({"own_income_won": 1_538_542}, Result.LIKELY),
        ({"own_income_won": 1_538_543}, Result.EXCLUDED),
        ({"earlier_support": True, "earlier_support_ended_on": "2023-03-04"}, Result.EXCLUDED),
        ({"earlier_support": True, "earlier_support_ended_on": "2023-03-02"}, Result.LIKELY),
        ({"worked_days_24m": 20, "worked_hours_24m": 800}, Result.LIKELY),
        ({"worked_days_24m": 20, "worked_hours_24m": 799}, Result.UNLIKELY),
    ],
)
def test_what_shuts_the_allowance_and_what_opens_it(changed: dict[str, object], result: Result) -> None:
    found = screen("national-employment-support", facts_of_a(**{**JOB_SEEKER, **changed}), known(), date(2026, 3, 3))

    assert f"type I by condition: {result}" in found.routes
