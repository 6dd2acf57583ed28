"""A placement that is taken up again: the hire it had ended with has happened, unless it was entered in error."""

from datetime import date

from models.deadlines import deadlines_of
from models.turns import Move, takes_back, turns_of
from models.vocabulary import IN_ERROR, Desk, Happened, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

PACKAGE, PLACEMENT, SUBSIDY = "employment-success-package", "job-placement", "employment-promotion-subsidy"
MID_CAREER, EMPLOYER = "mid-career-job-hope-center", "sunny-day-care"
FIRST = (Happened.HIRED, "2017-12-09")
LOST = (Happened.DISMISSED, "2018-06-27")


def placed(*, milestone: bool = False) -> PaperCenter:
    """Return client A, placed on 9 December with an employer who was confirmed that she is a target."""
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, MID_CAREER, EMPLOYER)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    center.agency(PLACEMENT, "accepted")
    learned = {"program_completed": True, "program_completed_on": "2017-11-30", "employer": EMPLOYER}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)
    center.later(days=5)
    if milestone:
        center.agency(PLACEMENT, "progressed", milestone="hired")
    center.agency(PLACEMENT, "completed", outcome="hired")
    center.agency(SUBSIDY, "accepted")
    center.agency(SUBSIDY, "progressed", milestone="target_confirmed")
    return center


def dismissed() -> PaperCenter:
    """Return client A, dismissed after two hundred days, whose placement staff take up again two days later."""
    center = placed()
    center.later(days=200)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    center.later(days=2)
    assert "applied" == center.staff(PLACEMENT, "reopened", reason="search_again")
    return center


def changes(center: PaperCenter) -> list[tuple[Happened, str]]:
    return [(what, at.date().isoformat()) for what, at in center.case().changes_of_work()]


def due(center: PaperCenter, program: str) -> dict[str, tuple[date, str]]:
    """Return last day and status of a referral's deadlines."""
    seen = center.referral(program)
    rows = [row for row, _ in center.log if row.referral_id == seen.id]
    moves = [Move(row.occurred_at, row.end, row.outcome, takes_back=takes_back(row.event, row.reason)) for row in rows]
    found = deadlines_of(seen, turns_of(moves, center.now), center.case(), center.now)
    return {each.code: (each.due_raw, each.status.value) for each in found}


def subsidy(center: PaperCenter) -> dict[str, tuple[date, str]]:
    return {code: found for code, found in due(center, SUBSIDY).items() if code[:3] in {"D30", "D31", "D39"}}


def test_a_search_taken_up_again_undoes_no_hire_and_no_block_that_was_earned() -> None:
    center = dismissed()

    assert ReferralState.IN_PROGRESS is center.state(PLACEMENT)
    assert [FIRST, LOST] == changes(center)
    assert (date(2018, 6, 9), "open") == subsidy(center)["D30-block1"]
    assert (date(2019, 6, 9), "running") == subsidy(center)["D31-block1"]
    assert "D30-block2" not in subsidy(center)


def test_a_second_hire_moves_nothing_of_the_first_employers_subsidy() -> None:
    center = dismissed()
    before = subsidy(center)
    center.later(days=20)

    center.agency(PLACEMENT, "completed", outcome="hired")

    assert [FIRST, LOST, (Happened.HIRED, "2018-07-19")] == changes(center)
    assert before == subsidy(center)
    assert "hired_again" in center.noticed()
    assert date(2018, 8, 19) == due(center, PLACEMENT)["D39-placement-1m"][0]


def test_a_search_that_is_taken_up_while_the_client_has_a_job_stays_and_comes_to_a_person() -> None:
    center = placed()
    center.later(days=30)

    center.staff(PLACEMENT, "reopened", reason="wants_another_job")

    assert [FIRST] == changes(center)
    assert ReferralState.IN_PROGRESS is center.state(PLACEMENT)
    assert ("hired_already", f"{PLACEMENT}:{MID_CAREER}:2017-12-09") in center.notices


def test_a_withdrawn_search_that_is_taken_up_while_the_client_has_a_job_stays_too() -> None:
    center = placed()
    center.later(days=200)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    choice = {"program": PLACEMENT, "agency": MID_CAREER}
    center.put(Desk.JOB_PLACEMENT, "staff:x", JourneyEvent.REFERRAL_CHOSEN, choice, None, center.now)
    center.work()
    center.later(days=5)
    center.agency(PACKAGE, "progressed", milestone="employed")
    assert (ReferralState.CANCELLED, "hired") == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)

    center.later(days=1)
    center.staff(PLACEMENT, "reopened", reason="wants_another_job")

    assert ReferralState.REQUESTED is center.state(PLACEMENT)
    assert "hired_already" in center.noticed()


def test_the_package_that_ended_with_the_hire_does_not_hear_of_it_when_it_is_taken_up() -> None:
    center = placed()
    center.agency(PACKAGE, "completed", outcome="employed")
    told = center.told(LetterType.AMENDED)

    center.staff(PACKAGE, "reopened", reason="bonus_still_due")

    assert told == center.told(LetterType.AMENDED)


def test_a_hire_that_was_entered_in_error_has_not_happened() -> None:
    center = placed()
    center.later(days=1)

    center.staff(PLACEMENT, "reopened", reason=IN_ERROR)

    assert ReferralState.IN_PROGRESS is center.state(PLACEMENT)
    assert [] == changes(center)
    assert {} == subsidy(center)
    assert "hired_already" not in center.noticed()


def test_an_error_takes_back_what_its_milestone_had_told_too() -> None:
    center = placed(milestone=True)
    center.later(days=1)

    center.staff(PLACEMENT, "reopened", reason=IN_ERROR)
    assert [] == changes(center)

    center.later(days=20)
    center.agency(PLACEMENT, "progressed", milestone="hired")
    assert [(Happened.HIRED, "2017-12-30")] == changes(center)


def test_an_error_takes_back_only_what_was_said_since_the_search_was_taken_up_last() -> None:
    center = dismissed()
    center.later(days=20)
    center.agency(PLACEMENT, "completed", outcome="hired")

    center.staff(PLACEMENT, "reopened", reason=IN_ERROR)

    assert [FIRST, LOST] == changes(center)


def test_the_clocks_of_a_program_do_not_run_from_an_error() -> None:
    center = placed()
    center.agency(PACKAGE, "progressed", milestone="employed")
    center.agency(PACKAGE, "completed", outcome="employed")
    assert date(2018, 3, 9) == due(center, PACKAGE)["D25-3m"][0]

    center.staff(PACKAGE, "reopened", reason=IN_ERROR)

    assert not {code for code in due(center, PACKAGE) if code.startswith("D25")}


def test_every_desk_looks_anew_at_what_was_an_error() -> None:
    center = PaperCenter(case_of_a(Need.LIVING, Need.JOB, consents=consents_to(None, "mapo-welfare-team", MID_CAREER)))
    center.opens()
    center.agency("emergency-living-aid", "progressed", milestone="decided")
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PACKAGE, "completed", outcome="employed")
    center.events.clear()

    center.staff(PACKAGE, "reopened", reason=IN_ERROR)

    heard = {event.source for event in center.events.values() if event.word == JourneyEvent.HEARD}
    assert {f"desk:{Desk.JOB_PLACEMENT}"} == heard
