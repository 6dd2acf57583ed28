"""Planning, further on: withdrawing, amending, asking staff, and what is wrong with a rule."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from models.case import Case, ConsentView
from models.planning import ask
from models.steps import Amend, AskStaff, Refer, Step, Withdraw
from models.vocabulary import Desk, LetterType, ReferralState
from models.work import CaseWork, Stuck
from tests.story.people import MORNING, case_of_a, consents_to, referral
from tests.unit.models.at_work import again, asked, keys, wanting

S = ReferralState
COUNSELING = "financial-counseling"


# Withdrawing and amending


@pytest.mark.parametrize(
    ("state", "end", "letters"),
    [
        (S.DRAFTED, S.CANCELLED, []),
        (S.REQUESTED, S.CANCELLED, [LetterType.CANCELLED]),
        (S.WAITLISTED, S.CANCELLED, [LetterType.CANCELLED]),
        (S.IN_PROGRESS, S.CANCEL_REQUESTED, [LetterType.CANCEL_REQUESTED]),
        (S.CANCEL_REQUESTED, S.CANCEL_REQUESTED, []),
        (S.COMPLETED, S.COMPLETED, []),
    ],
)
def test_a_withdrawal_before_and_after_work_began(
    state: ReferralState, end: ReferralState, letters: list[LetterType]
) -> None:
    rules = wanting(Withdraw(COUNSELING, "filed_in_court"))

    work = asked(rules, referral(COUNSELING, "microfinance-desk", state))

    assert end is work.case.referrals[0].state
    assert letters == [letter.type for letter in work.letters]
    assert [] == again(work, rules).transitions


def test_to_withdraw_what_there_is_not_is_nothing() -> None:
    assert [] == asked(wanting(Withdraw(COUNSELING, "hired"))).transitions


def test_a_change_is_told_once_and_to_nobody_who_was_never_asked() -> None:
    rules = wanting(Amend(COUNSELING, "hired"))

    told = asked(rules, referral(COUNSELING, "microfinance-desk", S.ACCEPTED))
    draft = asked(rules, referral(COUNSELING, "microfinance-desk", S.DRAFTED))

    assert [(LetterType.AMENDED, "hired")] == [(letter.type, letter.about) for letter in told.letters]
    assert [] == again(told, rules).letters
    assert [] == draft.letters


def test_without_a_basis_a_change_is_told_to_nobody_but_a_person() -> None:
    rules, accepted = wanting(Amend(COUNSELING, "hired")), referral(COUNSELING, "microfinance-desk", S.ACCEPTED)

    work = asked(rules, accepted, consents=consents_to(None))

    assert [] == work.letters
    assert [("consent_missing", f"{COUNSELING}:microfinance-desk")] == [(n.code, n.about) for n in work.notices]


def test_a_change_that_waited_for_a_basis_is_told_when_it_comes() -> None:
    rules = wanting(Amend(COUNSELING, "hired"))
    before = asked(rules, referral(COUNSELING, "microfinance-desk", S.ACCEPTED), consents=consents_to(None))

    after = asked(rules, *before.case.referrals)

    assert ([LetterType.AMENDED], []) == ([letter.type for letter in after.letters], after.notices)


def test_a_statute_lets_a_change_be_told_without_a_consent() -> None:
    accepted = referral("emergency-living-aid", "mapo-welfare-team", S.ACCEPTED)

    work = asked(wanting(Amend("emergency-living-aid", "hired")), accepted, desk=Desk.EMERGENCY_AID, consents=())

    assert ([LetterType.AMENDED], []) == ([letter.type for letter in work.letters], work.notices)


def test_staff_are_asked_the_same_thing_once() -> None:
    work = asked(
        wanting(AskStaff("facts_missing", "x"), AskStaff("facts_missing", "x"), AskStaff("facts_missing", "y"))
    )

    assert ["x", "y"] == [notice.about for notice in work.notices]


# Consent to collection taken back


def taken_back(*recipients: str | None) -> tuple[ConsentView, ...]:
    return tuple(replace(each, withdrawn=True) for each in consents_to(None, *recipients))


def test_who_took_back_collection_is_referred_nowhere_and_what_is_open_is_withdrawn() -> None:
    rules = wanting(Refer(COUNSELING), Refer("individual-rehabilitation"), Amend(COUNSELING, "hired"))
    at_work = referral(COUNSELING, "microfinance-desk", S.IN_PROGRESS)
    of_another_desk = referral("emergency-living-aid", "mapo-welfare-team", S.ACCEPTED, nth=2)

    work = asked(rules, at_work, of_another_desk, consents=taken_back("legal-aid"))

    assert [S.CANCEL_REQUESTED, S.ACCEPTED] == [each.state for each in work.case.referrals]
    assert [(LetterType.CANCEL_REQUESTED, "consent_withdrawn")] == [(w.type, w.reason) for w in work.letters]
    assert ([], []) == (again(work, rules).transitions, again(work, rules).letters)


def test_not_even_a_statute_or_a_persons_choice_asks_for_a_client_who_took_back_collection() -> None:
    work = CaseWork(case=case_of_a(consents=taken_back()), desk=Desk.EMERGENCY_AID, now=MORNING)
    work.chosen.append(("seoul-emergency-aid", "mapo-welfare-team"))

    ask(work, wanting(Refer("emergency-living-aid", urgent=True)), 7, keys())

    assert ((), []) == (work.case.referrals, work.letters)
    assert [("collection_withdrawn", "seoul-emergency-aid:mapo-welfare-team")] == [
        (notice.code, notice.about) for notice in work.notices
    ]


def test_a_person_is_told_once_by_the_intake_desk_until_consent_is_given_anew() -> None:
    rules = wanting(Refer("job-counseling"))

    withdrawn = asked(rules, desk=Desk.INTAKE, consents=taken_back())
    anew = asked(rules, desk=Desk.INTAKE, consents=(*taken_back(), *consents_to(None)))

    assert [("collection_withdrawn", True)] == [(notice.code, notice.by_rule) for notice in withdrawn.notices]
    assert ([], [S.REQUESTED]) == (anew.notices, [each.state for each in anew.case.referrals])


# What is wrong with a rule


def raises(case: Case) -> Iterator[Step]:
    yield Refer(COUNSELING)
    raise LookupError(case.facts.model_dump_json())


def test_a_rule_that_raises_is_for_a_person_and_shows_nothing_of_the_client() -> None:
    with pytest.raises(Stuck) as stuck:
        asked(raises)

    assert ("rule_raised", "LookupError at desk debt-relief") == (stuck.value.reason, stuck.value.detail)


def test_rules_that_never_settle_are_stopped() -> None:
    def restless(case: Case) -> Iterator[Step]:
        yield Refer("single-parent-support")
        yield Amend("single-parent-support", f"change {len(case.referral('single-parent-support').letters)}")

    with pytest.raises(Stuck) as stuck:
        asked(restless, desk=Desk.WELFARE_BENEFITS)

    assert "rules_never_settle" == stuck.value.reason


def test_a_desk_keeps_to_its_own_programs() -> None:
    with pytest.raises(Stuck) as stuck:
        asked(wanting(Refer("job-counseling")), desk=Desk.DEBT_RELIEF)

    assert ("program_of_another_desk", "job-counseling") == (stuck.value.reason, stuck.value.detail)
