"""Emergency aid: crisis before everything; the national scheme first, the city's own where that one says no."""

import pytest

from models.vocabulary import Basis, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to


def walked_in() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.LIVING, Need.JOB))
    center.opens()
    return center


def test_the_welfare_team_is_asked_at_once_and_told_that_it_is_urgent() -> None:
    center = walked_in()

    assert ("emergency-living-aid", "mapo-welfare-team") in center.asked()
    assert [True] == [
        letter.urgent for letter in center.letters if letter.referral_id == center.referral("emergency-living-aid").id
    ]


def test_the_law_lets_the_request_go_even_where_no_consent_was_signed() -> None:
    center = PaperCenter(case_of_a(Need.LIVING, consents=consents_to(None)))

    center.opens()

    aid = center.referral("emergency-living-aid")
    assert (ReferralState.REQUESTED, Basis.STATUTE) == (aid.state, aid.basis)
    assert "§7③" in (aid.basis_cite or "")


def test_aid_is_checked_decided_and_paid_within_two_days() -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "accepted")
    center.later(days=1)
    center.agency("emergency-living-aid", "progressed", milestone="field_checked")
    center.later(days=1)
    center.agency("emergency-living-aid", "progressed", milestone="decided")
    center.agency("emergency-living-aid", "progressed", milestone="paid_1")

    aid = center.referral("emergency-living-aid")
    assert (ReferralState.IN_PROGRESS, "paid_1") == (aid.state, aid.stands())


def test_the_later_check_is_a_lane_of_its_own_and_can_still_be_told_when_aid_has_ended() -> None:
    center = walked_in()
    center.agency("emergency-living-aid", "completed", outcome="ended")

    center.later(days=30)
    fate = center.agency("emergency-living-aid", "progressed", lane="review", milestone="adequate")

    aid = center.referral("emergency-living-aid")
    assert ("applied", ReferralState.COMPLETED, "adequate") == (fate, aid.state, aid.stands("review"))


def test_where_the_national_scheme_refuses_the_city_is_asked() -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "completed", outcome="refused")

    assert ("seoul-emergency-aid", "mapo-welfare-team") == center.asked()[-1]


def test_a_client_who_was_refused_is_not_sent_to_the_same_scheme_again() -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "declined", reason="crisis_not_found")

    assert ("seoul-emergency-aid", "mapo-welfare-team") == center.asked()[-1]
    assert 1 == [program for program, _ in center.asked()].count("emergency-living-aid")


@pytest.mark.parametrize("reason", ["not_competent", "capacity_full", "no_such_service"])
def test_an_agencys_own_no_leads_to_the_next_agency_and_the_city_waits_for_it(reason: str) -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "declined", reason=reason)

    assert ("emergency-living-aid", "mapo-district-office") == center.asked()[-1]
    assert not center.referral("seoul-emergency-aid").exists
    center.agency("emergency-living-aid", "completed", outcome="refused")
    assert ReferralState.REQUESTED is center.state("seoul-emergency-aid")


@pytest.mark.parametrize("reason", ["client_refused", "unreachable", "duplicate", "field_check_missed"])
def test_the_clients_own_no_and_an_aid_that_runs_elsewhere_send_no_data_to_the_city(reason: str) -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "declined", reason=reason)

    assert not center.referral("seoul-emergency-aid").exists
    assert "declined" in center.noticed()


def test_when_every_office_has_said_its_own_no_a_person_decides_about_the_city() -> None:
    center = walked_in()

    center.agency("emergency-living-aid", "declined", reason="capacity_full")
    center.agency("emergency-living-aid", "declined", reason="capacity_full")

    assert not center.referral("seoul-emergency-aid").exists
    assert "no_agency_left" in center.noticed()


def test_what_the_city_was_asked_in_its_place_ends_when_staff_ask_for_the_national_aid_again() -> None:
    center = walked_in()
    center.agency("emergency-living-aid", "declined", reason="crisis_not_found")

    center.staff("emergency-living-aid", "reopened", reason="papers_brought")

    assert ReferralState.REQUESTED is center.state("emergency-living-aid")
    city = center.referral("seoul-emergency-aid")
    assert (ReferralState.CANCELLED, "overtaken") == (city.state, city.reason)


def test_who_pays_aid_learns_of_the_new_job_once() -> None:
    center = walked_in()
    center.agency("emergency-living-aid", "accepted")
    center.agency("job-counseling", "completed", outcome="counseled")

    center.agency("employment-success-package", "completed", outcome="employed")
    center.opens()

    assert [("emergency-living-aid", "hired")] == center.told(LetterType.AMENDED)
