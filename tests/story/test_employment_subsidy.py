"""Employment subsidy: the employer's, not the client's; it follows from a hire."""

from models.vocabulary import Desk, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a

SUBSIDY = "employment-promotion-subsidy"


def hired() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.JOB))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.later(days=196)
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"program_completed": True, "program_completed_on": "2018-06-15"})
    center.agency("employment-success-package", "completed", outcome="employed")
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


def test_a_dismissal_is_told_to_whoever_claims() -> None:
    center = hired()
    center.agency(SUBSIDY, "accepted")
    center.agency("job-counseling", "received")

    told = [kind for kind in center.told(LetterType.AMENDED) if kind[0] == SUBSIDY]

    assert [] == told
    assert Desk.EMPLOYMENT_SUBSIDY not in center.set_aside
