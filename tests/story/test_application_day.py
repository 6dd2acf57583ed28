"""The day of application: the one on which an office is asked, which starts the law's clock."""

from datetime import date, timedelta

from models.case import ConsentView
from models.counting import day_of
from models.vocabulary import JourneyEvent, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import ALL_ITEMS, WALKED_IN, case_of_a, consents_to

SUPPORT = "single-parent-support"
WELFARE = "mapo-welfare-team"
NEW_OFFICE = "eunpyeong-district-office"


def opened(*consents: ConsentView) -> PaperCenter:
    center = PaperCenter(case_of_a(Need.BENEFITS, consents=consents))
    center.opens()
    return center


def signed(center: PaperCenter, recipient: str) -> None:
    for by in ("self", "guardian"):
        consent = {"purpose": "provision", "recipient": recipient, "items": sorted(ALL_ITEMS), "given_by": by}
        center.journey(JourneyEvent.CONSENT_GIVEN, consent={**consent, "valid_to": "2029-01-01"})


def applied(center: PaperCenter) -> tuple[ReferralState | None, date]:
    about = center.referral(SUPPORT)
    return about.state, about.application_date


def test_what_waited_for_a_consent_is_applied_for_on_the_day_it_goes_out() -> None:
    center = opened()
    assert (ReferralState.DRAFTED, WALKED_IN) == applied(center)
    center.later(days=45)

    signed(center, WELFARE)

    assert (ReferralState.REQUESTED, WALKED_IN + timedelta(days=45)) == applied(center)


def test_what_was_withdrawn_and_is_asked_again_is_a_new_application() -> None:
    center = opened(*consents_to(None, WELFARE))
    center.later(days=2)
    center.staff(SUPPORT, "withdrawn", reason="client_wish")
    center.later(days=150)

    center.staff(SUPPORT, "reopened", reason="client_is_back")

    assert (ReferralState.REQUESTED, day_of(center.now)) == applied(center)


def test_what_the_wrong_office_hands_on_keeps_its_day_however_long_the_new_draft_waits() -> None:
    center = opened(*consents_to(None, WELFARE))
    center.later(days=1)
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": "eunpyeong"})
    center.agency(SUPPORT, "redirected", redirect_to=NEW_OFFICE)
    assert (ReferralState.DRAFTED, WALKED_IN) == applied(center)
    center.later(days=20)

    signed(center, NEW_OFFICE)

    assert (ReferralState.REQUESTED, WALKED_IN) == applied(center)


def test_an_upheld_appeal_takes_up_the_first_application() -> None:
    center = opened(*consents_to(None, WELFARE))
    center.agency(SUPPORT, "declined", reason="not_target")
    center.later(days=60)

    center.agency(SUPPORT, "progressed", lane="appeal", milestone="upheld")

    assert (ReferralState.REQUESTED, WALKED_IN) == applied(center)
