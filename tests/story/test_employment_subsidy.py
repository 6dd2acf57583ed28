"""Employment subsidy: the employer's, not the client's; it follows from a hire."""

from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

SUBSIDY = "employment-promotion-subsidy"


PROGRAM = "employment-success-package"


def hired() -> PaperCenter:
    center = PaperCenter(
        case_of_a(Need.JOB, consents=consents_to(None, "sunny-day-care", "mid-career-job-hope-center"))
    )
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PROGRAM, "progressed", milestone="stage3")
    center.later(days=196)
    learned = {"program_completed": True, "program_completed_on": "2018-06-15", "employer": "sunny-day-care"}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)
    center.agency("job-placement", "completed", outcome="hired")
    return center


def test_nobody_hears_of_a_subsidy_before_there_is_a_job() -> None:
    center = PaperCenter(case_of_a(Need.JOB))

    center.opens()

    assert not center.referral(SUBSIDY).exists


def test_the_employer_who_hired_learns_that_the_worker_is_a_target() -> None:
    center = hired()

    assert (SUBSIDY, "sunny-day-care") == center.asked()[-1]
    assert ("name", "hire", "target_confirmation") == center.referral(SUBSIDY).items


def test_the_first_block_runs_and_the_employment_center_pays_it() -> None:
    center = hired()

    center.agency(SUBSIDY, "progressed", milestone="target_confirmed")
    center.agency(SUBSIDY, "progressed", milestone="block1_running")
    center.later(days=185)
    by_the_employer = center.agency(SUBSIDY, "progressed", milestone="block1_paid")
    by_the_center = center.agency(SUBSIDY, "progressed", milestone="block1_paid", by="seoul-west-employment-center")

    assert ("parked: not_theirs", "applied") == (by_the_employer, by_the_center)
    assert (ReferralState.IN_PROGRESS, "block1_paid") == (center.state(SUBSIDY), center.referral(SUBSIDY).stands())


def test_while_nobody_has_said_who_hired_the_client_staff_are_asked() -> None:
    center = PaperCenter(case_of_a(Need.JOB))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")

    center.agency(PROGRAM, "completed", outcome="employed")

    assert ("facts_missing", f"{SUBSIDY}:employer") in center.notices
    assert not center.referral(SUBSIDY).exists


def test_a_dismissal_is_told_to_whoever_claims() -> None:
    center = hired()

    center.later(days=40)
    center.agency("job-placement", "progressed", lane="retention", milestone="dismissed")

    assert (SUBSIDY, "dismissed") == center.told(LetterType.AMENDED)[-1]
    assert (
        "months kept: 1; blocks: 0"
        == center.notices["subsidy_cut", f"{SUBSIDY}:{center.referral(SUBSIDY).number}"].detail
    )
