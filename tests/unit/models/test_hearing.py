"""Hearing: what one event does to one case, and the fate it gets for it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.counting import day_of
from models.hearing import FUTURE_ALLOWED
from models.vocabulary import Fate, ReferralState
from models.work import Stuck
from tests.story.people import MORNING, referral
from tests.unit.models.at_work import HOUR, tell, work_on

S = ReferralState
DAY = timedelta(days=1)
AID = ("emergency-living-aid", "mapo-welfare-team")


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
        (S.CANCELLED, "held", {}),
    ],
)
def test_what_no_road_allows_is_parked_for_a_person(state: ReferralState, word: str, data: dict[str, Any]) -> None:
    work = work_on(referral(*AID, state))

    assert (Fate.PARKED, "no_road") == tell(work, word, **data)
    assert [("event_parked", "no_road")] == [(notice.code, notice.detail) for notice in work.notices]
    assert [] == work.transitions


def test_a_word_about_a_referral_nobody_knows_waits_for_it() -> None:
    assert (Fate.PARKED, "unknown_referral") == tell(work_on(), "accepted")


def test_what_is_said_to_happen_next_week_cannot_be_true_yet() -> None:
    work = work_on(referral(*AID, S.REQUESTED))
    edge = (work.now + FUTURE_ALLOWED - MORNING) / HOUR

    assert (Fate.PARKED, "in_the_future") == tell(work, "accepted", hours=edge + 0.01)
    assert (Fate.APPLIED, None) == tell(work, "accepted", hours=edge)


@pytest.mark.parametrize(
    ("word", "data", "days", "fate"),
    [
        ("accepted", {}, -17_500, (Fate.PARKED, "before_the_referral")),
        ("accepted", {}, -2, (Fate.PARKED, "before_the_referral")),
        ("accepted", {}, -1, (Fate.APPLIED, None)),
        ("completed", {"outcome": "ended"}, -2, (Fate.PARKED, "before_the_referral")),
        ("progressed", {"milestone": "decided"}, -366, (Fate.APPLIED, None)),
        ("progressed", {"milestone": "decided"}, -367, (Fate.PARKED, "before_the_referral")),
    ],
)
@pytest.mark.parametrize("source", ["agency:mapo-welfare-team", "staff:front-desk"])
def test_nobody_answers_a_referral_before_the_client_applied(
    word: str, data: dict[str, Any], days: int, fate: tuple[Fate, str | None], source: str
) -> None:
    work = work_on(referral(*AID, S.REQUESTED))

    assert fate == tell(work, word, hours=days * 24, source=source, **data)


def test_a_successor_is_answered_from_the_day_of_the_first_application_on() -> None:
    work = work_on(replace(referral(*AID, S.REQUESTED), application_date=day_of(MORNING) - 30 * DAY))

    assert (Fate.APPLIED, None) == tell(work, "accepted", hours=-30 * 24)


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
def test_a_word_the_catalog_does_not_know_sets_the_case_aside_unchanged(word: str, data: dict[str, Any]) -> None:
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
