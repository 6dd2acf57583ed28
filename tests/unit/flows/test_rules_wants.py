"""What each desk's rules want of one case: pure, a case in, steps out."""

from collections.abc import Sequence
from datetime import date

import pytest

from flows import debt_relief, emergency_aid, employment_subsidy, intake, job_placement, welfare_benefits
from flows.desks import DESKS, HEARS
from models.case import ReferralView
from models.steps import Amend, AskStaff, Refer, Step, Withdraw
from models.vocabulary import Desk, Happened, Need, ReferralState
from tests.story.people import MORNING, case_of_a, known, referral

S = ReferralState
COUNSELED = referral(
    "job-counseling",
    "seoul-west-employment-center",
    S.COMPLETED,
    outcome="counseled",
    heard_at=MORNING,
    outcome_at=MORNING,
    nth=90,
)
HIRED = referral(
    "job-placement",
    "mapo-outreach-job-team",
    S.COMPLETED,
    outcome="hired",
    heard_at=MORNING,
    outcome_at=MORNING,
    nth=91,
)


def completed(program: str, agency: str, outcome: str) -> ReferralView:
    return referral(program, agency, S.COMPLETED, outcome=outcome, heard_at=MORNING, outcome_at=MORNING)


def test_intake_wants_everyone_counseled() -> None:
    assert [Refer("job-counseling")] == list(intake.steps(case_of_a()))


@pytest.mark.parametrize(
    ("desk", "need"),
    [
        (Desk.EMERGENCY_AID, Need.LIVING),
        (Desk.WELFARE_BENEFITS, Need.BENEFITS),
        (Desk.DEBT_RELIEF, Need.DEBT),
        (Desk.JOB_PLACEMENT, Need.JOB),
    ],
)
def test_a_desk_leaves_alone_who_did_not_ask_for_it(desk: Desk, need: Need) -> None:
    others = [other for other in Need if other is not need]
    case = case_of_a(*others, referrals=(COUNSELED, HIRED))

    assert [] == list(DESKS[desk].rules(case))


# Emergency aid


@pytest.mark.parametrize(
    ("standing", "also"),
    [
        ((), []),
        ((referral("emergency-living-aid", "mapo-welfare-team", S.IN_PROGRESS),), []),
        ((completed("emergency-living-aid", "mapo-welfare-team", "ended"),), []),
        ((completed("emergency-living-aid", "mapo-welfare-team", "refused"),), ["seoul-emergency-aid"]),
        ((referral("emergency-living-aid", "mapo-welfare-team", S.DECLINED, reason="crisis_not_found"),),
         ["seoul-emergency-aid"]),
    ],
    ids=["asked for", "under way", "paid", "refused", "declined"],
)  # fmt: skip
def test_the_national_aid_comes_first_and_the_citys_where_it_says_no(
    standing: tuple[ReferralView, ...], also: Sequence[str]
) -> None:
    wanted = list(emergency_aid.steps(case_of_a(Need.LIVING, Need.BENEFITS, referrals=standing)))

    assert [Refer("emergency-living-aid", urgent=True), *[Refer(program, urgent=True) for program in also]] == wanted


def test_without_a_crisis_nothing_is_urgent() -> None:
    assert [] == list(emergency_aid.steps(case_of_a(Need.LIVING, crisis="none")))


def test_open_aid_learns_of_a_hire() -> None:
    aid = referral("emergency-living-aid", "mapo-welfare-team", S.IN_PROGRESS)

    assert Amend("emergency-living-aid", "hired", about="2017-12-04") in list(
        emergency_aid.steps(case_of_a(Need.LIVING, referrals=(aid, HIRED)))
    )


# Welfare benefits


def test_benefits_that_look_likely_are_asked_for_and_missing_facts_of_staff() -> None:
    wanted = list(welfare_benefits.steps(case_of_a(Need.BENEFITS)))

    assert [
        Refer("single-parent-support"),
        AskStaff("facts_missing", "copay-relief:obligor_ok", "missing: obligor_ok"),
        Refer("education-benefit"),
    ] == wanted


def test_unlikely_is_left_to_a_person_and_not_asked() -> None:
    rich = case_of_a(Need.BENEFITS, recognized_income=9_000_000)

    assert not [step for step in welfare_benefits.steps(rich) if isinstance(step, Refer)]


@pytest.mark.parametrize(("outcome", "told"), [("granted", True), ("refused", False)])
def test_only_who_pays_learns_of_a_hire(outcome: str, *, told: bool) -> None:
    paid = completed("single-parent-support", "mapo-welfare-team", outcome)

    wanted = list(welfare_benefits.steps(case_of_a(Need.BENEFITS, referrals=(paid, HIRED))))

    assert told == (Amend("single-parent-support", "hired", about="2017-12-04") in wanted)


# Debt relief


@pytest.mark.parametrize(
    ("advice", "then"),
    [
        ("advise_rehabilitation", [Refer("individual-rehabilitation")]),
        ("advise_workout", [Refer("private-workout")]),
        ("advise_bankruptcy", [Refer("bankruptcy")]),
        ("loan", []),
        ("counseled_only", []),
    ],
)
def test_the_counselors_advice_is_followed(advice: str, then: list[Step]) -> None:
    counseled = completed("financial-counseling", "microfinance-desk", advice)

    assert then == list(debt_relief.steps(case_of_a(Need.DEBT, referrals=(counseled,))))


def test_every_outcome_of_the_counseling_has_a_road_or_an_end() -> None:
    for outcome in known().program("financial-counseling").outcomes:
        counseled = completed("financial-counseling", "microfinance-desk", outcome)
        assert all(isinstance(step, Refer) for step in debt_relief.steps(case_of_a(Need.DEBT, referrals=(counseled,))))


def test_filing_in_court_ends_a_private_workout() -> None:
    counseled = completed("financial-counseling", "microfinance-desk", "advise_rehabilitation")
    filed = referral("individual-rehabilitation", "legal-aid", S.IN_PROGRESS, nth=2, milestones={"filed": MORNING})
    workout = referral("private-workout", "microfinance-desk", S.IN_PROGRESS, nth=3)

    wanted = list(debt_relief.steps(case_of_a(Need.DEBT, referrals=(counseled, filed, workout))))

    assert Withdraw("private-workout", "filed_in_court") in wanted


# Job placement


def test_nobody_is_placed_before_the_interview() -> None:
    assert [] == list(job_placement.steps(case_of_a(Need.JOB)))


@pytest.mark.parametrize(
    ("today", "program"),
    [
        (date(2017, 12, 4), "employment-success-package"),
        (date(2020, 12, 31), "employment-success-package"),
        (date(2021, 1, 1), "national-employment-support"),
        (date(2026, 11, 23), "national-employment-support"),
    ],
)
def test_the_program_is_that_of_the_day(today: date, program: str) -> None:
    case = case_of_a(Need.JOB, referrals=(COUNSELED,), today=today)

    about = [step.program for step in job_placement.steps(case) if isinstance(step, Refer)]
    asked = [step.about.partition(":")[0] for step in job_placement.steps(case) if isinstance(step, AskStaff)]

    assert {program} == set(about + asked) - {"job-placement"}


def test_who_began_the_old_program_stays_in_it_when_the_new_one_comes() -> None:
    begun = referral("employment-success-package", "seoul-west-employment-center", S.IN_PROGRESS)

    case = case_of_a(Need.JOB, referrals=(COUNSELED, begun), today=date(2021, 2, 1))

    assert [Refer("employment-success-package")] == list(job_placement.steps(case))


def test_whoever_was_hired_needs_no_placement_any_more() -> None:
    found = completed("employment-success-package", "seoul-west-employment-center", "employed")
    search = referral("job-placement", "mapo-outreach-job-team", S.ACCEPTED, nth=2)

    assert [Withdraw("job-placement", "hired")] == list(
        job_placement.steps(case_of_a(Need.JOB, referrals=(COUNSELED, found, search)))
    )
    assert [] == list(job_placement.steps(case_of_a(Need.JOB, referrals=(COUNSELED, found))))


# Employment subsidy


def test_a_subsidy_follows_from_a_hire_and_from_nothing_else() -> None:
    assert [] == list(employment_subsidy.steps(case_of_a(referrals=(COUNSELED,), employer="sunny-day-care")))


def test_the_employer_must_be_known_before_anyone_is_written_to() -> None:
    [asked] = list(employment_subsidy.steps(case_of_a(referrals=(HIRED,))))

    assert isinstance(asked, AskStaff)
    assert "employer" in asked.about


# Who hears what


def test_a_hire_reaches_benefits_debt_and_subsidy() -> None:
    assert {Desk.EMERGENCY_AID, Desk.WELFARE_BENEFITS, Desk.DEBT_RELIEF, Desk.EMPLOYMENT_SUBSIDY} <= HEARS[
        Happened.HIRED
    ]


def test_whatever_a_desk_wants_to_hear_some_word_of_the_catalog_means() -> None:
    meanings = {
        word.means
        for program in known().programs.values()
        for word in [*program.outcomes.values(), *[step for lane in program.lanes.values() for step in lane]]
    }

    assert {happened.value for entry in DESKS.values() for happened in entry.hears} <= meanings
