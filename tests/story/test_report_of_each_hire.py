"""The duty to report a hire to a benefit: each hire since the application is owed a report of its own."""

from datetime import date

from models.deadlines import deadlines_of
from models.due import Due, DueStatus
from models.turns import Move, turns_of
from models.vocabulary import Happened, JourneyEvent, Need
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, BENEFIT = "emergency-living-aid", "single-parent-support"
PACKAGE, PLACEMENT = "employment-success-package", "job-placement"


def searching(*needs: Need) -> PaperCenter:
    """Return client A while an agency looks for a job for her."""
    signed = (None, "mapo-welfare-team", "mid-career-job-hope-center")
    center = PaperCenter(case_of_a(Need.JOB, *needs, consents=consents_to(*signed)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    return center


def due(center: PaperCenter, program: str, code: str) -> Due | None:
    seen = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == seen.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    found = deadlines_of(seen, turns, center.case(), center.now)
    return next((each for each in found if each.code == code), None)


def reported(center: PaperCenter, program: str) -> None:
    center.agency(program, "progressed", lane="review", milestone="change_reported")


def hired_twice(*, days: int = 30) -> PaperCenter:
    """Return client A, whose first hire was reported, so many days after the second one of 20 January."""
    center = searching(Need.BENEFITS, Need.LIVING)
    center.agency(BENEFIT, "accepted")
    center.agency(AID, "progressed", milestone="decided")
    center.later(days=5)
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=2)
    reported(center, BENEFIT)
    reported(center, AID)
    center.later(days=30)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    center.later(days=10)
    center.agency(PACKAGE, "completed", outcome="employed")
    center.later(days=days)
    return center


def test_the_report_of_the_first_hire_does_not_meet_that_of_the_second() -> None:
    center = hired_twice()

    for program, code in ((BENEFIT, "D33"), (AID, "D33-aid")):
        owed = due(center, program, code)
        assert owed is not None
        assert (date(2018, 2, 3), DueStatus.LATE) == (owed.due_raw, owed.status)


def test_a_report_after_the_second_hire_meets_it() -> None:
    center = hired_twice(days=10)

    reported(center, BENEFIT)

    owed = due(center, BENEFIT, "D33")
    assert owed is not None
    assert (date(2018, 2, 3), DueStatus.MET, center.now) == (owed.due_raw, owed.status, owed.met_at)


def test_a_hire_after_the_application_is_owed_although_there_was_one_before_it() -> None:
    center = searching()
    center.later(days=5)
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=20)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    center.later(days=5)
    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job", "benefits"])
    assert due(center, BENEFIT, "D33") is None

    center.later(days=10)
    center.agency(PACKAGE, "completed", outcome="employed")

    owed = due(center, BENEFIT, "D33")
    assert owed is not None
    assert date(2018, 1, 27) == owed.due_raw


def test_the_same_hire_told_again_is_owed_no_other_report() -> None:
    center = searching(Need.BENEFITS)
    center.agency(BENEFIT, "accepted")
    center.later(days=5)
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=2)
    reported(center, BENEFIT)

    center.later(days=20)
    center.agency(PACKAGE, "completed", outcome="employed")

    owed = due(center, BENEFIT, "D33")
    assert owed is not None
    assert (date(2017, 12, 23), DueStatus.MET) == (owed.due_raw, owed.status)


def test_the_checks_of_a_second_job_count_from_its_own_hire() -> None:
    center = hired_twice()

    check = due(center, PACKAGE, "D39-package-1m")

    assert [Happened.HIRED, Happened.DISMISSED, Happened.HIRED] == [what for what, _ in center.case().changes_of_work()]
    assert check is not None
    assert date(2018, 2, 20) == check.due_raw
