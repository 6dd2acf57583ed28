"""Taking back, waiting and taking up again: every way a referral does not simply go through to its end."""

from datetime import timedelta

import pytest

from models.turns import Move, turns_of
from models.vocabulary import Desk, JourneyEvent, LetterType, Need, Party, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

COUNSELING, BENEFIT = "financial-counseling", "single-parent-support"


def asked(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*(needs or (Need.DEBT,))))
    center.opens()
    return center


def letters(center: PaperCenter, program: str) -> list[tuple[LetterType, str | None]]:
    return [
        (letter.type, letter.reason) for letter in center.letters if center.rows[letter.referral_id].program == program
    ]


# Cancellation


@pytest.mark.parametrize("word", ["received", "waitlisted"])
def test_before_work_begins_the_center_cancels_and_the_agency_hears_it(word: str) -> None:
    center = asked()
    center.agency(COUNSELING, word)

    center.staff(COUNSELING, "withdrawn", reason="client_wish")

    assert (ReferralState.CANCELLED, "client_wish") == (center.state(COUNSELING), center.referral(COUNSELING).reason)
    assert (LetterType.CANCELLED, "client_wish") == letters(center, COUNSELING)[-1]


def test_after_work_began_the_agency_confirms_and_the_centers_reason_stays() -> None:
    center = asked()
    center.agency(COUNSELING, "started")

    center.staff(COUNSELING, "withdrawn", reason="client_wish")
    assert ReferralState.CANCEL_REQUESTED is center.state(COUNSELING)
    assert (LetterType.CANCEL_REQUESTED, "client_wish") == letters(center, COUNSELING)[-1]
    center.agency(COUNSELING, "cancelled", reason="file_closed")

    assert (ReferralState.CANCELLED, "client_wish") == (center.state(COUNSELING), center.referral(COUNSELING).reason)


def test_completion_wins_the_race() -> None:
    center = asked()
    center.agency(COUNSELING, "started")
    finished_at = center.now
    center.later(hours=1)
    center.staff(COUNSELING, "withdrawn", reason="client_wish")
    center.later(hours=1)

    fate = center.agency(COUNSELING, "completed", outcome="loan", at=finished_at)

    assert ("applied", ReferralState.COMPLETED) == (fate, center.state(COUNSELING))


def test_what_a_person_withdrew_is_not_asked_again_by_a_rule() -> None:
    center = asked()
    center.staff(COUNSELING, "withdrawn", reason="client_wish")

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"creditors": 9})

    assert 1 == center.asked().count((COUNSELING, "microfinance-desk"))


# On hold, waitlist


def test_while_papers_are_missing_it_is_the_clients_turn_and_then_the_agencys_again() -> None:
    center = asked()
    center.agency(COUNSELING, "accepted")
    center.later(days=2)
    center.agency(COUNSELING, "held", reason="papers_missing")
    center.later(days=5)
    center.agency(COUNSELING, "resumed")
    center.later(days=1)

    rows = [row for row, _ in center.log if row.referral_id == center.referral(COUNSELING).id]
    turns = turns_of([Move(row.occurred_at, row.end) for row in rows], center.now)
    assert timedelta(days=5) == turns.by_party[Party.CLIENT]
    assert timedelta(days=3) == turns.by_party[Party.AGENCY]
    assert ReferralState.IN_PROGRESS is center.state(COUNSELING)


def test_who_waits_in_the_queue_is_taken_in_turn() -> None:
    center = asked()

    center.agency(COUNSELING, "waitlisted")
    assert ReferralState.WAITLISTED is center.state(COUNSELING)
    center.later(days=20)
    center.agency(COUNSELING, "accepted")

    assert ReferralState.ACCEPTED is center.state(COUNSELING)


# Entered in error, reopening


def test_what_should_never_have_been_is_taken_back_and_not_asked_again_by_itself() -> None:
    center = asked()
    center.agency(COUNSELING, "accepted")

    center.staff(COUNSELING, "voided", reason="wrong_person")

    assert [ReferralState.ENTERED_IN_ERROR] == [r.state for r in center.rows.values() if r.program == COUNSELING]
    assert (LetterType.CANCELLED, "wrong_person") == letters(center, COUNSELING)[-1]
    assert "voided_before" in center.noticed()


def test_a_decline_can_be_reopened_with_a_reason_and_is_asked_anew() -> None:
    center = asked(Need.BENEFITS)
    center.agency(BENEFIT, "declined", reason="data_refused")
    assert "declined" in center.noticed()

    center.staff(BENEFIT, "reopened", reason="papers_brought")

    assert ReferralState.REQUESTED is center.state(BENEFIT)
    reopened = [row for row, _ in center.log if row.event == "reopened"]
    assert ["papers_brought"] == [row.reason for row in reopened]
    assert 2 == center.asked().count((BENEFIT, "mapo-welfare-team"))


def test_what_is_completed_can_be_taken_up_again_and_its_outcome_is_open() -> None:
    center = asked()
    center.agency(COUNSELING, "completed", outcome="counseled_only")

    center.staff(COUNSELING, "reopened", reason="new_debts")

    assert (ReferralState.IN_PROGRESS, None) == (center.state(COUNSELING), center.referral(COUNSELING).outcome)


# Counter-proposal


def proposed() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.DEBT, consents=consents_to(None, "microfinance-desk", "legal-aid")))
    center.opens()
    center.agency(COUNSELING, "completed", outcome="advise_rehabilitation")
    center.agency(
        "individual-rehabilitation", "declined", reason="no_regular_income", proposed_program="private-workout"
    )
    return center


def chooses(center: PaperCenter, program: str, desk: Desk) -> None:
    center.put(desk, "staff:x", JourneyEvent.REFERRAL_CHOSEN, {"program": program}, None, center.now)
    center.work()


def test_a_counter_proposal_is_shown_to_a_person_and_decides_nothing() -> None:
    center = proposed()

    number = center.referral("individual-rehabilitation").number
    assert ("counter_proposal", f"{number}:private-workout") in center.notices
    assert not center.referral("private-workout").exists


def test_one_event_accepts_it_and_the_routing_rules_name_the_agency() -> None:
    center = proposed()

    chooses(center, "private-workout", Desk.DEBT_RELIEF)

    workout = center.referral("private-workout")
    assert (ReferralState.REQUESTED, "microfinance-desk") == (workout.state, workout.agency)


def test_a_proposal_of_another_desks_program_is_accepted_at_that_desk() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "declined", reason="no_debt", proposed_program="emergency-living-aid")

    chooses(center, "emergency-living-aid", Desk.EMERGENCY_AID)

    assert ReferralState.REQUESTED is center.state("emergency-living-aid")


def test_a_proposal_of_what_nobody_knows_is_brought_to_a_person() -> None:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()

    fate = center.agency(COUNSELING, "declined", reason="no_debt", proposed_program="a-wonder")

    assert "held_back: unknown_word" == fate
