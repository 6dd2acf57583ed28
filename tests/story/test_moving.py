"""Moving to another district: welfare goes to the new office and keeps its day; job services stay, but for the team."""

from datetime import UTC, datetime

from models import still_owed
from models.case_chase import Look, matters
from models.chasing import Matter, chase
from models.deadlines import deadlines_of
from models.due import DueStatus
from models.turns import Move, turns_of
from models.vocabulary import Basis, FollowUp, JourneyEvent, LetterType, Need, ReferralState
from tests.story.center import PaperCenter
from tests.story.people import case_of_a, consents_to

BENEFIT = "single-parent-support"
TEAM = "mapo-outreach-job-team"
NEW_TEAM = "eunpyeong-outreach-job-team"
NEW_OFFICE = "eunpyeong-district-office"


def applied(*needs: Need) -> PaperCenter:
    center = PaperCenter(case_of_a(*(needs or (Need.BENEFITS,))))
    center.opens()
    center.agency(BENEFIT, "accepted")
    return center


def moves(center: PaperCenter, district: str = "eunpyeong") -> None:
    center.later(days=10)
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"district": district})


def signs(center: PaperCenter, recipient: str) -> None:
    for by in ("self", "guardian"):
        items = ["name", "birth_date", "phone", "address", "household", "children", "recognized_income", "screening"]
        signed = {"purpose": "provision", "recipient": recipient, "items": items, "valid_to": "2018-12-03"}
        center.journey(JourneyEvent.CONSENT_GIVEN, consent={**signed, "given_by": by})


def test_the_office_that_has_the_application_is_told_once_and_keeps_it_until_it_hands_it_on() -> None:
    center = applied()

    moves(center)
    center.journey(JourneyEvent.FACTS_CHANGED, facts={"neighborhood": "불광동"})

    assert [(BENEFIT, "moved"), ("education-benefit", "moved")] == center.told(LetterType.AMENDED)
    assert ReferralState.ACCEPTED is center.state(BENEFIT)


def test_a_new_address_told_with_its_district_is_the_same_move_told_once() -> None:
    center = applied()
    center.later(days=10)

    told = {"changed": ["address"], "secret": False, "facts": {"district": "eunpyeong"}}
    center.journey(JourneyEvent.CONTACT_CHANGED, **told)

    benefits = [each for each in center.told(LetterType.AMENDED) if each[0] != "job-counseling"]
    assert [("education-benefit", "moved"), (BENEFIT, "moved")] == sorted(benefits)
    assert "eunpyeong" == center.case().facts.district


def test_who_moves_twice_is_told_of_twice() -> None:
    center = applied()

    moves(center)
    moves(center, "seodaemun")

    assert 2 == center.told(LetterType.AMENDED).count((BENEFIT, "moved"))


def test_the_new_office_needs_a_consent_of_its_own_and_the_day_of_application_stays() -> None:
    center = applied()
    before = center.referral(BENEFIT)
    moves(center)

    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)

    waiting = center.referral(BENEFIT)
    assert (NEW_OFFICE, ReferralState.DRAFTED) == (waiting.agency, waiting.state)
    assert ("consent_missing", f"{BENEFIT}:{NEW_OFFICE}") in center.notices
    signs(center, NEW_OFFICE)
    asked = center.referral(BENEFIT)
    assert (ReferralState.REQUESTED, Basis.CONSENT) == (asked.state, asked.basis)
    assert (before.application_date, before.id) == (asked.application_date, asked.predecessor_id)
    assert 1 == center.asked().count((BENEFIT, NEW_OFFICE)), "the data moves once"


def test_the_law_counts_the_new_offices_days_from_the_first_application() -> None:
    center = applied()
    moves(center)
    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)
    signs(center, NEW_OFFICE)

    successor = center.referral(BENEFIT)
    rows = [row for row, _ in center.log if row.referral_id == successor.id]
    turns = turns_of([Move(row.occurred_at, row.end, row.outcome) for row in rows], center.now)
    due = {d.code: d for d in deadlines_of(successor, turns, center.case(), center.now)}

    assert datetime(2018, 1, 3, tzinfo=UTC).date() == due["D01"].due_raw, "30 days from 4 December, not from the 14th"


def handed_on_and_moved_again() -> PaperCenter:
    """Return client A's application, handed on from Mapo to Eunpyeong, where it waits for a consent as she moves on."""
    center = applied()
    center.agency(BENEFIT, "held")
    center.later(days=4)
    center.agency(BENEFIT, "resumed")
    moves(center)
    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)
    center.later(days=5)
    moves(center, "seodaemun")
    return center


def look(center: PaperCenter) -> Look:
    """Return what a follow-up must know of the case beside it."""
    case = center.case()
    moves_of = {
        referral.id: [Move(row.occurred_at, row.end) for row, _ in center.log if row.referral_id == referral.id]
        for referral in case.referrals
    }
    return Look(turns={key: turns_of(told, center.now) for key, told in moves_of.items()}, now=center.now)


def matters_of(center: PaperCenter) -> dict[str, Matter]:
    """Return what the chase sees of the benefit as it stands, by deadline."""
    latest, found = center.referral(BENEFIT), matters(center.case(), FollowUp.OVERDUE, look(center))
    return {each.due.code: each for each in found if each.referral.id == latest.id}


def test_who_moves_again_while_the_next_office_waits_for_a_consent_keeps_the_day_of_application() -> None:
    center = handed_on_and_moved_again()
    waiting = center.referral(BENEFIT)
    assert ("seodaemun-district-office", ReferralState.DRAFTED) == (waiting.agency, waiting.state)

    signs(center, "seodaemun-district-office")

    asked = center.referral(BENEFIT)
    assert (ReferralState.REQUESTED, datetime(2017, 12, 4, tzinfo=UTC).date()) == (asked.state, asked.application_date)
    due = matters_of(center)["D01"].due
    assert datetime(2018, 1, 7, tzinfo=UTC).date() == due.due_raw, "30 days, and 4 on which papers were missing"


def test_the_laws_clock_is_seen_while_what_was_handed_on_is_still_a_draft_and_the_center_owes_it() -> None:
    center = handed_on_and_moved_again()

    due = matters_of(center)["D01"].due

    assert ("center", datetime(2018, 1, 7, tzinfo=UTC).date()) == (due.owed_by, due.due_raw)
    signs(center, "seodaemun-district-office")
    assert "agency" == matters_of(center)["D01"].due.owed_by


def test_nobody_is_reminded_of_a_draft_or_given_up_for_it_when_the_day_has_passed() -> None:
    center = handed_on_and_moved_again()
    center.later(days=60)

    matter = matters_of(center)["D01"]
    found = chase(matter, {}, center.now, center.case().catalog.calendars)

    assert ([], []) == (found.acts, found.standing)
    assert DueStatus.LATE is matter.due.status
    late = still_owed.overdue(center.case(), look(center), lambda about: about.program == BENEFIT)
    assert [("D01", "center", matter.due.due_raw)] == [(due.code, due.owed_by, due.due_raw) for due in late]


def test_a_draft_that_nobody_handed_on_has_no_clock_of_the_law() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS, consents=consents_to(None)))
    center.opens()
    center.later(days=40)

    assert "D01" not in matters_of(center)


def test_what_the_client_owed_the_first_office_is_not_the_new_offices_time() -> None:
    center = applied()
    center.agency(BENEFIT, "held")
    center.later(days=20)
    center.agency(BENEFIT, "resumed")
    moves(center)
    center.agency(BENEFIT, "redirected", redirect_to=NEW_OFFICE)
    signs(center, NEW_OFFICE)

    case, successor = center.case(), center.referral(BENEFIT)
    moves_of = {
        referral.id: [Move(row.occurred_at, row.end) for row, _ in center.log if row.referral_id == referral.id]
        for referral in case.referrals
    }
    turns = {key: turns_of(told, center.now) for key, told in moves_of.items()}
    due = {m.due.code: m.due for m in matters(case, FollowUp.OVERDUE, Look(turns=turns, now=center.now))}

    assert {successor.id} <= turns.keys()
    assert datetime(2018, 1, 23, tzinfo=UTC).date() == due["D01"].due_raw, (
        "30 days, and 20 on which papers were missing"
    )


def test_a_statute_lets_the_emergency_request_follow_without_a_consent() -> None:
    center = PaperCenter(case_of_a(Need.LIVING, consents=consents_to(None)))
    center.opens()
    moves(center)

    center.agency("emergency-living-aid", "redirected")

    aid = center.referral("emergency-living-aid")
    assert (NEW_OFFICE, ReferralState.REQUESTED, Basis.STATUTE) == (aid.agency, aid.state, aid.basis)


def test_a_draft_that_waits_for_the_old_office_is_drawn_up_for_the_new_one() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS, consents=consents_to(None)))
    center.opens()
    assert ("mapo-welfare-team", ReferralState.DRAFTED) == (center.referral(BENEFIT).agency, center.state(BENEFIT))

    moves(center)

    assert (NEW_OFFICE, ReferralState.DRAFTED) == (center.referral(BENEFIT).agency, center.state(BENEFIT))
    assert [] == center.told(LetterType.CANCELLED)


def test_a_benefit_that_is_paid_hears_of_the_move_and_one_that_was_refused_does_not() -> None:
    center = applied()
    center.agency(BENEFIT, "completed", outcome="granted")
    center.agency("education-benefit", "completed", outcome="refused")

    moves(center)

    assert [(BENEFIT, "moved")] == center.told(LetterType.AMENDED)


def placed() -> PaperCenter:
    """Return client A with the Mapo job team at work; she is young, so that no other center comes before it."""
    center = PaperCenter(case_of_a(Need.JOB, consents=consents_to(None, TEAM, NEW_TEAM), birth_date="1980-08-21"))
    center.opens()
    center.agency("job-counseling", "completed", outcome="counseled")
    center.agency("employment-success-package", "progressed", milestone="stage3")
    center.agency("job-placement", "accepted")
    assert TEAM == center.referral("job-placement").agency
    return center


def test_the_job_program_stays_and_the_districts_team_changes() -> None:
    center = placed()

    moves(center)
    assert [("job-placement", "moved")] == [
        (program, letter.reason)
        for letter in center.letters
        if letter.type is LetterType.CANCEL_REQUESTED and (program := center.rows[letter.referral_id].program)
    ]
    center.agency("job-placement", "cancelled", reason="stopped_here")

    assert (NEW_TEAM, ReferralState.REQUESTED) == (
        center.referral("job-placement").agency,
        center.state("job-placement"),
    )
    assert ReferralState.IN_PROGRESS is center.state("employment-success-package")
    assert "seoul-west-employment-center" == center.referral("employment-success-package").agency


def test_a_team_that_finds_the_job_before_it_stops_has_found_it() -> None:
    center = placed()
    moves(center)

    center.agency("job-placement", "completed", outcome="hired")

    assert (ReferralState.COMPLETED, TEAM) == (center.state("job-placement"), center.referral("job-placement").agency)


def test_where_no_other_agency_serves_the_new_district_a_person_decides() -> None:
    center = placed()

    moves(center, "gangseo")

    assert ReferralState.ACCEPTED is center.state("job-placement")
    assert "other_district" in center.noticed()


def test_an_agency_that_a_person_chose_is_left_to_a_person() -> None:
    center = PaperCenter(case_of_a(Need.BENEFITS, consents=consents_to(None, "mapo-district-office")))
    center.put(
        center.referral(BENEFIT).desk,
        "staff:x",
        JourneyEvent.REFERRAL_CHOSEN,
        {"program": BENEFIT, "agency": "mapo-district-office"},
        None,
        center.now,
    )
    center.work()

    moves(center)

    assert ReferralState.REQUESTED is center.state(BENEFIT)
    assert "other_district" in center.noticed()
