"""The job is lost and another one found: the search may begin anew, and every office hears of the second hire too."""

from models.vocabulary import Desk, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

AID, BENEFIT, REHABILITATION = "emergency-living-aid", "single-parent-support", "individual-rehabilitation"
PACKAGE, PLACEMENT = "employment-success-package", "job-placement"
SUBSIDY = "employment-promotion-subsidy"
TEAM, MID_CAREER = "mapo-outreach-job-team", "mid-career-job-hope-center"


def hired() -> PaperCenter:
    """Return client A with aid, a benefit and a filing in court, placed by an agency on the thirtieth day."""
    signed = (None, "mapo-welfare-team", MID_CAREER, TEAM, "microfinance-desk", "legal-aid", "sunny-day-care")
    center = PaperCenter(case_of_a(consents=consents_to(*signed)))
    center.opens()
    center.agency(AID, "progressed", milestone="decided")
    center.agency(BENEFIT, "completed", outcome="granted")
    center.agency("financial-counseling", "completed", outcome="advise_rehabilitation")
    center.agency(REHABILITATION, "progressed", milestone="filed")
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    center.later(days=30)
    center.agency(PLACEMENT, "completed", outcome="hired")
    return center


def dismissed(word: str = "dismissed") -> PaperCenter:
    center = hired()
    center.later(days=60)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone=word)
    center.later(days=5)
    return center


def chosen(center: PaperCenter, program: str, agency: str | None = None) -> None:
    """Let staff choose a referral of the job-placement desk."""
    told = {"program": program} | ({} if agency is None else {"agency": agency})
    center.put(Desk.JOB_PLACEMENT, "staff:front-desk", JourneyEvent.REFERRAL_CHOSEN, told, None, center.now)
    center.work()


def told_of(center: PaperCenter, change: str) -> list[str]:
    return sorted(program for program, what in center.told(LetterType.AMENDED) if what == change)


def test_after_a_dismissal_staff_may_have_a_job_searched_again() -> None:
    center = dismissed()

    chosen(center, PLACEMENT)

    assert (ReferralState.REQUESTED, None) == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)
    assert "hired_already" not in center.noticed()


def test_who_left_the_job_may_search_again_too() -> None:
    center = dismissed("left_job")

    chosen(center, PLACEMENT)

    assert ReferralState.REQUESTED is center.state(PLACEMENT)


def test_the_second_hire_ends_the_second_search_and_is_told_to_everyone_again() -> None:
    center = dismissed()
    first = told_of(center, "hired")
    chosen(center, PLACEMENT)
    assert {AID, BENEFIT, REHABILITATION} <= set(first)

    center.later(days=30)
    center.agency(PACKAGE, "completed", outcome="employed")

    assert (ReferralState.CANCELLED, "hired") == (center.state(PLACEMENT), center.referral(PLACEMENT).reason)
    again = [program for program in first if program != PACKAGE]
    assert sorted([*first, *again]) == told_of(center, "hired"), "the package told it itself"
    assert again == told_of(center, "dismissed")
    reported = {about for code, about in center.notices if code == "change_to_report" and about.startswith(BENEFIT)}
    assert {"hired:2018-01-03", "dismissed:2018-03-04", "hired:2018-04-08"} == {a.split(":", 2)[2] for a in reported}


def test_a_hire_that_two_agencies_tell_is_one_hire() -> None:
    center = hired()
    before = center.told(LetterType.AMENDED)

    center.later(days=3)
    center.agency(PACKAGE, "completed", outcome="employed")

    assert before == center.told(LetterType.AMENDED)


def test_a_search_that_a_person_chooses_after_the_hire_is_not_withdrawn_but_brought_to_a_person() -> None:
    center = hired()
    center.later(days=5)

    chosen(center, PLACEMENT, TEAM)

    assert (ReferralState.REQUESTED, TEAM) == (center.state(PLACEMENT), center.referral(PLACEMENT).agency)
    assert ("hired_already", f"{PLACEMENT}:{TEAM}:2018-01-03") in center.notices


def test_a_search_that_a_person_chose_before_the_hire_ends_with_it() -> None:
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, TEAM)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    chosen(center, PLACEMENT, TEAM)
    center.later(days=3)

    center.agency(PACKAGE, "completed", outcome="employed")

    assert ReferralState.CANCELLED is center.state(PLACEMENT)


def test_the_aids_extension_is_in_question_only_while_the_client_has_a_job() -> None:
    center = dismissed()
    center.notices.clear()

    center.journey(JourneyEvent.FACTS_CHANGED, facts={"employed": False})

    assert "extension_in_question" not in center.noticed()


def subsidized() -> PaperCenter:
    """Return client A, placed with an employer who was told that she is a target."""
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, "sunny-day-care", MID_CAREER)))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency(PACKAGE, "progressed", milestone="stage3")
    center.later(days=60)
    learned = {"program_completed": True, "program_completed_on": "2017-12-01", "employer": "sunny-day-care"}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)
    center.agency(PLACEMENT, "completed", outcome="hired")
    return center


def test_another_job_is_no_part_of_the_first_employers_subsidy_and_a_person_looks() -> None:
    center = subsidized()
    number, day = center.referral(SUBSIDY).number, center.case().legal_day(SUBSIDY)
    center.later(days=40)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    assert "hired_again" not in center.noticed()

    center.later(days=30)
    center.agency(PACKAGE, "completed", outcome="employed")

    assert ("hired_again", f"{SUBSIDY}:{number}:2018-04-13") in center.notices
    assert "months kept: 1; blocks: 0" == center.notices["subsidy_cut", f"{SUBSIDY}:{number}"].detail
    assert day == center.case().legal_day(SUBSIDY), "it is screened as of the hire it was asked for"
    assert ["dismissed"] == [what for program, what in center.told(LetterType.AMENDED) if program == SUBSIDY]


def test_of_a_job_that_was_lost_within_six_months_no_employer_is_told_or_asked_for() -> None:
    center = hired()
    assert ("facts_missing", f"{SUBSIDY}:employer") in center.notices
    center.later(days=60)
    center.agency(PLACEMENT, "progressed", lane="retention", milestone="dismissed")
    center.notices.clear()

    learned = {"program_completed": True, "program_completed_on": "2017-12-01", "employer": "sunny-day-care"}
    center.journey(JourneyEvent.FACTS_CHANGED, facts=learned)

    assert not center.referral(SUBSIDY).exists
