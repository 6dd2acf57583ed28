"""Choosing: a person names the agency, and planning does it, whatever the routing rules say; and lawful bases."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from uuid import UUID

from models.case import Case, ConsentView, ReferralView
from models.journey_hearing import hear_of_journey
from models.planning import ask
from models.steps import Refer, Step
from models.vocabulary import Basis, Desk, JourneyEvent, ReferralState
from models.work import CaseWork, HeardEvent
from tests.story.people import MORNING, case_of_a, consents_to, referral

PLACEMENT = "job-placement"
TEAM = "mapo-outreach-job-team"


def nothing_wanted(_: Case) -> list[Step]:
    return []


def keys() -> Callable[[], UUID]:
    fresh = count(7000)
    return lambda: UUID(int=next(fresh))


def chosen(*referrals: ReferralView, consents: tuple[ConsentView, ...]) -> CaseWork:
    """Let a person choose the outreach team for placement, and plan what follows."""
    work = CaseWork(case=case_of_a(referrals=referrals, consents=consents), desk=Desk.JOB_PLACEMENT, now=MORNING)
    event = HeardEvent(
        id=3,
        source="staff:front-desk",
        word=JourneyEvent.REFERRAL_CHOSEN,
        data={"program": PLACEMENT, "agency": TEAM},
        occurred_at=MORNING,
    )
    hear_of_journey(work, event)
    ask(work, nothing_wanted, 3, keys())
    return work


def test_what_a_person_chose_goes_out_though_no_rule_wants_it() -> None:
    work = chosen(consents=consents_to(TEAM))

    [latest] = work.case.referrals
    assert (TEAM, "chosen", ReferralState.REQUESTED) == (latest.agency, latest.rule, latest.state)
    assert 1 == len(work.letters)


def test_a_chosen_draft_waits_for_consent_and_goes_out_when_it_comes() -> None:
    waiting = chosen(consents=())
    [draft] = waiting.case.referrals
    assert (ReferralState.DRAFTED, "consent") == (draft.state, draft.waits_for)

    later = CaseWork(
        case=case_of_a(referrals=(draft,), consents=consents_to(TEAM)), desk=Desk.JOB_PLACEMENT, now=MORNING
    )
    ask(later, nothing_wanted, 4, keys())

    assert [ReferralState.REQUESTED] == [r.state for r in later.case.referrals]


def test_choosing_beside_an_open_referral_asks_a_person_instead() -> None:
    open_one = referral(PLACEMENT, state=ReferralState.ACCEPTED, agency="mid-career-job-hope-center")

    work = chosen(open_one, consents=consents_to(TEAM))

    assert [open_one.id] == [r.id for r in work.case.referrals]
    assert ["already_open"] == [notice.code for notice in work.notices]


def test_choosing_what_is_open_in_another_journey_asks_a_person_instead() -> None:
    case = replace(case_of_a(consents=consents_to(TEAM)), elsewhere={PLACEMENT: "R-2017-000009-1"})
    work = CaseWork(case=case, desk=Desk.JOB_PLACEMENT, now=MORNING, chosen=[(PLACEMENT, TEAM)])
    ask(work, nothing_wanted, 4, keys())

    assert () == work.case.referrals
    assert [("already_open", f"{PLACEMENT}:R-2017-000009-1")] == [(n.code, n.about) for n in work.notices]


def test_danger_to_life_lets_the_city_aid_be_asked_without_consent() -> None:
    def wanted(_: Case) -> list[Step]:
        return [Refer("seoul-emergency-aid", urgent=True)]

    def asked(*, danger: bool | None) -> ReferralView:
        case = case_of_a(consents=(), urgent_safety=danger)
        work = CaseWork(case=case, desk=Desk.EMERGENCY_AID, now=MORNING)
        ask(work, wanted, 5, keys())
        return work.case.referrals[0]

    assert (ReferralState.REQUESTED, Basis.VITAL_INTEREST) == (asked(danger=True).state, asked(danger=True).basis)
    assert (ReferralState.DRAFTED, None) == (asked(danger=None).state, asked(danger=None).basis)
