"""Pre-screening of client A's programs, with the lines it prints and the days its numbers hold."""

from datetime import date

import pytest

import catalog
from models.facts import Facts
from models.household import Member
from models.screening import PREDICATES, Result, screen

DAUGHTER = Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle")
CLIENT_A = Facts(
    birth_date=date(1976, 3, 2),
    sex="female",
    district="mapo",
    household=(DAUGHTER,),
    marital="divorced",
    single_parent_since=date(2017, 9, 1),
    crisis="job_loss",
    crisis_on=date(2017, 11, 10),
    employed=False,
    last_job_ended_on=date(2017, 11, 10),
    job_seeker_registered_on=date(2017, 12, 4),
    unemployment_benefit=False,
    earlier_package=False,
    monthly_income=0,
    recognized_income=1_050_000,
    property_won=10_000_000,
    financial_assets_won=300_000,
    income_expected=True,
    debts_unsecured_won=62_000_000,
    debts_secured_won=0,
    debt_overdue_months=5,
    creditors=8,
    earlier_discharge=False,
    livelihood_recipient=False,
    medical_aid_recipient=False,
    earlier_aid=False,
    obligor_ok=True,
)


#: Every creditor takes part, and there are no debts a workout cannot take in.
WORKABLE = {
    "creditors_in_agreement": True,
    "private_lender_debts": False,
    "tax_debts": False,
    "guarantee_debts": False,
}


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def but(**changes: object) -> Facts:
    return Facts.model_validate({**CLIENT_A.model_dump(), **changes})


@pytest.mark.parametrize(
    ("program", "on", "result"),
    [
        ("emergency-living-aid", date(2017, 12, 4), Result.LIKELY),
        ("employment-success-package", date(2017, 12, 7), Result.LIKELY),
        ("single-parent-support", date(2018, 1, 8), Result.LIKELY),
        ("copay-relief", date(2018, 1, 8), Result.LIKELY),
        ("education-benefit", date(2018, 1, 8), Result.LIKELY),
        ("financial-counseling", date(2018, 1, 10), Result.LIKELY),
        ("individual-rehabilitation", date(2018, 2, 20), Result.BORDERLINE),
        ("national-employment-support", date(2018, 1, 8), Result.EXCLUDED),
    ],
)
def test_client_a(known: catalog.Catalog, program: str, on: date, result: Result) -> None:
    assert result is screen(program, CLIENT_A, known, on).result


def test_the_line_is_printed_with_its_inputs(known: catalog.Catalog) -> None:
    found = screen("single-parent-support", but(recognized_income=1_300_000), known, date(2018, 1, 8))

    assert "2 persons 1,300,000 ≤ 1,480,490 (52 %, 2018)" in found.lines
    assert known.version == found.params_version
    assert date(2018, 1, 8) == found.asked_on
    assert found.law


@pytest.mark.parametrize(
    ("income", "result"),
    [
        (1_332_440, Result.LIKELY),
        (1_332_441, Result.BORDERLINE),
        (1_480_490, Result.BORDERLINE),
        (1_480_491, Result.BORDERLINE),
        (1_628_539, Result.BORDERLINE),
        (1_628_540, Result.UNLIKELY),
        (None, Result.NEEDS_INFO),
    ],
)
def test_a_tenth_around_the_line_is_borderline(known: catalog.Catalog, income: int | None, result: Result) -> None:
    found = screen("single-parent-support", but(recognized_income=income), known, date(2018, 1, 8))

    assert result is found.result
    assert (("recognized_income",) if income is None else ()) == found.missing


@pytest.mark.parametrize(
    ("program", "changes", "result"),
    [
        ("emergency-living-aid", {"livelihood_recipient": True, "monthly_income": None}, Result.EXCLUDED),
        ("emergency-living-aid", {"crisis": "none", "crisis_on": None}, Result.UNLIKELY),
        ("emergency-living-aid", {"crisis_on": date(2016, 11, 30)}, Result.UNLIKELY),
        ("emergency-living-aid", {"earlier_aid": None}, Result.NEEDS_INFO),
        ("emergency-living-aid", {"property_won": 150_000_000}, Result.LIKELY),
        ("emergency-living-aid", {"property_won": 150_000_000, "debts_unsecured_won": None}, Result.NEEDS_INFO),
        ("emergency-living-aid", {"financial_assets_won": 9_000_000}, Result.UNLIKELY),
        ("seoul-emergency-aid", {"financial_assets_won": 8_000_000}, Result.LIKELY),
        ("seoul-emergency-aid", {"district": "gapyeong"}, Result.NEEDS_INFO),
        ("single-parent-support", {"marital": "married", "single_parent_since": None}, Result.UNLIKELY),
        ("single-parent-support", {"household": None}, Result.NEEDS_INFO),
        ("copay-relief", {"medical_aid_recipient": True, "obligor_ok": None}, Result.EXCLUDED),
        ("copay-relief", {"obligor_ok": None}, Result.NEEDS_INFO),
        ("education-benefit", {"household": ()}, Result.UNLIKELY),
        ("employment-success-package", {"recognized_income": 9_000_000}, Result.LIKELY),
        ("individual-rehabilitation", {"earlier_discharge": True, "discharge_on": date(2015, 1, 1)}, Result.EXCLUDED),
        ("individual-rehabilitation", {"monthly_income": 2_500_000}, Result.LIKELY),
        ("individual-rehabilitation", {"monthly_income": 2_500_000, "earlier_discharge": None}, Result.NEEDS_INFO),
        ("employment-success-package", {"earlier_package": None}, Result.NEEDS_INFO),
        ("employment-success-package", {"unemployment_benefit": None}, Result.NEEDS_INFO),
        ("bankruptcy", {"income_expected": False}, Result.LIKELY),
        ("private-workout", {"creditors_in_agreement": False}, Result.UNLIKELY),
        ("private-workout", {**WORKABLE, "monthly_income": 2_500_000}, Result.LIKELY),
        ("private-workout", {**WORKABLE, "monthly_income": 2_500_000, "tax_debts": True}, Result.UNLIKELY),
        ("private-workout", {**WORKABLE, "monthly_income": 2_500_000, "guarantee_debts": True}, Result.UNLIKELY),
        ("private-workout", {**WORKABLE, "private_lender_debts": None}, Result.NEEDS_INFO),
        ("individual-rehabilitation", {"tax_debts": True, "monthly_income": 2_500_000}, Result.LIKELY),
        ("single-parent-support", {"birth_date": date(1995, 5, 1), "recognized_income": 1_700_000}, Result.BORDERLINE),
        ("single-parent-support", {"birth_date": date(1990, 5, 1), "recognized_income": 1_700_000}, Result.UNLIKELY),
        (
            "copay-relief",
            {"household": (), "birth_date": date(2001, 3, 2), "recognized_income": 500_000},
            Result.LIKELY,
        ),
        ("copay-relief", {"household": (), "chronic_illness": False}, Result.UNLIKELY),
        ("emergency-living-aid", {"crisis": "family_care"}, Result.LIKELY),
        ("employment-success-package", {"direct_job": True}, Result.EXCLUDED),
        (
            "employment-success-package",
            {"marital": "married", "single_parent_since": None, "special_group": True, "recognized_income": 9_000_000},
            Result.LIKELY,
        ),
    ],
)
def test_one_fact_changed(known: catalog.Catalog, program: str, changes: dict[str, object], result: Result) -> None:
    assert result is screen(program, but(**changes), known, date(2017, 12, 4)).result


def test_earlier_aid_for_the_same_cause_bars_for_two_years(known: catalog.Catalog) -> None:
    facts = but(earlier_aid=True, earlier_aid_cause="job_loss", earlier_aid_ended_on=date(2015, 12, 4))
    other = but(earlier_aid=True, earlier_aid_cause="illness", earlier_aid_ended_on=date(2017, 6, 1))

    assert Result.EXCLUDED is screen("emergency-living-aid", facts, known, date(2017, 12, 4)).result
    assert Result.LIKELY is screen("emergency-living-aid", facts, known, date(2017, 12, 5)).result
    assert Result.LIKELY is screen("emergency-living-aid", other, known, date(2017, 12, 4)).result


def test_the_child_care_allowance_follows_the_age_of_the_year(known: catalog.Catalog) -> None:
    outlook = {
        on: next(
            line for line in screen("single-parent-support", CLIENT_A, known, on).lines if line.startswith("outlook")
        )
        for on in (date(2018, 5, 9), date(2018, 5, 10), date(2019, 1, 1))
    }

    assert "1 child under 14, 130,000" in outlook[date(2018, 5, 9)]
    assert "0 children under 14" in outlook[date(2018, 5, 10)]
    assert "1 child under 18, 200,000" in outlook[date(2019, 1, 1)]


def test_the_subsidy_lists_both_routes(known: catalog.Catalog) -> None:
    facts = but(single_parent_support=True, program_completed=True, program_completed_on=date(2018, 6, 18))
    found = screen("employment-promotion-subsidy", facts, known, date(2018, 6, 18))

    assert (
        "completed a support program (§26①1): LIKELY",
        "severe disability (§26①2): NEEDS_INFO",
        "female head of household (§26①3): LIKELY",
    ) == found.routes
    assert Result.LIKELY is found.result


def test_national_support_keeps_its_ways_apart(known: catalog.Catalog) -> None:
    youth = Facts(
        birth_date=date(2001, 6, 1),
        employed=False,
        household=(Member(relation="parent"), Member(relation="parent")),
        monthly_income=5_500_000,
        property_won=280_000_000,
        worked_days_24m=0,
        unemployment_benefit=False,
        livelihood_recipient=False,
        marital="single",
    )
    found = screen("national-employment-support", youth, known, date(2026, 3, 3))

    assert "type I by condition: UNLIKELY" in found.routes
    assert "type I by selection: LIKELY" in found.routes
    assert Result.LIKELY is found.result


@pytest.mark.parametrize(
    ("income", "way"),
    [
        # 110 % of the median of three persons in 2026
        (5_894_940, "type I by selection: LIKELY"),
        (6_109_300, "type I by selection: LIKELY"),
        (6_109_301, "type I by selection: BORDERLINE"),
        (6_430_843, "type I by selection: BORDERLINE"),
        (6_752_385, "type I by selection: BORDERLINE"),
        (6_752_386, "type I by selection: UNLIKELY"),
    ],
)
def test_gross_income_is_near_within_a_twentieth(known: catalog.Catalog, income: int, way: str) -> None:
    parents = (Member(relation="parent"), Member(relation="parent"))
    youth = Facts(
        birth_date=date(2001, 6, 1),
        employed=False,
        household=parents,
        monthly_income=income,
        property_won=280_000_000,
        worked_days_24m=0,
        unemployment_benefit=False,
        livelihood_recipient=False,
        marital="single",
    )
    found = screen("national-employment-support", youth, known, date(2026, 3, 3))

    assert way in found.routes
    assert "outlook: type I pays 600,000 won a month, 6 times (2026)" in found.lines


def test_unemployment_benefit_shuts_the_allowance_and_not_the_service(known: catalog.Catalog) -> None:
    laid_off = but(
        employed=False,
        worked_days_24m=300,
        unemployment_benefit=True,
        unemployment_benefit_from=date(2026, 1, 5),
        unemployment_benefit_to=date(2026, 9, 30),
    )
    found = screen("national-employment-support", laid_off, known, date(2026, 11, 22))

    assert ("type I by condition: EXCLUDED", "type I by selection: EXCLUDED", "type II: LIKELY") == found.routes


def test_a_day_without_numbers_is_said(known: catalog.Catalog) -> None:
    found = screen("emergency-living-aid", CLIENT_A, known, date(2016, 12, 31))

    assert Result.NEEDS_INFO is found.result
    assert "catalog.median-income" in found.missing


def test_nothing_printed_sounds_like_a_decision(known: catalog.Catalog) -> None:
    for program in known.programs:
        found = screen(program, CLIENT_A, known, date(2018, 1, 8))
        told = " ".join((*found.lines, *found.routes, found.reason, found.result))

        assert "eligible" not in told.lower()
        assert "적합" not in told


def test_every_predicate_is_used(known: catalog.Catalog) -> None:
    assert set(PREDICATES) == {program.screening for program in known.programs.values()} - {None}
