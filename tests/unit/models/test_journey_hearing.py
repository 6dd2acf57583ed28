"""Hearing of the whole journey: facts, needs and consents, as staff told them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from flows.desks import HEARS
from models.hearing import hear
from models.vocabulary import Desk, JourneyEvent, LetterType, Need, ReferralState
from models.work import CaseWork, HeardEvent, Stuck
from tests.story.people import MORNING, case_of_a, consents_to, referral

PROVISION = {"purpose": "provision", "items": ["name"], "valid_to": "2018-12-03"}


def tell(work: CaseWork, word: JourneyEvent, nth: int = 1, **data: object) -> None:
    hear(work, HeardEvent(id=nth, source="staff:desk", word=word, data=data, occurred_at=MORNING), HEARS)


def at_intake(**case: Any) -> CaseWork:  # noqa: ANN401 - what `case_of_a` takes
    return CaseWork(case=case_of_a(**case), desk=Desk.INTAKE, now=MORNING)


def test_every_other_desk_hears_that_somebody_walked_in() -> None:
    work = at_intake()

    tell(work, JourneyEvent.OPENED)

    assert set(Desk) - {Desk.INTAKE} == {tell.desk for tell in work.tells}


def test_facts_that_changed_take_the_place_of_the_old_ones_and_leave_the_others() -> None:
    work = at_intake()

    tell(work, JourneyEvent.FACTS_CHANGED, facts={"employed": True, "monthly_income": 1_700_000})

    assert (True, 1_700_000, "mapo") == (
        work.case.facts.employed,
        work.case.facts.monthly_income,
        work.case.facts.district,
    )
    assert work.journey_changed


@pytest.mark.parametrize("facts", [{"monthly_income": -1}, {"hair": "black"}, {"crisis": "boredom"}])
def test_facts_that_cannot_be_are_for_a_person_and_their_values_for_nobody_else(facts: dict[str, object]) -> None:
    work = at_intake()

    with pytest.raises(Stuck) as stuck:
        tell(work, JourneyEvent.FACTS_CHANGED, facts=facts)

    assert ("impossible_facts", f"fields: {next(iter(facts))}") == (stuck.value.reason, stuck.value.detail)
    assert case_of_a() == work.case


def test_needs_are_what_the_client_last_said() -> None:
    work = at_intake()

    tell(work, JourneyEvent.NEEDS_CHANGED, needs=["debt", "job"])

    assert {Need.DEBT, Need.JOB} == work.case.wants


def test_a_consent_holds_from_today_where_no_day_is_named() -> None:
    work = at_intake(consents=())

    tell(work, JourneyEvent.CONSENT_GIVEN, consent={**PROVISION, "recipient": "nhis"})

    [consent] = work.new_consents
    assert consent.holds_on(work.today)
    assert (consent,) == work.case.consents


def test_a_consent_that_is_taken_back_no_longer_carries_anything() -> None:
    work = at_intake(
        consents=consents_to("nhis", "microfinance-desk"),
        referrals=(
            referral("financial-counseling", "microfinance-desk", ReferralState.REQUESTED, basis="consent"),
            referral("emergency-living-aid", "mapo-welfare-team", ReferralState.REQUESTED, basis="statute", nth=2),
        ),
    )

    tell(work, JourneyEvent.CONSENT_WITHDRAWN, recipient="microfinance-desk")

    assert {"nhis"} == {consent.recipient for consent in work.case.consents if consent.holds_on(work.today)}
    assert [LetterType.CONSENT_REVOKED] == [letter.type for letter in work.letters]


def test_who_takes_back_collection_takes_back_everything() -> None:
    work = at_intake(
        consents=consents_to(None, "nhis", "microfinance-desk"),
        referrals=(
            referral("financial-counseling", "microfinance-desk", ReferralState.REQUESTED, basis="consent"),
            referral("emergency-living-aid", "mapo-welfare-team", ReferralState.REQUESTED, basis="statute", nth=2),
        ),
    )

    tell(work, JourneyEvent.CONSENT_WITHDRAWN, purpose="collection")

    assert work.case.collection_withdrawn
    assert [] == [consent for consent in work.case.consents if consent.holds_on(work.today)]
    assert {None, "nhis", "microfinance-desk"} == work.withdrawn_recipients
    # What was told on a statute was no matter of consent.
    assert [(LetterType.CONSENT_REVOKED, work.case.referrals[0].id)] == [(w.type, w.referral_id) for w in work.letters]


def test_a_consent_to_collection_that_ran_out_or_was_given_anew_is_not_taken_back() -> None:
    fresh = {"purpose": "collection", "items": ["name"], "valid_to": "2018-12-03"}
    work = at_intake(consents=consents_to(None))
    assert not work.case.collection_withdrawn
    assert not replace(work.case, today=date(2031, 1, 1)).collection_withdrawn

    tell(work, JourneyEvent.CONSENT_WITHDRAWN, 1, purpose="collection")
    tell(work, JourneyEvent.CONSENT_GIVEN, 2, consent=fresh)

    assert not work.case.collection_withdrawn


def test_a_consent_given_and_taken_back_within_one_batch_is_written_as_taken_back() -> None:
    work = at_intake(consents=())

    tell(work, JourneyEvent.CONSENT_GIVEN, 1, consent={**PROVISION, "recipient": "nhis"})
    tell(work, JourneyEvent.CONSENT_WITHDRAWN, 2, recipient="nhis")
    tell(work, JourneyEvent.CONSENT_GIVEN, 3, consent={**PROVISION, "recipient": "nhis"})

    assert [True, False] == [consent.withdrawn for consent in work.new_consents]
