"""What goes on although no rule wants it: what staff chose without the need, and what an office handed on."""

from dataclasses import replace

import pytest

from models.case import ReferralView
from models.vocabulary import Desk, JourneyEvent, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import MORNING, case_of_a, consents_to, referral

BENEFIT, AID, CITY, PLACEMENT = (
    "single-parent-support",
    "emergency-living-aid",
    "seoul-emergency-aid",
    "job-placement",
)
WELFARE, OFFICE = "mapo-welfare-team", "mapo-district-office"
NEW_OFFICE, THIRD_OFFICE = "eunpyeong-district-office", "seodaemun-district-office"
SIGNED = (None, WELFARE, OFFICE, NEW_OFFICE, THIRD_OFFICE, "mid-career-job-hope-center", "mapo-outreach-job-team")


def walked_in(*needs: Need, signed: tuple[str | None, ...] = SIGNED) -> PaperCenter:
    center = PaperCenter(case_of_a(*needs, consents=consents_to(*signed)))
    center.opens()
    return center


def choose(center: PaperCenter, program: str, agency: str | None = None) -> None:
    desk = Desk(center.base.catalog.program(program).desk)
    told = {"program": program, "agency": agency}
    center.put(desk, "staff:front-desk", JourneyEvent.REFERRAL_CHOSEN, told, None, center.now)
    center.work()


def chosen(program: str = BENEFIT, *, signed: tuple[str | None, ...] = SIGNED) -> PaperCenter:
    center = walked_in(Need.JOB, signed=signed)
    choose(center, program)
    center.later(days=2)
    return center


def standing(center: PaperCenter, program: str = BENEFIT) -> tuple[str, ReferralState | None]:
    return center.referral(program).agency, center.state(program)


def standing_notices(center: PaperCenter) -> set[str]:
    """Return what the desks' rules tell a person now, after they were asked once more."""
    center.notices.clear()
    center.opens()
    return center.noticed()


# What staff chose


def test_what_staff_chose_is_handed_on_and_keeps_its_day() -> None:
    center = chosen()
    first = center.referral(BENEFIT)

    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)

    assert (NEW_OFFICE, ReferralState.REQUESTED) == standing(center)
    assert (first.id, first.application_date) == (
        center.referral(BENEFIT).predecessor_id,
        center.referral(BENEFIT).application_date,
    )


@pytest.mark.parametrize("reason", ["not_competent", "capacity_full"])
def test_where_its_agency_says_its_own_no_the_next_is_asked_and_at_last_a_person(reason: str) -> None:
    center = chosen()

    center.agency(BENEFIT, "declined", reason=reason)
    assert (OFFICE, ReferralState.REQUESTED) == standing(center)
    center.agency(BENEFIT, "declined", reason=reason)

    assert (OFFICE, ReferralState.DECLINED) == standing(center)
    assert "no_agency_left" in standing_notices(center)


def test_the_next_agency_waits_for_a_consent_and_is_asked_when_that_comes() -> None:
    center = chosen(signed=(None, WELFARE))
    center.agency(BENEFIT, "declined", reason="capacity_full")
    assert (OFFICE, ReferralState.DRAFTED) == standing(center)

    for by in ("self", "guardian"):
        items = ["name", "birth_date", "phone", "address", "household", "children", "recognized_income", "screening"]
        consent = {"purpose": "provision", "recipient": OFFICE, "items": items, "given_by": by}
        center.journey(JourneyEvent.CONSENT_GIVEN, consent={**consent, "valid_to": "2018-12-03"})

    assert (OFFICE, ReferralState.REQUESTED) == standing(center)


def test_where_nobody_answered_the_next_is_asked() -> None:
    center = chosen()

    center.staff(BENEFIT, "expired", reason="silence")

    assert (OFFICE, ReferralState.REQUESTED) == standing(center)


@pytest.mark.parametrize("reason", ["client_refused", "not_target", "duplicate"])
def test_the_clients_or_the_rules_no_comes_to_a_person(reason: str) -> None:
    center = chosen()

    center.agency(BENEFIT, "declined", reason=reason)

    assert (WELFARE, ReferralState.DECLINED) == standing(center)
    assert "declined" in standing_notices(center)


@pytest.mark.parametrize("needs", [(Need.JOB,), (Need.BENEFITS,)])
def test_what_an_agency_could_not_do_comes_to_a_person_whoever_wanted_it(needs: tuple[Need, ...]) -> None:
    center = walked_in(*needs)
    choose(center, BENEFIT)

    center.agency(BENEFIT, "failed")

    assert (WELFARE, ReferralState.FAILED) == standing(center)
    assert "failed" in standing_notices(center)


def test_what_it_could_not_do_after_it_was_asked_to_stop_is_missed_by_nobody() -> None:
    center = walked_in(Need.BENEFITS)
    center.agency(BENEFIT, "accepted")
    center.staff(BENEFIT, "withdrawn", reason="client_wish")

    center.agency(BENEFIT, "failed")

    assert "failed" not in standing_notices(center)


def test_what_staff_took_back_stays_taken_back() -> None:
    center = chosen()
    center.staff(BENEFIT, "withdrawn", reason="client_wish")

    center.opens()

    assert (WELFARE, ReferralState.CANCELLED) == standing(center)


def test_a_search_that_staff_chose_is_not_asked_of_the_next_agency_once_the_client_was_hired() -> None:
    center = walked_in(Need.LIVING)
    choose(center, PLACEMENT)
    choose(center, "employment-success-package")
    before = center.asked().count
    agency = center.referral(PLACEMENT).agency
    center.agency(PLACEMENT, "declined", reason="no_vacancy")
    assert agency != center.referral(PLACEMENT).agency
    center.agency("employment-success-package", "completed", outcome="employed")
    asked = len(center.asked())

    center.agency(PLACEMENT, "declined", reason="no_vacancy")
    center.opens()

    assert asked == len(center.asked())
    assert not center.referral(PLACEMENT).is_open
    assert before((PLACEMENT, agency)) == center.asked().count((PLACEMENT, agency))


def test_the_city_aid_that_staff_chose_is_not_asked_anew_beside_a_national_one() -> None:
    center = walked_in(Need.LIVING)
    choose(center, CITY)

    center.agency(CITY, "declined", reason="budget_used_up")

    assert (WELFARE, ReferralState.DECLINED) == standing(center, CITY)
    assert ("declined", f"{CITY}:{center.referral(CITY).number}") in center.notices


# What was handed on


def need_dropped(*, signed: tuple[str | None, ...] = SIGNED) -> PaperCenter:
    center = walked_in(Need.BENEFITS, signed=signed)
    center.agency(BENEFIT, "accepted")
    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job"])
    center.later(days=3)
    return center


def test_an_application_goes_on_although_the_need_was_dropped() -> None:
    center = need_dropped()

    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)

    assert (NEW_OFFICE, ReferralState.REQUESTED) == standing(center)


def test_its_draft_follows_the_client_who_moves_again() -> None:
    center = need_dropped(signed=(None, WELFARE, THIRD_OFFICE))
    day = center.referral(BENEFIT).application_date
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": "eunpyeong"})
    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)
    assert (NEW_OFFICE, ReferralState.DRAFTED) == standing(center)
    center.later(days=9)

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": "seodaemun"})

    assert (THIRD_OFFICE, ReferralState.REQUESTED) == standing(center)
    assert day == center.referral(BENEFIT).application_date


def test_what_no_other_office_can_take_comes_to_a_person() -> None:
    center = need_dropped()
    center.agency(BENEFIT, "redirected", redirect_to=OFFICE)

    center.agency(BENEFIT, "redirected", redirect_to=WELFARE)

    assert (OFFICE, ReferralState.REDIRECTED) == standing(center)
    assert "no_agency_left" in standing_notices(center)


def test_an_agencys_own_no_ends_what_nobody_asks_for_any_more() -> None:
    center = need_dropped()

    center.agency(BENEFIT, "declined", reason="capacity_full")

    assert (WELFARE, ReferralState.DECLINED) == standing(center)


@pytest.mark.parametrize("dropped", [True, False])
def test_what_followed_and_was_entered_in_error_is_not_asked_again_by_itself(*, dropped: bool) -> None:
    center = need_dropped()
    if not dropped:
        center.journey(JourneyEvent.NEEDS_CHANGED, needs=["benefits"])
    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)
    asked = len(center.asked())

    center.staff(BENEFIT, "voided", reason="wrong_person")

    assert asked == len(center.asked())
    assert "voided_before" in center.noticed()


def test_what_is_open_in_another_journey_of_hers_is_not_asked_twice() -> None:
    center = need_dropped()
    object.__setattr__(center.base, "elsewhere", {BENEFIT: "R-2017-000099-1"})

    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)

    assert (WELFARE, ReferralState.REDIRECTED) == standing(center)
    assert "already_open" in center.noticed()


# What was open twice for one person


def merged(kept: ReferralView) -> PaperCenter:
    """Return a journey into which another one ended, whose referral of the same program was younger and gave way."""
    gave_way = referral(BENEFIT, OFFICE, ReferralState.CANCELLED, nth=2, reason="duplicate")
    case = case_of_a(Need.JOB, consents=consents_to(*SIGNED), referrals=(kept, gave_way))
    return PaperCenter(case, rows={each.id: each for each in case.referrals})


def test_a_referral_that_gave_way_hides_nothing_that_an_office_hands_on() -> None:
    center = merged(referral(BENEFIT, WELFARE, ReferralState.REDIRECTED, redirect_to=NEW_OFFICE))

    center.opens()

    assert (NEW_OFFICE, ReferralState.REQUESTED) == standing(center)


def test_nor_that_a_benefit_is_paid() -> None:
    paid = referral(BENEFIT, WELFARE, ReferralState.COMPLETED, outcome="granted", outcome_at=MORNING)

    assert merged(paid).case().is_current(BENEFIT)


def test_what_led_to_one_that_gave_way_counts_no_more_than_that() -> None:
    paid = referral(BENEFIT, WELFARE, ReferralState.COMPLETED, outcome="granted", outcome_at=MORNING)
    handed_on = referral(BENEFIT, OFFICE, ReferralState.REDIRECTED, nth=2, redirect_to=NEW_OFFICE)
    gave_way = replace(
        referral(BENEFIT, NEW_OFFICE, ReferralState.CANCELLED, nth=3, reason="duplicate"), predecessor_id=handed_on.id
    )

    case = case_of_a(Need.BENEFITS, referrals=(paid, handed_on, gave_way))

    assert paid.id == case.referral(BENEFIT).id
    alone = case_of_a(Need.BENEFITS, referrals=(handed_on, gave_way))
    assert gave_way.id == alone.referral(BENEFIT).id
