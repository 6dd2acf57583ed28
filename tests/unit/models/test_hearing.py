"""Hearing: what one event does to one case, and the fate it gets for it."""

from datetime import timedelta
from typing import Any

import pytest

from flows.desks import HEARS
from models.case import ReferralView
from models.hearing import FUTURE_ALLOWED, hear
from models.vocabulary import Desk, Fate, Happened, LetterType, ReferralState
from models.work import CaseWork, HeardEvent, Stuck
from tests.story.people import MORNING, case_of_a, referral

S = ReferralState
AID = ("emergency-living-aid", "mapo-welfare-team")
HOUR = timedelta(hours=1)


def work_on(*referrals: ReferralView, desk: Desk = Desk.EMERGENCY_AID) -> CaseWork:
    return CaseWork(case=case_of_a(referrals=referrals), desk=desk, now=MORNING)


def tell(
    work: CaseWork, word: str, *, source: str = "agency:mapo-welfare-team", hours: float = 0, nth: int = 1, **data: Any
) -> tuple[Fate, str | None]:
    """Let something be said of the nth referral some hours after the morning; return its fate."""
    number = next((r.number for r in work.case.referrals if r.id.int == 1000 + nth), "R-2017-999999-9")
    event = HeardEvent(
        id=1 + len(work.fates),
        source=source,
        word=word,
        data=data,
        occurred_at=MORNING + hours * HOUR,
        referral_number=number,
    )
    hear(work, event, HEARS)
    return work.fates[event.id]


# The fates


def test_what_is_new_is_applied_and_is_the_cause_of_one_row_of_the_log() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    fate = tell(work, "accepted", reference="2017-가-11")

    assert (Fate.APPLIED, None) == fate
    [(row, _)] = work.transitions
    assert (S.REQUESTED, S.ACCEPTED, "event:1", "agency:mapo-welfare-team") == (row.start, row.end, row.cause, row.who)
    assert "2017-가-11" == work.case.referrals[0].reference


def test_what_is_known_is_quiet() -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS, heard_at=MORNING))

    assert (Fate.ALREADY_KNOWN, None) == tell(work, "accepted", hours=1)
    assert [] == work.transitions


def test_what_is_older_is_noted_and_moves_nothing() -> None:
    work = work_on(referral(*AID, S.COMPLETED, outcome="ended", heard_at=MORNING))

    assert (Fate.OLDER, None) == tell(work, "started", hours=-1)
    assert [] == work.transitions


def test_an_older_milestone_is_kept_although_it_moves_nothing() -> None:
    work = work_on(referral(*AID, S.COMPLETED, outcome="ended", heard_at=MORNING))

    fate = tell(work, "progressed", hours=-1, milestone="paid_1")

    assert (Fate.OLDER, None) == fate
    assert [] == work.transitions
    assert MORNING - HOUR == work.case.referrals[0].reached("paid_1")


@pytest.mark.parametrize(
    ("state", "word", "data"),
    [
        (S.DRAFTED, "accepted", {}),
        (S.CANCELLED, "accepted", {}),
        (S.ENTERED_IN_ERROR, "completed", {"outcome": "ended"}),
        (S.ACCEPTED, "resumed", {}),
        (S.CANCEL_REQUESTED, "held", {}),
    ],
)
def test_what_no_road_allows_is_parked_for_a_person(state: ReferralState, word: str, data: dict[str, str]) -> None:
    work = work_on(referral(*AID, state))

    assert (Fate.PARKED, "no_road") == tell(work, word, **data)
    assert [("event_parked", "no_road")] == [(notice.code, notice.detail) for notice in work.notices]
    assert [] == work.transitions


def test_a_word_about_a_referral_nobody_knows_waits_for_it() -> None:
    assert (Fate.PARKED, "unknown_referral") == tell(work_on(), "accepted")


def test_what_is_said_to_happen_next_week_cannot_be_true_yet() -> None:
    work = work_on(referral(*AID, S.REQUESTED))
    edge = FUTURE_ALLOWED / HOUR

    assert (Fate.PARKED, "in_the_future") == tell(work, "accepted", hours=edge + 0.01)
    assert (Fate.APPLIED, None) == tell(work, "accepted", hours=edge)


def test_a_second_outcome_contradicts_the_first() -> None:
    work = work_on(referral(*AID, S.COMPLETED, outcome="ended", heard_at=MORNING))

    assert (Fate.PARKED, "contradicts") == tell(work, "completed", hours=1, outcome="refused")
    assert (Fate.ALREADY_KNOWN, None) == tell(work, "completed", hours=1, outcome="ended")
    assert "ended" == work.case.referrals[0].outcome


# Words nobody knows


@pytest.mark.parametrize(
    ("word", "data"),
    [
        ("progressed", {"milestone": "knighted"}),
        ("progressed", {"lane": "sideways", "milestone": "paid_1"}),
        ("progressed", {}),
        ("completed", {"outcome": "wonderful"}),
        ("completed", {}),
        ("declined", {"reason": "because"}),
        ("declined", {}),
        ("redirected", {"redirect_to": "the-moon"}),
    ],
)
def test_a_word_the_catalog_does_not_know_sets_the_case_aside_unchanged(word: str, data: dict[str, str]) -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))
    before = work.case

    with pytest.raises(Stuck) as stuck:
        tell(work, word, **data)

    assert "unknown_word" == stuck.value.reason
    assert "emergency-living-aid" in stuck.value.detail
    assert before == work.case
    assert [] == work.transitions


@pytest.mark.parametrize("secret", ["010-0000-4101", "Kim"])
def test_what_was_said_never_reaches_the_reason(secret: str) -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))

    with pytest.raises(Stuck) as stuck:
        tell(work, "completed", outcome=secret, note=secret)

    assert secret not in f"{stuck.value} {stuck.value.reason} {stuck.value.detail}"


# Who may speak


def test_only_the_addressee_and_those_who_decide_may_speak() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert (Fate.PARKED, "not_theirs") == tell(work, "accepted", source="agency:microfinance-desk")
    assert (Fate.APPLIED, None) == tell(work, "accepted", source="agency:mapo-district-office")


def test_an_agency_does_not_withdraw_for_the_center() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert (Fate.PARKED, "not_theirs") == tell(work, "withdrawn")


def test_staff_may_speak_for_an_agency_that_telephones() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert (Fate.APPLIED, None) == tell(work, "accepted", source="staff:front-desk")


def test_the_insurers_milestone_is_the_insurers_alone() -> None:
    work = work_on(referral("copay-relief", "mapo-welfare-team", S.ACCEPTED), desk=Desk.WELFARE_BENEFITS)

    assert (Fate.PARKED, "not_theirs") == tell(work, "progressed", milestone="recognized")
    assert (Fate.PARKED, "not_theirs") == tell(
        work, "progressed", milestone="recognized", source="agency:mapo-district-office"
    )
    assert (Fate.APPLIED, None) == tell(work, "progressed", milestone="recognized", source="agency:nhis")


# Milestones


def test_milestones_go_in_lanes_of_their_own() -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))

    tell(work, "progressed", milestone="paid_1")
    tell(work, "progressed", hours=1, lane="review", milestone="adequate")

    aid = work.case.referrals[0]
    assert ("paid_1", "adequate", None) == (aid.stands(), aid.stands("review"), aid.stands("appeal"))


def test_the_same_milestone_at_another_moment_is_another_one_and_at_the_same_is_known() -> None:
    work = work_on(referral("individual-rehabilitation", "legal-aid", S.IN_PROGRESS), desk=Desk.DEBT_RELIEF)
    say = {"source": "agency:legal-aid", "milestone": "repaying"}

    fates = [tell(work, "progressed", hours=hours, **say)[0] for hours in (0, 1, 1, 0)]

    assert [Fate.APPLIED, Fate.APPLIED, Fate.ALREADY_KNOWN, Fate.ALREADY_KNOWN] == fates
    assert 2 == len(work.milestones)


def test_a_milestone_still_counts_when_the_referral_is_closed() -> None:
    work = work_on(referral("education-benefit", "mapo-welfare-team", S.COMPLETED, outcome="granted"))

    assert (Fate.APPLIED, None) == tell(work, "progressed", hours=1, milestone="paying")
    assert (S.COMPLETED, "granted") == (work.case.referrals[0].state, work.case.referrals[0].outcome)


# Out of order


def test_held_that_comes_after_its_own_resumed_does_not_hold_the_referral() -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS, heard_at=MORNING))

    fates = [tell(work, "resumed", hours=2)[0], tell(work, "held", hours=1)[0]]

    assert [Fate.ALREADY_KNOWN, Fate.OLDER] == fates
    assert S.IN_PROGRESS is work.case.referrals[0].state


def test_the_post_says_nothing_about_when_the_agency_spoke() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    tell(work, "received", hours=2, source="delivery")
    fate = tell(work, "accepted", hours=1)

    assert (Fate.APPLIED, None) == fate
    assert MORNING + HOUR == work.case.referrals[0].heard_at


def test_a_delivery_that_is_told_after_the_answer_is_known() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    tell(work, "accepted", hours=1)

    assert (Fate.ALREADY_KNOWN, None) == tell(work, "received", source="delivery")


def test_completion_wins_over_a_wish_to_stop() -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))

    tell(work, "withdrawn", source="staff:front-desk", reason="client_wish")
    assert S.CANCEL_REQUESTED is work.case.referrals[0].state
    tell(work, "completed", outcome="ended")

    assert (S.COMPLETED, "ended") == (work.case.referrals[0].state, work.case.referrals[0].outcome)


# What staff say


@pytest.mark.parametrize(
    ("state", "letters"),
    [
        (S.DRAFTED, []),
        (S.REQUESTED, [LetterType.CANCELLED]),
        (S.WAITLISTED, [LetterType.CANCELLED]),
        (S.ACCEPTED, [LetterType.CANCEL_REQUESTED]),
        (S.ON_HOLD, [LetterType.CANCEL_REQUESTED]),
    ],
)
def test_a_withdrawal_is_told_to_whoever_was_asked(state: ReferralState, letters: list[LetterType]) -> None:
    work = work_on(referral(*AID, state))

    tell(work, "withdrawn", source="staff:front-desk", reason="client_wish")

    assert letters == [letter.type for letter in work.letters]


def test_a_second_withdrawal_for_the_same_reason_is_told_as_well() -> None:
    work = work_on(referral(*AID, S.ACCEPTED))
    for word in ("withdrawn", "cancelled", "reopened"):
        tell(work, word, source="staff:front-desk", reason="client_wish")

    again = [S.DRAFTED, S.REQUESTED, S.ACCEPTED]
    assert again[0] is work.case.referrals[0].state
    work.put(referral(*AID, S.ACCEPTED, letters=work.case.referrals[0].letters, sequence=9))
    tell(work, "withdrawn", source="staff:front-desk", reason="client_wish")

    assert 2 == len(work.letters)


def test_reopening_forgets_the_outcome_and_the_log_keeps_it() -> None:
    work = work_on(referral(*AID, S.REQUESTED))
    tell(work, "completed", outcome="refused")

    tell(work, "reopened", source="staff:front-desk", reason="new_papers")

    aid = work.case.referrals[0]
    assert (S.IN_PROGRESS, None) == (aid.state, aid.outcome)
    assert ["refused", None] == [row.outcome for row, _ in work.transitions]


def test_what_was_closed_is_not_reopened_while_another_is_open() -> None:
    closed = referral("financial-counseling", "microfinance-desk", S.EXPIRED)
    still_open = referral("financial-counseling", "legal-aid", S.REQUESTED, nth=2)
    work = work_on(closed, still_open, desk=Desk.DEBT_RELIEF)

    assert (Fate.PARKED, "another_is_open") == tell(work, "reopened", source="staff:front-desk")


# What the other desks hear


def test_whoever_wants_to_know_is_told_once() -> None:
    work = work_on(referral("job-placement", "mapo-outreach-job-team", S.IN_PROGRESS), desk=Desk.JOB_PLACEMENT)

    tell(work, "completed", outcome="hired", source="agency:mapo-outreach-job-team")

    told = {tell.desk for tell in work.tells}
    assert {Desk.EMERGENCY_AID, Desk.WELFARE_BENEFITS, Desk.DEBT_RELIEF, Desk.EMPLOYMENT_SUBSIDY} == told
    assert {Happened.HIRED} == {tell.happened for tell in work.tells}
    assert len(work.tells) == len({tell.key for tell in work.tells})


def test_nobody_is_told_what_nobody_wants_to_know() -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    tell(work, "accepted")

    assert [] == work.tells
