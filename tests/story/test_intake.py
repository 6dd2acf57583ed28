"""Intake: one interview, and every agency that can help is asked the same day."""

from models.vocabulary import JourneyEvent, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to


def test_whoever_walks_in_is_counseled_by_the_employment_center() -> None:
    center = PaperCenter(case_of_a(Need.JOB))

    center.opens()

    assert [("job-counseling", "seoul-west-employment-center")] == center.asked()


def test_one_interview_asks_every_agency_that_can_help_at_once() -> None:
    center = PaperCenter(case_of_a(Need.LIVING, Need.DEBT))

    center.opens()

    assert {
        ("job-counseling", "seoul-west-employment-center"),
        ("emergency-living-aid", "mapo-welfare-team"),
        ("financial-counseling", "microfinance-desk"),
    } == set(center.asked())


def test_nothing_leaves_the_center_for_an_agency_the_client_did_not_allow_to_know() -> None:
    center = PaperCenter(case_of_a(Need.DEBT, consents=consents_to(None)))

    center.opens()

    assert ReferralState.DRAFTED is center.state("financial-counseling")
    assert "consent" == center.referral("financial-counseling").waits_for
    assert "consent_missing" in center.noticed()
    assert [("job-counseling", "seoul-west-employment-center")] == center.asked()


def test_when_the_client_signs_the_letter_goes_out_the_same_hour() -> None:
    center = PaperCenter(case_of_a(Need.DEBT, consents=consents_to(None)))
    center.opens()

    items = ["name", "phone", "income", "debts"]
    signed = {"purpose": "provision", "recipient": "microfinance-desk", "items": items, "valid_to": "2018-12-03"}
    center.journey(JourneyEvent.CONSENT_GIVEN, consent=signed)

    assert ("financial-counseling", "microfinance-desk") in center.asked()
    assert ("consent", tuple(items)) == (
        center.referral("financial-counseling").basis,
        center.referral("financial-counseling").items,
    )


def test_a_new_need_is_taken_up_when_the_client_speaks_of_it() -> None:
    center = PaperCenter(case_of_a(Need.JOB))
    center.opens()

    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job", "debt"])

    assert ("financial-counseling", "microfinance-desk") in center.asked()


def test_who_takes_a_consent_back_is_obeyed_at_every_agency_that_has_a_letter() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()

    center.journey(JourneyEvent.CONSENT_WITHDRAWN, recipient="microfinance-desk")

    assert ["consent.revoked"] == [letter.type for letter in center.letters if "revoked" in letter.type]
