"""Welfare benefits: one application form, three programs, each decided by its own office."""

from models.vocabulary import JourneyEvent, LetterType, Need
from tests.story.center import PaperCenter
from tests.story.people import case_of_a


def walked_in(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*(needs or (Need.BENEFITS,))))
    center.opens()
    return center


def test_every_benefit_that_looks_likely_is_asked_of_the_team_in_the_center() -> None:
    center = walked_in()

    benefits = [asked for asked in center.asked() if asked[0] != "job-counseling"]
    assert [("single-parent-support", "mapo-welfare-team"), ("education-benefit", "mapo-welfare-team")] == benefits


def test_a_fact_that_is_missing_is_asked_of_staff_and_taken_up_when_it_is_known() -> None:
    center = walked_in()
    assert "facts_missing" in center.noticed()

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"obligor_ok": True})

    assert ("copay-relief", "mapo-welfare-team") in center.asked()


def test_copay_relief_is_asked_of_the_district_and_decided_by_the_insurer() -> None:
    center = walked_in()
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"obligor_ok": True})
    center.agency("copay-relief", "accepted")

    center.agency("copay-relief", "progressed", milestone="notified_nhis")
    by_the_district = center.agency("copay-relief", "progressed", milestone="recognized")
    by_the_insurer = center.agency("copay-relief", "progressed", milestone="recognized", by="nhis")

    assert ("parked: not_theirs", "applied") == (by_the_district, by_the_insurer)
    assert "recognized" == center.referral("copay-relief").stands()


def test_every_office_that_pays_learns_that_the_client_was_hired() -> None:
    center = walked_in(Need.BENEFITS, Need.JOB)
    center.agency("single-parent-support", "completed", outcome="granted")
    center.agency("education-benefit", "completed", outcome="refused")
    center.agency("job-counseling", "completed", outcome="counseled")

    center.agency("employment-success-package", "completed", outcome="employed")

    assert [("single-parent-support", "hired")] == center.told(LetterType.AMENDED)
