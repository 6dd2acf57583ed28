"""H finds a job before the aid is decided: the officer may decide all the same, looks afterwards, waives the rest."""

from datetime import UTC, date, datetime

from models.deadlines import deadlines_of
from models.turns import Move, turns_of
from models.vocabulary import JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, PLACEMENT, SUBSIDY = "emergency-living-aid", "job-placement", "employment-promotion-subsidy"
MONDAY = datetime(2026, 2, 2, 1, tzinfo=UTC)


def walked_in() -> PaperCenter:
    center = PaperCenter(
        case_of_a(
            Need.LIVING,
            Need.JOB,
            consents=consents_to(None),
            today=date(2026, 2, 2),
            birth_date="1996-08-21",
            household=[],
            marital="single",
            single_parent_since=None,
            crisis="job_loss",
            crisis_on="2026-01-10",
            last_job_ended_on="2026-01-10",
            job_seeker_registered_on="2026-02-02",
            program_completed=False,
            worked_days_24m=0,
        ),
        now=MONDAY,
    )
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    return center


def hired_before_the_decision() -> PaperCenter:
    center = walked_in()
    center.later(days=1)
    center.agency(AID, "progressed", milestone="field_checked")
    center.later(hours=5)
    center.agency("national-employment-support", "completed", outcome="employed")
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employed": True, "monthly_income": 2_300_000})
    return center


def test_the_request_stays_with_the_officer_who_is_told_of_the_job() -> None:
    center = hired_before_the_decision()

    assert ReferralState.IN_PROGRESS is center.state(AID)
    assert [(AID, "hired")] == center.told(LetterType.AMENDED)
    assert ("change_to_report", f"{AID}:{center.referral(AID).number}:hired:2026-02-03") in center.notices


def test_the_officer_may_decide_on_the_state_at_the_check() -> None:
    center = hired_before_the_decision()
    center.later(days=1)

    assert "applied" == center.agency(AID, "progressed", milestone="decided")
    assert "applied" == center.agency(AID, "progressed", milestone="paid_1")
    assert "extension_in_question" in center.noticed()


def test_found_inadequate_without_fraud_it_stops_and_the_reclaim_may_be_waived() -> None:
    center = hired_before_the_decision()
    center.later(days=1)
    center.agency(AID, "progressed", milestone="decided")
    center.later(days=28)
    for milestone in ("post_checked", "inadequate", "stopped", "clawback_waived"):
        assert "applied" == center.agency(AID, "progressed", lane="review", milestone=milestone)
    center.agency(AID, "completed", outcome="stopped")

    aid = center.referral(AID)
    assert (ReferralState.COMPLETED, "stopped", "clawback_waived") == (aid.state, aid.outcome, aid.stands("review"))
    assert not center.referral("seoul-emergency-aid").exists, "what was stopped was not refused"
    rows = [row for row, _ in center.log if row.referral_id == aid.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    due = {d.code for d in deadlines_of(aid, turns, center.case(), center.now)}
    assert {"D08-stopped"} == due & {"D08", "D08-stopped", "D08-clawback", "D33-aid", "D34-aid"}, (
        "the objection is open, nothing is owed"
    )


def test_the_worker_is_no_target_of_the_subsidy_and_nobody_is_asked_about_an_employer() -> None:
    center = hired_before_the_decision()

    assert "UNLIKELY" == center.case().screening(SUBSIDY).result
    assert not center.referral(SUBSIDY).exists
    assert SUBSIDY not in {about.partition(":")[0] for _, about in center.notices}


def test_the_search_for_a_job_is_over() -> None:
    center = hired_before_the_decision()

    assert not center.referral(PLACEMENT).is_open
