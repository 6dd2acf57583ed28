"""What one thing does to others: a hire, a benefit that begins, a subsidy that excludes another."""

from datetime import UTC, date, datetime

import pytest

from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, BENEFIT, COPAY = "emergency-living-aid", "single-parent-support", "copay-relief"
SUPPORT, PLACEMENT = "national-employment-support", "job-placement"
SUBSIDY = "employment-promotion-subsidy"
COUNSELING, REHABILITATION = "financial-counseling", "individual-rehabilitation"
MID_CAREER = "mid-career-job-hope-center"


def notice(center: PaperCenter, code: str) -> set[str]:
    """Return what a notice is about, by program."""
    return {about.partition(":")[0] for (found, about) in center.notices if found == code}


# Hired


def at_work() -> PaperCenter:
    """Return client A with aid, benefits and the job program under way, and a placement that can find her a job."""
    center = PaperCenter(
        case_of_a(consents=consents_to(None, "mapo-welfare-team", MID_CAREER, "microfinance-desk", "legal-aid"))
    )
    center.opens()
    center.agency(AID, "progressed", milestone="field_checked")
    center.agency(AID, "progressed", milestone="decided")
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency("employment-success-package", "progressed", milestone="stage3")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.agency("education-benefit", "accepted")
    center.agency(COUNSELING, "completed", outcome="advise_rehabilitation")
    center.agency(REHABILITATION, "progressed", milestone="filed")
    return center


def test_a_hire_is_told_to_everyone_who_has_or_pays_something() -> None:
    center = at_work()
    center.later(days=30)

    center.agency(PLACEMENT, "completed", outcome="hired")

    assert {
        (AID, "hired"),
        (BENEFIT, "hired"),
        ("education-benefit", "hired"),
        ("employment-success-package", "hired"),
        (REHABILITATION, "hired"),
    } == set(center.told(LetterType.AMENDED))


def test_the_client_owes_the_report_too_and_staff_remind_them_until_it_is_made() -> None:
    center = at_work()
    center.later(days=30)
    center.agency(PLACEMENT, "completed", outcome="hired")
    assert {AID, BENEFIT, "education-benefit"} == notice(center, "change_to_report")
    center.notices.clear()

    for program in (AID, BENEFIT, "education-benefit"):
        center.staff(program, "progressed", lane="review", milestone="change_reported")

    center.notices.clear()
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employed": True})
    assert set() == notice(center, "change_to_report")


def test_the_extension_of_the_aid_and_the_repayment_plan_are_flagged() -> None:
    center = at_work()
    center.later(days=30)

    center.agency(PLACEMENT, "completed", outcome="hired")

    assert {AID} == notice(center, "extension_in_question")
    assert {REHABILITATION} == notice(center, "repayment_plan_in_question")
    center.later(days=5)
    center.notices.clear()
    center.agency(REHABILITATION, "progressed", milestone="plan_changed")
    center.agency(AID, "progressed", milestone="ended")
    assert set() == notice(center, "extension_in_question") | notice(center, "repayment_plan_in_question")


def test_a_job_from_before_the_application_is_no_change() -> None:
    center = PaperCenter(case_of_a(Need.JOB))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency("employment-success-package", "completed", outcome="employed")
    center.later(days=3)

    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job", "benefits"])

    assert ReferralState.REQUESTED is center.state(BENEFIT)
    assert [] == center.told(LetterType.AMENDED)


# Benefits that begin


def supported() -> PaperCenter:
    center = PaperCenter(
        case_of_a(Need.JOB, today=date(2021, 3, 2), worked_days_24m=200), now=datetime(2021, 3, 2, 1, tzinfo=UTC)
    )
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(SUPPORT, "progressed", milestone="qualified")
    return center


@pytest.mark.parametrize("benefit", ["livelihood_recipient", "unemployment_benefit"])
def test_a_benefit_that_begins_asks_the_employment_center_to_stop_its_support(benefit: str) -> None:
    center = supported()
    center.later(days=40)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={benefit: True})

    assert (ReferralState.CANCEL_REQUESTED, benefit) == (center.state(SUPPORT), center.referral(SUPPORT).reason)
    center.agency(SUPPORT, "completed", outcome="dropped")
    assert ReferralState.COMPLETED is center.state(SUPPORT), "the office has the last word"


def test_a_benefit_that_ran_before_the_support_ends_nothing() -> None:
    center = PaperCenter(
        case_of_a(
            Need.JOB,
            today=date(2021, 3, 2),
            worked_days_24m=200,
            unemployment_benefit=True,
            unemployment_benefit_from="2020-12-01",
            unemployment_benefit_to="2021-09-30",
        ),
        now=datetime(2021, 3, 2, 1, tzinfo=UTC),
    )
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"job_wish": "cook"})

    assert ReferralState.REQUESTED is center.state(SUPPORT)


def test_a_new_recipient_is_told_to_the_aid_whose_review_may_be_skipped() -> None:
    center = at_work()

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"livelihood_recipient": True})

    assert (AID, "livelihood_recipient") in center.told(LetterType.AMENDED)
    center.later(days=40)
    center.agency(AID, "progressed", lane="review", milestone="review_waived")
    assert "applied" == center.agency(AID, "completed", outcome="other_aid")


def test_medical_aid_is_told_to_whoever_relieves_of_co_payments() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS, obligor_ok=True))
    center.opens()
    center.agency(COPAY, "completed", outcome="granted")

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"medical_aid_recipient": True})

    assert (COPAY, "medical_aid_recipient") in center.told(LetterType.AMENDED)


def test_after_the_aid_the_client_is_to_be_linked_to_lasting_help() -> None:
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()

    center.agency(AID, "completed", outcome="ended")

    assert {AID} == notice(center, "link_after_aid")


# Subsidies


def placed(**facts: object) -> PaperCenter:
    """Return client A after a completed program, looked after by an agency that places her."""
    known = {"program_completed": True, "program_completed_on": "2017-12-01", "employer": "sunny-day-care", **facts}
    base = case_of_a(Need.JOB, consents=consents_to(None, "sunny-day-care", MID_CAREER))
    center = PaperCenter(base)
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency("employment-success-package", "progressed", milestone="stage3")
    center.later(days=60)
    center.journey(JourneyEvent.FACTS_CHANGED, facts=known)
    return center


def test_while_a_subsidized_internship_runs_the_worker_is_no_target_of_another_subsidy() -> None:
    center = placed()
    center.agency(PLACEMENT, "progressed", lane="internship", milestone="internship_begun")
    center.agency(PLACEMENT, "completed", outcome="hired")
    screening = center.case().screening(SUBSIDY)
    assert ("EXCLUDED", "another wage subsidy for the same worker") == (screening.result, screening.reason)
    assert not center.referral(SUBSIDY).exists

    center.later(days=90)
    center.agency(PLACEMENT, "progressed", lane="internship", milestone="internship_ended")

    assert (SUBSIDY, "sunny-day-care") == center.asked()[-1]


def test_a_subsidy_that_begins_elsewhere_ends_what_was_asked_and_it_is_asked_again_when_that_is_over() -> None:
    center = placed()
    center.agency(PLACEMENT, "completed", outcome="hired")
    assert ReferralState.REQUESTED is center.state(SUBSIDY)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"other_wage_subsidy": True})
    assert (ReferralState.CANCELLED, "other_wage_subsidy") == (center.state(SUBSIDY), center.referral(SUBSIDY).reason)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"other_wage_subsidy": False})
    assert ReferralState.REQUESTED is center.state(SUBSIDY)


@pytest.mark.parametrize(
    ("laid_off_on", "state"),
    [
        ("2017-11-01", ReferralState.REQUESTED),
        ("2017-11-02", None),
        ("2018-02-02", None),
    ],
    ids=["a day too early to count", "three months before", "on the day itself"],
)
def test_a_lay_off_around_the_hire_bars_the_subsidy(laid_off_on: str, state: ReferralState | None) -> None:
    center = placed(employer_laid_off_on=laid_off_on)
    assert date(2018, 2, 2) == center.case().today

    center.agency(PLACEMENT, "completed", outcome="hired")

    assert state is center.state(SUBSIDY)


def test_a_lay_off_within_the_year_after_is_told_to_the_employer_who_was_confirmed_already() -> None:
    center = placed()
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.agency(SUBSIDY, "completed", outcome="confirmed")
    center.later(days=300)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employer_laid_off_on": "2018-11-20"})

    assert (SUBSIDY, "laid_off") in center.told(LetterType.AMENDED)
    assert {SUBSIDY} == notice(center, "subsidy_barred")


def test_a_lay_off_more_than_a_year_after_the_hire_bars_nothing() -> None:
    center = placed()
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.agency(SUBSIDY, "completed", outcome="confirmed")
    center.later(days=400)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employer_laid_off_on": "2019-02-03"})

    assert (SUBSIDY, "laid_off") not in center.told(LetterType.AMENDED)


@pytest.mark.parametrize(
    ("days", "detail"),
    [(40, "months kept: 1; blocks: 0"), (200, "months kept: 6; blocks: 1"), (400, None)],
)
def test_a_dismissal_leaves_the_blocks_that_were_kept(days: int, detail: str | None) -> None:
    center = placed()
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=days)

    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")

    found = [draft.detail for (code, _), draft in center.notices.items() if code == "subsidy_cut"]
    assert ([] if detail is None else [detail]) == found
