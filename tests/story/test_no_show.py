"""The client does not come: counted apart from every refusal, given up at last, and let rest with a way back."""

from typing import Any

import pytest

from models.deadlines import deadlines_of
from models.due import DueStatus
from models.turns import Move, turns_of
from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a

COUNSELING = "financial-counseling"


def asked() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.DEBT))
    center.opens()
    center.agency(COUNSELING, "accepted")
    return center


def said(center: PaperCenter, *milestones: str, by_staff: bool = False) -> None:
    for milestone in milestones:
        center.later(days=1)
        say = center.staff if by_staff else center.agency
        say(COUNSELING, "progressed", lane="contact", milestone=milestone)


def not_reached(center: PaperCenter) -> None:
    said(center, "appointment_set", "appointment_missed", "appointment_set", "appointment_missed")
    said(center, "contact_attempted", "contact_attempted", "contact_attempted", by_staff=True)


def gives_up(center: PaperCenter) -> str:
    about = center.referral(COUNSELING)
    event = center.put(about.desk, "follow-up:overdue", "expired", {"reason": "no_show"}, about.number, center.now)
    center.work()
    return center.fates[event.id][0].value


def silence(center: PaperCenter) -> DueStatus | None:
    about = center.referral(COUNSELING)
    rows = [row for row, _ in center.log if row.referral_id == about.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    found = {due.code: due.status for due in deadlines_of(about, turns, center.case(), center.now)}
    return found.get("D35-no-show")


def test_what_is_told_of_appointments_moves_nothing_and_refuses_nothing() -> None:
    center = asked()

    not_reached(center)

    about = center.referral(COUNSELING)
    assert (ReferralState.ACCEPTED, "contact_attempted") == (about.state, about.stands("contact"))
    assert frozenset() == center.case().refused(COUNSELING)


def test_what_staff_note_makes_no_word_of_the_agency_late() -> None:
    center = asked()
    center.later(days=1)
    center.staff(COUNSELING, "progressed", lane="contact", milestone="contact_attempted")

    fate = center.agency(COUNSELING, "started", at=center.now.replace(hour=0))

    assert ("applied", ReferralState.IN_PROGRESS) == (fate, center.state(COUNSELING))


def test_thirty_days_of_silence_begin_after_two_missed_appointments_and_three_attempts() -> None:
    center = asked()
    said(center, "appointment_missed", "contact_attempted", "contact_attempted", "contact_attempted")
    assert silence(center) is None
    said(center, "appointment_missed")

    assert DueStatus.RUNNING is silence(center)
    center.later(days=31)
    assert DueStatus.LATE is silence(center)


def test_who_was_reached_begins_anew() -> None:
    center = asked()
    not_reached(center)

    said(center, "contact_made", "appointment_missed")

    assert silence(center) is None


AT_WORK: list[list[tuple[str, dict[str, Any]]]] = [
    [("started", {})],
    [("held", {}), ("resumed", {})],
    [("progressed", {"milestone": "counseled"})],
]


@pytest.mark.parametrize("work", AT_WORK)
def test_whoever_is_at_work_with_the_client_has_found_the_client(work: list[tuple[str, dict[str, Any]]]) -> None:
    center = asked()
    not_reached(center)
    center.later(days=3)
    for word, data in work:
        center.agency(COUNSELING, word, **data)
        center.later(hours=1)

    center.later(days=31)
    assert silence(center) is None
    said(center, "appointment_missed", "contact_attempted")
    assert silence(center) is None, "what was missed before the work counts no more"


def test_an_agency_that_only_waits_for_the_client_has_found_nobody() -> None:
    center = asked()
    not_reached(center)
    center.later(days=1)

    center.agency(COUNSELING, "held")

    center.later(days=31)
    assert DueStatus.LATE is silence(center)


def test_after_the_silence_the_referral_expires_and_the_journey_rests() -> None:
    center = asked()
    not_reached(center)
    center.later(days=31)

    assert "applied" == gives_up(center)

    about = center.referral(COUNSELING)
    assert (ReferralState.EXPIRED, "no_show") == (about.state, about.reason)
    assert "no_show" == center.case().dormant_reason
    assert "client_dormant" in center.noticed()
    assert [(COUNSELING, "no_show")] == [
        (center.rows[letter.referral_id].program, letter.reason)
        for letter in center.letters
        if letter.type is LetterType.CANCELLED
    ]


def test_work_that_has_begun_can_be_given_up_too() -> None:
    center = asked()
    center.agency(COUNSELING, "progressed", milestone="appointment_made")
    not_reached(center)

    gives_up(center)

    assert ReferralState.EXPIRED is center.state(COUNSELING)


def test_while_it_rests_nothing_is_disclosed_whatever_is_learned() -> None:
    center = asked()
    gives_up(center)
    before = len(center.letters)

    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["debt", "living", "benefits", "job"])
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": "eunpyeong"})
    center.agency("job-counseling", "completed", outcome="counseled")

    assert before == len(center.letters)
    assert {"job-counseling", COUNSELING} == {row.program for row in center.rows.values()}


def test_consents_stay_as_they_were_given() -> None:
    center = asked()
    before = center.base.consents

    gives_up(center)

    assert before == center.base.consents


def test_who_comes_back_is_sent_to_the_same_agency_again() -> None:
    center = asked()
    first = center.referral(COUNSELING)
    gives_up(center)

    center.journey(JourneyEvent.WOKEN)

    again = center.referral(COUNSELING)
    assert (ReferralState.REQUESTED, "microfinance-desk", first.id) == (again.state, again.agency, again.predecessor_id)
    assert center.case().dormant_since is None


def test_a_client_who_is_reached_wakes_the_journey() -> None:
    center = asked()
    gives_up(center)

    center.staff("job-counseling", "progressed", lane="contact", milestone="contact_made")

    assert center.case().dormant_since is None
    assert ReferralState.REQUESTED is center.state(COUNSELING)


def test_reopening_what_was_given_up_is_a_way_back_too() -> None:
    center = asked()
    gives_up(center)

    center.staff(COUNSELING, "reopened", reason="client_is_back")

    assert (ReferralState.REQUESTED, None) == (center.state(COUNSELING), center.case().dormant_since)


def test_staff_may_let_a_journey_rest_and_only_staff_wake_that() -> None:
    center = asked()

    center.journey(JourneyEvent.MADE_DORMANT, reason="client_wish")
    center.staff("job-counseling", "progressed", lane="contact", milestone="contact_made")

    assert "client_wish" == center.case().dormant_reason
    assert ReferralState.ACCEPTED is center.state(COUNSELING), "what was asked stays with the agency"
    center.journey(JourneyEvent.WOKEN)
    assert center.case().dormant_reason is None


def test_an_agencys_silence_is_no_no_show() -> None:
    center = asked()

    center.staff(COUNSELING, "expired", reason="silence")

    assert center.case().dormant_since is None
    assert "legal-aid" == center.referral(COUNSELING).agency
