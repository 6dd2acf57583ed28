"""Every desk's rules, over random cases: they never raise, and asked twice they want nothing new."""

from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

from flows.desks import DESKS
from models.case import Case
from models.planning import ask
from models.steps import Amend, AskStaff, Refer, Withdraw
from models.vocabulary import Desk
from models.work import CaseWork
from tests.properties.cases import cases
from tests.story.people import MORNING, known

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def asked(case: Case, desk: Desk, first_key: int) -> CaseWork:
    work, keys = CaseWork(case=case, desk=desk, now=MORNING), count(first_key)
    ask(work, DESKS[desk].rules, first_key, lambda: UUID(int=next(keys)))
    return work


@pytest.mark.parametrize("desk", list(Desk))
@MANY
@given(case=cases())
def test_asked_twice_the_rules_want_nothing_new(desk: Desk, case: Case) -> None:
    first = asked(case, desk, 10_000)

    second = asked(first.case, desk, 20_000)

    assert ([], [], []) == (second.transitions, second.letters, second.tells)
    assert first.case.referrals == second.case.referrals
    assert {(n.code, n.about) for n in second.notices} <= {(n.code, n.about) for n in first.notices}


@pytest.mark.parametrize("desk", list(Desk))
@MANY
@given(case=cases())
def test_no_rule_opens_a_second_referral_beside_an_open_one(desk: Desk, case: Case) -> None:
    work = asked(case, desk, 10_000)

    still_open = [referral.program for referral in work.case.referrals if referral.is_open]
    assert sorted(set(still_open)) == sorted(still_open)


@pytest.mark.parametrize("desk", list(Desk))
@MANY
@given(case=cases())
def test_nothing_leaves_without_a_basis_and_nothing_more_than_the_program_needs(desk: Desk, case: Case) -> None:
    work = asked(case, desk, 10_000)

    for letter in work.letters:
        about = next(referral for referral in work.case.referrals if referral.id == letter.referral_id)
        if letter.type == "referral.requested":
            assert about.basis is not None
            assert set(about.items) <= set(known().program(about.program).items)
            assert about.program in known().agency(about.agency).programs


@pytest.mark.parametrize("desk", list(Desk))
@MANY
@given(case=cases())
def test_a_desk_wants_only_what_the_catalog_knows_and_only_of_its_own(desk: Desk, case: Case) -> None:
    for step in DESKS[desk].rules(case):
        match step:
            case Refer(program) | Withdraw(program) | Amend(program):
                assert desk == known().program(program).desk
            case AskStaff(code, about, detail):
                assert code
                assert len(about) <= 128
                assert len(detail) <= 400
