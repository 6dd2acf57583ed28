"""What hangs together does so whatever the client asks help for now: a need that was dropped ends no duty to tell."""

from models.vocabulary import Desk, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, BENEFIT = "emergency-living-aid", "single-parent-support"
COUNSELING, REHABILITATION, WORKOUT = "financial-counseling", "individual-rehabilitation", "private-workout"
PACKAGE, PLACEMENT = "employment-success-package", "job-placement"
TEAM = "mapo-outreach-job-team"
SIGNED = (None, "mapo-welfare-team", "mid-career-job-hope-center", "microfinance-desk", "legal-aid", TEAM)


def walked_in(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*needs, consents=consents_to(*SIGNED)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    return center


def choose(center: PaperCenter, program: str, agency: str) -> None:
    """Let staff choose a referral that no need asks for."""
    desk = Desk(center.base.catalog.program(program).desk)
    told = {"program": program, "agency": agency}
    center.put(desk, "staff:front-desk", JourneyEvent.REFERRAL_CHOSEN, told, None, center.now)
    center.work()


def test_who_only_looks_for_a_job_now_is_still_reported_to_whoever_pays() -> None:
    center = walked_in()
    center.agency(AID, "progressed", milestone="decided")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.agency(COUNSELING, "completed", outcome="advise_rehabilitation")
    center.agency(REHABILITATION, "progressed", milestone="filed")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job"])
    center.later(days=10)

    center.agency(PLACEMENT, "completed", outcome="hired")

    told = {program for program, what in center.told(LetterType.AMENDED) if what == "hired"}
    assert {AID, BENEFIT, REHABILITATION} <= told
    flags = {"change_to_report", "extension_in_question", "repayment_plan_in_question"}
    assert flags <= center.noticed()


def test_an_office_that_pays_hears_of_a_move_whatever_is_asked_for() -> None:
    center = walked_in()
    center.agency(AID, "progressed", milestone="decided")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.journey(JourneyEvent.NEEDS_CHANGED, needs=["job"])

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": "eunpyeong"})

    assert {(AID, "moved"), (BENEFIT, "moved")} <= set(center.told(LetterType.AMENDED))


def test_a_benefit_that_staff_chose_without_the_need_is_told_of_a_hire() -> None:
    center = walked_in(Need.JOB)
    choose(center, BENEFIT, "mapo-welfare-team")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.later(days=10)

    center.agency(PACKAGE, "completed", outcome="employed")

    assert (BENEFIT, "hired") in center.told(LetterType.AMENDED)


def test_a_search_that_staff_chose_without_the_need_ends_with_the_hire() -> None:
    center = walked_in(Need.LIVING)
    choose(center, PLACEMENT, TEAM)
    choose(center, PACKAGE, "seoul-west-employment-center")
    center.later(days=3)

    center.agency(PACKAGE, "completed", outcome="employed")

    assert (ReferralState.CANCELLED, "hired") == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)


def test_filing_in_court_ends_a_workout_that_staff_chose_without_advice() -> None:
    center = walked_in(Need.JOB)
    choose(center, WORKOUT, "microfinance-desk")
    choose(center, REHABILITATION, "legal-aid")

    center.agency(REHABILITATION, "progressed", milestone="filed")

    assert "filed_in_court" == center.referral(WORKOUT).reason


def test_nobody_is_asked_for_what_the_client_does_not_need() -> None:
    center = walked_in(Need.JOB)

    assert {"job-counseling", PACKAGE} == {program for program, _ in center.asked()}
    assert {"job-counseling", PACKAGE} == {row.program for row in center.rows.values()}
