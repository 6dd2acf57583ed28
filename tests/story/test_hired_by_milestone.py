"""A hire that is told by a milestone alone, while the program goes on: the same as one told by its end."""

from datetime import date

import pytest

from models.deadlines import deadlines_of
from models.turns import Move, turns_of
from models.vocabulary import Happened, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

BENEFIT, SUBSIDY = "single-parent-support", "employment-promotion-subsidy"
PACKAGE, PLACEMENT = "employment-success-package", "job-placement"
MID_CAREER, EMPLOYER = "mid-career-job-hope-center", "sunny-day-care"


def searching() -> PaperCenter:
    """Return client A, with a benefit that is paid, while an agency looks for a job for her."""
    signed = (None, "mapo-welfare-team", MID_CAREER, EMPLOYER)
    center = PaperCenter(case_of_a(Need.BENEFITS, Need.JOB, consents=consents_to(*signed)))
    center.opens()
    learned = {"program_completed": True, "program_completed_on": "2017-12-01", "employer": EMPLOYER}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    center.agency(PLACEMENT, "accepted")
    center.later(days=5)
    return center


def due(center: PaperCenter, program: str) -> dict[str, date]:
    """Return the last days of a referral's deadlines."""
    seen = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == seen.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    return {each.code: each.due_raw for each in deadlines_of(seen, turns, center.case(), center.now)}


@pytest.mark.parametrize(("program", "word"), [(PACKAGE, "employed"), (PLACEMENT, "hired")])
def test_who_pays_a_benefit_hears_of_a_hire_that_only_a_milestone_tells(program: str, word: str) -> None:
    center = searching()

    center.agency(program, "progressed", milestone=word)

    assert (BENEFIT, "hired") in center.told(LetterType.AMENDED)
    assert "change_to_report" in center.noticed()
    assert date(2017, 12, 23) == due(center, BENEFIT)["D33"]
    assert date(2018, 1, 9) == due(center, PACKAGE)["D39-package-1m"]
    assert date(2018, 1, 9) == due(center, PLACEMENT)["D39-placement-1m"]


def test_the_employers_subsidy_begins_with_the_milestone() -> None:
    center = searching()

    center.agency(PLACEMENT, "progressed", milestone="hired")

    assert (SUBSIDY, EMPLOYER) == center.asked()[-1]
    assert {date(2018, 6, 9), date(2018, 12, 9)} == {
        due(center, SUBSIDY)[block] for block in ("D30-block1", "D30-block2")
    }


def test_the_package_that_tells_of_the_hire_ends_the_search_and_hears_nothing_back() -> None:
    center = searching()

    center.agency(PACKAGE, "progressed", milestone="employed")

    assert (ReferralState.CANCEL_REQUESTED, "hired") == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)
    assert {BENEFIT, "education-benefit"} == {program for program, _ in center.told(LetterType.AMENDED)}


def test_the_agency_that_found_the_job_is_not_asked_to_stop_and_ends_its_search_itself() -> None:
    center = searching()

    center.agency(PLACEMENT, "progressed", milestone="hired")
    center.agency(PACKAGE, "progressed", milestone="employed")

    assert ReferralState.IN_PROGRESS is center.state(PLACEMENT)
    assert [] == center.told(LetterType.CANCEL_REQUESTED)
    assert "applied" == center.agency(PLACEMENT, "completed", outcome="hired")


def test_a_hire_by_milestone_and_then_by_outcome_is_one_hire_and_told_once() -> None:
    center = searching()
    center.agency(PLACEMENT, "progressed", milestone="hired")
    center.agency(PACKAGE, "progressed", milestone="employed")
    told, noticed = center.told(LetterType.AMENDED), set(center.notices)

    center.later(days=2)
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=60)
    center.agency(PACKAGE, "progressed", milestone="retention_1m")
    center.agency(PACKAGE, "completed", outcome="employed")

    assert (told, noticed) == (center.told(LetterType.AMENDED), set(center.notices))
    assert [(Happened.HIRED, "2017-12-09")] == changes(center)


def changes(center: PaperCenter) -> list[tuple[Happened, str]]:
    return [(what, at.date().isoformat()) for what, at in center.case().changes_of_work()]


def test_the_package_that_closes_after_the_job_was_lost_tells_of_no_second_hire() -> None:
    center = searching()
    center.agency(PLACEMENT, "progressed", milestone="hired")
    center.agency(PACKAGE, "progressed", milestone="employed")
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.later(days=200)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    told = center.told(LetterType.AMENDED)

    center.later(days=10)
    center.agency(PACKAGE, "completed", outcome="employed")

    assert told == center.told(LetterType.AMENDED)
    assert [(Happened.HIRED, "2017-12-09"), (Happened.DISMISSED, "2018-06-27")] == changes(center)


def test_an_agency_that_told_of_the_loss_itself_and_ends_with_a_hire_tells_of_another_one() -> None:
    center = searching()
    center.agency(PLACEMENT, "progressed", milestone="hired")
    center.later(days=20)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")

    center.later(days=20)
    center.agency(PLACEMENT, "completed", outcome="hired")

    told = [(Happened.HIRED, "2017-12-09"), (Happened.DISMISSED, "2017-12-29"), (Happened.HIRED, "2018-01-18")]
    assert told == changes(center)


def test_a_second_hire_told_by_the_same_milestone_is_a_hire() -> None:
    center = searching()
    center.agency(PACKAGE, "progressed", milestone="employed")
    center.later(days=20)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")

    center.later(days=20)
    center.agency(PACKAGE, "progressed", milestone="employed")

    told = [(Happened.HIRED, "2017-12-09"), (Happened.DISMISSED, "2017-12-29"), (Happened.HIRED, "2018-01-18")]
    assert told == changes(center)
