"""Hearing, further on: milestones in lanes, words out of order, what staff say, and what the other desks hear."""

from typing import Any

import pytest

from models.vocabulary import Desk, Fate, Happened, LetterType, ReferralState
from tests.story.people import MORNING, referral
from tests.unit.models.at_work import HOUR, tell, work_on

S = ReferralState
AID = ("emergency-living-aid", "mapo-welfare-team")


# Milestones


def test_milestones_go_in_lanes_of_their_own() -> None:
    work = work_on(referral(*AID, S.IN_PROGRESS))

    tell(work, "progressed", milestone="paid_1")
    tell(work, "progressed", hours=1, lane="review", milestone="adequate")

    aid = work.case.referrals[0]
    assert ("paid_1", "adequate", None) == (aid.stands(), aid.stands("review"), aid.stands("appeal"))


def test_the_same_milestone_at_another_moment_is_another_one_and_at_the_same_is_known() -> None:
    work = work_on(referral("individual-rehabilitation", "legal-aid", S.IN_PROGRESS), desk=Desk.DEBT_RELIEF)
    say: dict[str, Any] = {"source": "agency:legal-aid", "milestone": "repaying"}

    fates = [tell(work, "progressed", hours=hours, **say)[0] for hours in (0, 1, 1, 0)]

    assert [Fate.APPLIED, Fate.APPLIED, Fate.ALREADY_KNOWN, Fate.ALREADY_KNOWN] == fates
    assert 2 == len(work.milestones)


def test_a_milestone_still_counts_when_the_referral_is_closed() -> None:
    work = work_on(referral("education-benefit", "mapo-welfare-team", S.COMPLETED, outcome="granted"))

    assert (Fate.APPLIED, None) == tell(work, "progressed", hours=1, milestone="paying")
    assert (S.COMPLETED, "granted") == (work.case.referrals[0].state, work.case.referrals[0].outcome)


# On hold


@pytest.mark.parametrize("data", [{"milestone": "surveyed"}, {"lane": "papers", "milestone": "supplement_received"}])
def test_an_agency_that_has_what_it_waited_for_or_gets_further_is_at_work_again(data: dict[str, Any]) -> None:
    work = work_on(referral("single-parent-support", "mapo-welfare-team", S.ON_HOLD, heard_at=MORNING))

    assert (Fate.APPLIED, None) == tell(work, "progressed", hours=1, **data)

    support = work.case.referrals[0]
    assert (S.IN_PROGRESS, 1) == (support.state, len(support.milestones))
    assert (Fate.ALREADY_KNOWN, None) == tell(work, "progressed", hours=1, **data)


@pytest.mark.parametrize(
    ("hours", "data"),
    [
        (1, {"lane": "papers", "milestone": "supplement_requested"}),
        (1, {"lane": "contact", "milestone": "appointment_missed"}),
        (-1, {"milestone": "surveyed"}),
    ],
)
def test_what_only_asks_or_was_before_the_hold_leaves_it_on_hold(hours: int, data: dict[str, Any]) -> None:
    work = work_on(referral("single-parent-support", "mapo-welfare-team", S.ON_HOLD, heard_at=MORNING))

    tell(work, "progressed", hours=hours, **data)

    assert S.ON_HOLD is work.case.referrals[0].state


# Words that cross our own


@pytest.mark.parametrize(
    ("word", "data"),
    [("declined", {"reason": "capacity_full"}), ("redirected", {"redirect_to": "eunpyeong-district-office"})],
)
@pytest.mark.parametrize("hours", [1, 3])
def test_an_agency_that_says_no_while_it_is_asked_to_stop_has_stopped(
    word: str, data: dict[str, Any], hours: int
) -> None:
    work = work_on(referral(*AID, S.CANCEL_REQUESTED, reason="client_wish", heard_at=MORNING))

    assert (Fate.APPLIED, None) == tell(work, word, hours=hours, **data)

    aid = work.case.referrals[0]
    assert (S.CANCELLED, "client_wish", None, None) == (aid.state, aid.reason, aid.redirect_to, aid.outcome_at)
    [(row, _)] = work.transitions
    assert data.get("reason") == row.reason


@pytest.mark.parametrize("word", ["accepted", "waitlisted", "started", "held", "resumed"])
@pytest.mark.parametrize("hours", [1, 3])
def test_what_is_no_end_tells_nothing_new_of_what_is_asked_to_stop(word: str, hours: int) -> None:
    work = work_on(referral(*AID, S.CANCEL_REQUESTED, heard_at=MORNING))

    assert (Fate.ALREADY_KNOWN, None) == tell(work, word, hours=hours)
    assert S.CANCEL_REQUESTED is work.case.referrals[0].state


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
