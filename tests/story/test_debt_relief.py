"""Debt relief: counseling first; the counselor's advice decides which road follows."""

import pytest

from models.vocabulary import LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a


def walked_in(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*(needs or (Need.DEBT,)), seizure_pending=False))
    center.opens()
    return center


def test_counseling_comes_before_everything_else() -> None:
    center = walked_in()

    assert ("financial-counseling", "microfinance-desk") in center.asked()
    assert not any(center.referral(p).exists for p in ("individual-rehabilitation", "private-workout", "bankruptcy"))


def test_whose_creditors_stand_at_the_door_goes_to_legal_aid_first() -> None:
    center = PaperCenter(case_of_a(Need.DEBT, seizure_pending=True))

    center.opens()

    assert ("financial-counseling", "legal-aid") in center.asked()


@pytest.mark.parametrize(
    ("advice", "road", "agency"),
    [
        ("advise_rehabilitation", "individual-rehabilitation", "legal-aid"),
        ("advise_workout", "private-workout", "microfinance-desk"),
        ("advise_bankruptcy", "bankruptcy", "legal-aid"),
    ],
)
def test_the_advice_decides_the_road(advice: str, road: str, agency: str) -> None:
    center = walked_in()

    center.agency("financial-counseling", "completed", outcome=advice)

    assert (road, agency) == center.asked()[-1]


def test_a_loan_is_the_end_of_it() -> None:
    center = walked_in()
    before = center.asked()

    center.agency("financial-counseling", "completed", outcome="loan")

    assert before == center.asked()


def test_legal_aid_files_and_the_court_is_heard_through_the_paper() -> None:
    center = walked_in()
    center.agency("financial-counseling", "completed", outcome="advise_rehabilitation")

    for milestone in ("prepared", "filed"):
        center.later(days=20)
        center.agency("individual-rehabilitation", "progressed", milestone=milestone)
    center.later(days=7)
    stayed = center.agency(
        "individual-rehabilitation", "progressed", milestone="stay_ordered", by="seoul-bankruptcy-court"
    )

    assert ("applied", "stay_ordered") == (stayed, center.referral("individual-rehabilitation").stands())


def test_an_agency_that_says_no_is_not_asked_again_but_the_next_one_is() -> None:
    center = walked_in()
    first = center.referral("financial-counseling")

    center.agency("financial-counseling", "redirected")

    second = center.referral("financial-counseling")
    assert (ReferralState.REDIRECTED, "legal-aid") == (center.rows[first.id].state, second.agency)


def test_who_files_in_court_learns_of_the_new_job() -> None:
    center = walked_in(Need.DEBT, Need.JOB)
    center.agency("financial-counseling", "completed", outcome="advise_rehabilitation")
    center.agency("individual-rehabilitation", "progressed", milestone="filed")
    center.agency("job-counseling", "completed", outcome="counseled")

    center.agency("employment-success-package", "completed", outcome="employed")

    assert [("individual-rehabilitation", "hired")] == center.told(LetterType.AMENDED)
