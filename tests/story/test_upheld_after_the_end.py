"""An upheld appeal against the end of a benefit, or a stop of the aid: what hung on it being paid goes on."""

from datetime import datetime, timedelta

import pytest

from models.deadlines import deadlines_of
from models.due import Due, DueStatus
from models.turns import Move, turns_of
from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a

AID, BENEFIT, SCHOOL = "emergency-living-aid", "single-parent-support", "education-benefit"
#: What hangs on single-parent support being paid, of client A with her daughter of 13.
PAID = {"D40-single-parent", "D41", "D41-family"}


def tells(center: PaperCenter, program: str, *words: str, days: int = 5) -> None:
    """Let the agency tell milestones (`lane.code`, or the main lane's), some days after each other."""
    for word in words:
        lane, _, code = word.rpartition(".")
        center.later(days=days)
        assert "applied" == center.agency(program, "progressed", lane=lane or "main", milestone=code)


def due(center: PaperCenter, program: str) -> dict[str, Due]:
    about = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == about.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    return {d.code: d for d in deadlines_of(about, turns, center.case(), center.now)}


def hired(center: PaperCenter) -> datetime:
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employed": True, "hired_on": center.now.date().isoformat()})
    return center.now


def last_day(from_: datetime, **time: int) -> str:
    return (from_ + timedelta(**time)).date().isoformat()


def granted() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.BENEFITS))
    center.opens()
    for program in (BENEFIT, SCHOOL):
        center.agency(program, "completed", outcome="granted")
    assert due(center, BENEFIT).keys() >= PAID
    return center


@pytest.mark.parametrize(
    "words",
    [
        ("terminated", "appeal.review_requested", "appeal.upheld"),
        ("terminated", "appeal.upheld"),
        ("terminated", "review.clawback_ordered", "appeal.review_requested", "appeal.upheld"),
        ("suspended", "terminated", "appeal.review_requested", "appeal.upheld"),
        ("terminated", "appeal.review_requested", "appeal.upheld", "paying"),
        ("terminated", "paying"),
    ],
)
def test_a_benefit_whose_end_fell_is_paid_and_a_later_hire_is_told_to_its_office(words: tuple[str, ...]) -> None:
    center = granted()

    tells(center, BENEFIT, *words)

    assert center.case().is_current(BENEFIT)
    assert due(center, BENEFIT).keys() >= PAID
    center.letters.clear()
    at = hired(center)
    assert [(BENEFIT, "hired"), (SCHOOL, "hired")] == sorted(center.told(LetterType.AMENDED), reverse=True)
    assert last_day(at, days=14) == due(center, BENEFIT)["D33"].due_raw.isoformat()


@pytest.mark.parametrize(
    "words",
    [
        ("terminated",),
        ("terminated", "appeal.review_requested", "appeal.rejected"),
        ("review.clawback_ordered", "appeal.review_requested", "terminated", "appeal.upheld"),
        ("terminated", "appeal.review_requested", "appeal.upheld", "terminated"),
        ("appeal.upheld", "terminated"),
    ],
)
def test_an_end_that_stands_ends_it(words: tuple[str, ...]) -> None:
    center = granted()

    tells(center, BENEFIT, *words)

    assert not center.case().is_current(BENEFIT)
    assert not PAID & due(center, BENEFIT).keys()
    center.letters.clear()
    hired(center)
    assert [(SCHOOL, "hired")] == center.told(LetterType.AMENDED)


def test_an_appeal_against_a_reclaim_long_after_the_end_leaves_the_end_standing() -> None:
    center = granted()

    tells(center, BENEFIT, "terminated")
    center.later(days=200)
    tells(center, BENEFIT, "review.clawback_ordered", "appeal.review_requested", "appeal.upheld")

    assert not center.case().is_current(BENEFIT)


def test_the_log_and_the_milestones_keep_the_end() -> None:
    center = granted()

    tells(center, BENEFIT, "terminated", "appeal.review_requested", "appeal.upheld")

    referral = center.referral(BENEFIT)
    assert (ReferralState.COMPLETED, "granted", "terminated") == (referral.state, referral.outcome, referral.stands())
    assert "terminated" in [row.milestone for row, _ in center.log if row.referral_id == referral.id]


def test_years_and_ages_count_from_the_grant_as_if_it_had_never_ended() -> None:
    center = granted()
    before = {code: due(center, BENEFIT)[code].due_at for code in PAID}

    tells(center, BENEFIT, "terminated", "appeal.review_requested", "appeal.upheld")

    assert before == {code: due(center, BENEFIT)[code].due_at for code in PAID}


def test_a_hire_told_while_it_was_ended_is_to_be_reported_from_the_day_it_was_upheld() -> None:
    center = granted()
    tells(center, BENEFIT, "terminated")
    center.later(days=5)
    hired(center)
    assert [(SCHOOL, "hired")] == center.told(LetterType.AMENDED)
    assert "D33" not in due(center, BENEFIT)

    tells(center, BENEFIT, "appeal.review_requested", "appeal.upheld", days=20)

    assert [(SCHOOL, "hired"), (BENEFIT, "hired")] == center.told(LetterType.AMENDED)
    report = due(center, BENEFIT)["D33"]
    assert (last_day(center.now, days=14), DueStatus.RUNNING) == (report.due_raw.isoformat(), report.status)


def test_a_report_that_was_running_when_it_ended_has_the_days_it_had_left() -> None:
    center = granted()
    center.later(days=1)
    hired(center)

    tells(center, BENEFIT, "terminated", "appeal.review_requested", "appeal.upheld")

    assert last_day(center.now, days=14 - 5) == due(center, BENEFIT)["D33"].due_raw.isoformat()


def test_what_was_late_before_it_ended_stays_late() -> None:
    center = granted()
    at = hired(center)

    tells(center, BENEFIT, "terminated", "appeal.review_requested", "appeal.upheld", days=20)

    report = due(center, BENEFIT)["D33"]
    assert (last_day(at, days=14), DueStatus.LATE) == (report.due_raw.isoformat(), report.status)


# Emergency aid that was stopped


def aid_paid() -> tuple[PaperCenter, datetime]:
    """Return emergency aid of which the first month is paid, and when it was decided: 4 December 2017."""
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()
    for milestone in ("field_checked", "decided", "paid_1"):
        center.agency(AID, "progressed", milestone=milestone)
    return center, center.now


def test_aid_that_goes_on_is_extended_and_the_days_of_the_stop_do_not_count() -> None:
    center, _ = aid_paid()
    assert "2018-01-01" == due(center, AID)["D07-second"].due_raw.isoformat()
    tells(center, AID, "review.stopped")
    assert "D07-second" not in due(center, AID)

    tells(center, AID, "appeal.objection_filed", "appeal.upheld")

    assert "2018-01-11" == due(center, AID)["D07-second"].due_raw.isoformat()
    hired(center)
    assert "extension_in_question" in center.noticed()


def test_a_stop_that_closed_the_referral_counts_its_days_once() -> None:
    center, _ = aid_paid()
    tells(center, AID, "review.stopped")
    center.later(days=5)
    center.agency(AID, "completed", outcome="stopped")

    tells(center, AID, "appeal.objection_filed", "appeal.upheld")

    assert ReferralState.IN_PROGRESS is center.state(AID)
    assert "2018-01-16" == due(center, AID)["D07-second"].due_raw.isoformat()


@pytest.mark.parametrize(
    "words",
    [
        ("review.stopped",),
        ("review.stopped", "appeal.objection_filed", "appeal.rejected"),
        ("ended", "review.clawback_ordered", "appeal.objection_filed", "appeal.upheld"),
    ],
)
def test_a_stop_that_stands_and_the_aids_own_end_leave_nothing_to_extend(words: tuple[str, ...]) -> None:
    center, _ = aid_paid()

    tells(center, AID, *words)

    assert "D07-second" not in due(center, AID)
    hired(center)
    assert "extension_in_question" not in center.noticed()


def test_an_upheld_appeal_against_the_reclaim_alone_leaves_the_stop_standing() -> None:
    center, _ = aid_paid()
    tells(center, AID, "review.stopped")
    center.later(days=40)

    tells(center, AID, "review.clawback_ordered", "appeal.objection_filed", "appeal.upheld")

    assert "D07-second" not in due(center, AID)
