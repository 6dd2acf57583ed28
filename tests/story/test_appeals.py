"""Appeals: a lane of their own, after the decision; an upheld one takes up again what hung on it."""

from datetime import UTC, datetime

import pytest

from models.case_chase import Look, look_at
from models.deadlines import deadlines_of
from models.due import Due, DueStatus
from models.turns import Move, turns_of, why_declined
from models.vocabulary import FollowUp, Need, ReferralState
from models.work import TransitionRow
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, known

AID, CITY = "emergency-living-aid", "seoul-emergency-aid"


def refused() -> PaperCenter:
    center = PaperCenter(case_of_a(Need.LIVING, Need.BENEFITS))
    center.opens()
    center.agency(AID, "progressed", milestone="field_checked")
    center.later(days=3)
    center.agency(AID, "completed", outcome="refused")
    return center


def objects(center: PaperCenter, *milestones: str, program: str = AID) -> None:
    for milestone in milestones:
        center.later(days=10)
        assert "applied" == center.agency(program, "progressed", lane="appeal", milestone=milestone)


def move_of(row: TransitionRow) -> Move:
    return Move(row.occurred_at, row.end, row.outcome, why_declined(row.end, row.reason))


def due(center: PaperCenter, program: str) -> dict[str, Due]:
    about = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == about.id]
    turns = turns_of(list(map(move_of, rows)), center.now)
    return {d.code: d for d in deadlines_of(about, turns, center.case(), center.now)}


def test_an_upheld_objection_takes_the_aid_up_again_and_the_old_decision_stays_in_the_log() -> None:
    center = refused()

    objects(center, "objection_filed", "forwarded", "upheld")

    aid = center.referral(AID)
    assert (ReferralState.IN_PROGRESS, None, "upheld") == (aid.state, aid.outcome, aid.stands("appeal"))
    log = [(row.event, row.outcome, row.reason) for row, _ in center.log if row.referral_id == aid.id]
    assert ("completed", "refused", None) in log
    assert ("reopened", None, "upheld") == log[-1]


def test_then_it_is_paid_as_if_it_had_been_granted_at_once() -> None:
    center = refused()
    objects(center, "objection_filed", "forwarded", "upheld")

    center.agency(AID, "progressed", milestone="decided")
    center.agency(AID, "progressed", milestone="paid_1")
    center.agency(AID, "completed", outcome="ended")

    aid = center.referral(AID)
    assert (ReferralState.COMPLETED, "ended", "paid_1") == (aid.state, aid.outcome, aid.stands())


def test_a_second_refusal_after_it_stands() -> None:
    center = refused()
    objects(center, "objection_filed", "upheld")

    center.later(days=1)
    center.agency(AID, "completed", outcome="refused")

    assert (ReferralState.COMPLETED, "refused") == (center.state(AID), center.referral(AID).outcome)


def test_staff_may_tell_it_and_the_order_of_hearing_does_not_matter() -> None:
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()
    center.agency(AID, "accepted")
    center.later(days=60)
    center.staff(AID, "progressed", lane="appeal", milestone="upheld")

    center.agency(AID, "completed", outcome="refused", at=center.now.replace(year=2018, month=1, day=5))

    assert ReferralState.IN_PROGRESS is center.state(AID)
    assert ["completed", "reopened"] == [
        row.event for row, _ in center.log if row.referral_id == center.referral(AID).id
    ][-2:]


@pytest.mark.parametrize("last", ["rejected", "dismissed"])
def test_a_rejected_objection_leaves_everything_as_it_was(last: str) -> None:
    center = refused()

    objects(center, "objection_filed", "forwarded", last)

    assert (ReferralState.COMPLETED, "refused") == (center.state(AID), center.referral(AID).outcome)


def test_what_the_city_was_asked_in_its_place_is_withdrawn_when_the_refusal_falls() -> None:
    center = refused()
    assert ReferralState.REQUESTED is center.state(CITY)

    objects(center, "objection_filed", "upheld")

    assert (ReferralState.CANCELLED, "overtaken") == (center.state(CITY), center.referral(CITY).reason)


def test_what_the_city_has_granted_already_is_a_persons_affair() -> None:
    center = refused()
    center.agency(CITY, "progressed", milestone="decided")

    objects(center, "objection_filed", "upheld")

    assert ReferralState.IN_PROGRESS is center.state(CITY)
    assert "served_twice" in center.noticed()


def test_refused_once_more_the_city_is_asked_once_more() -> None:
    center = refused()
    objects(center, "objection_filed", "upheld")

    center.later(days=1)
    center.agency(AID, "completed", outcome="refused")

    assert ReferralState.REQUESTED is center.state(CITY)


def test_an_upheld_appeal_against_a_decline_asks_again() -> None:
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()
    center.agency(AID, "declined", reason="crisis_not_found")
    before = center.referral(AID)

    objects(center, "objection_filed", "upheld")

    assert (ReferralState.REQUESTED, before.id) == (center.state(AID), center.referral(AID).id)
    assert 2 == center.asked().count((AID, "mapo-welfare-team"))


def told_staff(center: PaperCenter) -> set[tuple[str, str]]:
    """Return what the follow-up of overdue deadlines has staff told of: notice and deadline."""
    case = center.case()
    turns = {
        each.id: turns_of([move_of(row) for row, _ in center.log if row.referral_id == each.id], center.now)
        for each in case.referrals
    }
    standing = look_at(case, FollowUp.OVERDUE, Look(turns=turns, now=center.now)).standing
    return {(each.notice, each.due.code) for each in standing}


def test_a_decline_on_the_merits_is_a_decision_of_whose_last_day_staff_are_told_and_late_is_late() -> None:
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()
    center.later(days=3)  # to Thursday, 7 December 2017
    center.agency(AID, "declined", reason="crisis_not_found")

    [right] = [each for each in due(center, AID).values() if each.code.startswith("D08")]
    assert ("D08", "2018-01-08", DueStatus.RUNNING) == (right.code, right.due_effective.isoformat(), right.status)
    center.later(days=21)
    assert ("right_lapses", "D08") not in told_staff(center)
    center.later(days=2)
    assert ("right_lapses", "D08") in told_staff(center)

    center.now = datetime(2018, 1, 9, 1, tzinfo=UTC)
    assert DueStatus.LAPSED is due(center, AID)["D08"].status
    assert "applied" == center.agency(AID, "progressed", lane="appeal", milestone="objection_filed")
    assert DueStatus.MET_LATE is due(center, AID)["D08"].status
    assert ("filed_late", "D08") in told_staff(center)
    center.agency(AID, "progressed", lane="appeal", milestone="upheld")
    assert ReferralState.REQUESTED is center.state(AID), "whether it was in time is the office's to say"
    assert DueStatus.MET_LATE is due(center, AID)["D08"].status


def test_who_was_asked_to_stop_and_says_no_has_decided_nothing() -> None:
    center = PaperCenter(case_of_a(Need.LIVING))
    center.opens()
    center.agency(AID, "accepted")
    center.staff(AID, "withdrawn", reason="client_wish")
    center.agency(AID, "declined", reason="crisis_not_found")

    assert ReferralState.CANCELLED is center.state(AID)
    assert "D08" not in due(center, AID)


def test_the_thirtieth_day_is_in_time_and_the_next_one_late_and_both_are_heard() -> None:
    for day, status in ((6, DueStatus.MET), (8, DueStatus.MET_LATE)):
        center = refused()  # on Thursday, 7 December 2017; 30 days later is Saturday, 6 January, so Monday counts
        center.now = datetime(2018, 1, day, 1, tzinfo=UTC) if day == 6 else datetime(2018, 1, 9, 1, tzinfo=UTC)

        fate = center.agency(AID, "progressed", lane="appeal", milestone="objection_filed")

        assert "applied" == fate
        assert ("2018-01-06", "2018-01-08", status) == (
            due(center, AID)["D08"].due_raw.isoformat(),
            due(center, AID)["D08"].due_effective.isoformat(),
            due(center, AID)["D08"].status,
        )
        center.agency(AID, "progressed", lane="appeal", milestone="upheld")
        assert ReferralState.IN_PROGRESS is center.state(AID), "whether it was in time is the office's to say"


def test_after_a_rejection_the_next_road_stays_open() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS))
    center.opens()
    center.agency("education-benefit", "completed", outcome="refused")
    objects(center, "objection_filed", "rejected", program="education-benefit")

    assert DueStatus.RUNNING is due(center, "education-benefit")["D16-second"].status
    objects(center, "second_objection_filed", "second_upheld", program="education-benefit")

    assert ReferralState.IN_PROGRESS is center.state("education-benefit")


def test_every_appeal_of_the_catalog_that_is_upheld_takes_something_up_again() -> None:
    upheld = {
        (program.code, milestone.code): milestone.reopens
        for program in known().programs.values()
        for milestone in program.lanes.get("appeal", ())
        if "upheld" in milestone.code
    }

    assert len(upheld) > 8
    assert {True} == set(upheld.values())


def test_a_favorable_decision_is_not_touched_by_an_upheld_appeal() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS))
    center.opens()
    center.agency("single-parent-support", "completed", outcome="granted")
    center.agency("single-parent-support", "progressed", milestone="terminated")

    objects(center, "review_requested", "upheld", program="single-parent-support")

    assert (ReferralState.COMPLETED, "granted") == (
        center.state("single-parent-support"),
        center.referral("single-parent-support").outcome,
    )
