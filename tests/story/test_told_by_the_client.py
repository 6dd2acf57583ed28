"""A job found, or lost, that no agency tells but the client: staff write it down, and every desk looks at it."""

from datetime import date, timedelta

import pytest

from models.deadlines import deadlines_of
from models.turns import Move, turns_of
from models.vocabulary import Desk, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, BENEFIT, PLACEMENT = "emergency-living-aid", "single-parent-support", "job-placement"
TEAM, MID_CAREER = "mapo-outreach-job-team", "mid-career-job-hope-center"


def told(center: PaperCenter, **facts: object) -> None:
    center.journey(JourneyEvent.FACTS_CHANGED, facts=facts)


def due(center: PaperCenter, program: str) -> dict[str, date]:
    """Return the last days of a referral's deadlines."""
    seen = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == seen.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    return {each.code: each.due_raw for each in deadlines_of(seen, turns, center.case(), center.now)}


def in_need() -> PaperCenter:
    """Return client A with aid and a benefit, ten days after both were decided; nobody looks for a job for her."""
    center = PaperCenter(case_of_a(Need.LIVING, Need.BENEFITS))
    center.opens()
    center.agency(AID, "progressed", milestone="decided")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.later(days=10)
    return center


def placed() -> PaperCenter:
    """Return client A three hundred days after she was placed."""
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, TEAM, MID_CAREER)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency("employment-success-package", "progressed", milestone="stage3")
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.agency("employment-success-package", "completed", outcome="employed")
    center.later(days=300)
    return center


@pytest.mark.parametrize(
    ("facts", "day"),
    [({"employed": True}, "2017-12-14"), ({"employed": True, "hired_on": "2017-12-11"}, "2017-12-11")],
    ids=["undated", "dated"],
)
def test_every_office_hears_of_a_hire_that_the_client_tells(facts: dict[str, object], day: str) -> None:
    center = in_need()

    told(center, **facts)
    told(center, monthly_income=2_500_000)

    letters = center.told(LetterType.AMENDED)
    assert [("education-benefit", "hired"), (AID, "hired"), (BENEFIT, "hired")] == sorted(letters), "each one once"
    assert {"change_to_report", "extension_in_question"} <= center.noticed()
    limit = date.fromisoformat(day) + timedelta(days=14)
    assert (limit, limit) == (due(center, BENEFIT)["D33"], due(center, AID)["D33-aid"])


def test_a_search_ends_with_a_hire_that_the_client_tells() -> None:
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, TEAM)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    choice = {"program": PLACEMENT, "agency": TEAM}
    center.put(Desk.JOB_PLACEMENT, "staff:front-desk", JourneyEvent.REFERRAL_CHOSEN, choice, None, center.now)
    center.work()
    center.later(days=3)

    told(center, employed=True)

    assert (ReferralState.CANCELLED, "hired") == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)


def test_a_job_lost_by_the_clients_word_is_lost_and_a_search_may_begin() -> None:
    center = placed()
    assert center.case().at_work_since() is not None

    told(center, employed=False, last_job_ended_on="2018-09-20")
    lost = center.case().at_work_since()
    center.put(Desk.JOB_PLACEMENT, "staff:x", JourneyEvent.REFERRAL_CHOSEN, {"program": PLACEMENT}, None, center.now)
    center.work()

    assert (None, ReferralState.REQUESTED) == (lost, center.state(PLACEMENT))
    assert not {"hired_already", "already_open"} & center.noticed()


def test_a_job_found_and_lost_by_the_clients_word_is_told_both_times() -> None:
    center = in_need()
    told(center, employed=True)
    center.later(days=20)

    told(center, employed=False)

    changes = [what for program, what in center.told(LetterType.AMENDED) if program == BENEFIT]
    assert ["hired", "dismissed"] == changes
    assert center.case().at_work_since() is None


def test_the_job_before_the_journey_and_its_end_are_no_change() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS, employed=True, last_job_ended_on=None))
    center.opens()
    center.agency(BENEFIT, "completed", outcome="granted")

    told(center, hired_on="2015-03-02")
    center.later(days=20)
    told(center, employed=False)

    assert [] == center.told(LetterType.AMENDED)
