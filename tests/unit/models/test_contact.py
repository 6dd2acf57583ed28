"""Who hears that a client's phone or address has changed: whoever has it and is at work, once, never what it is."""

from typing import Any

import pytest

from flows.desks import HEARS
from models.case import ReferralView
from models.hearing import hear
from models.steps import CHOSEN
from models.vocabulary import Basis, Desk, JourneyEvent, LetterType, ReferralState
from models.work import CaseWork, HeardEvent
from tests.story.people import MORNING, case_of_a, consents_to, referral

S = ReferralState
TEAM, COUNSELOR = "mapo-welfare-team", "microfinance-desk"


def benefit(state: ReferralState = S.IN_PROGRESS, **fields: Any) -> ReferralView:  # noqa: ANN401 - a ReferralView's
    items = fields.pop("items", ("name", "phone", "address"))
    return referral("single-parent-support", TEAM, state, items=items, basis=Basis.CONSENT, **fields)


def at_intake(*referrals: ReferralView, **case: Any) -> CaseWork:  # noqa: ANN401 - what `case_of_a` takes
    return CaseWork(case=case_of_a(referrals=referrals, **case), desk=Desk.INTAKE, now=MORNING)


def heard(work: CaseWork, *changed: str, secret: bool = False, nth: int = 1, **data: object) -> list[str]:
    """Let it be heard that these have changed; return what each letter written so far is about."""
    said = {"changed": list(changed), "secret": secret, "fresh": [], **data}
    word = JourneyEvent.CONTACT_CHANGED
    hear(work, HeardEvent(id=nth, source="staff:desk", word=word, data=said, occurred_at=MORNING), HEARS)
    assert {LetterType.AMENDED} >= {letter.type for letter in work.letters}
    return [letter.about for letter in work.letters]


def test_whoever_has_it_is_told_once_for_each_change_and_the_others_are_not() -> None:
    work = at_intake(
        benefit(),
        referral("financial-counseling", COUNSELOR, S.RECEIVED, items=("name", "phone"), basis=Basis.CONSENT, nth=2),
    )

    assert ["phone_changed:1", "phone_changed:1", "address_changed:1"] == heard(work, "address", "phone")
    assert ["phone_changed", "phone_changed", "address_changed"] == [letter.reason for letter in work.letters]
    assert "phone_changed:2" in heard(work, "phone", nth=2)


@pytest.mark.parametrize("state", [S.DRAFTED, S.COMPLETED, S.DECLINED, S.CANCELLED])
def test_who_has_nothing_yet_or_is_done_is_not_told(state: ReferralState) -> None:
    assert [] == heard(at_intake(benefit(state)), "phone", "address")


def test_a_request_that_says_the_new_thing_itself_needs_no_second_letter() -> None:
    standing = benefit(S.REQUESTED)

    assert [] == heard(at_intake(standing), "phone", fresh=[standing.number])
    assert ["phone_changed:1"] == heard(at_intake(standing), "phone")


def test_without_a_basis_a_person_is_asked() -> None:
    work = at_intake(benefit(), consents=consents_to(None))

    assert [] == heard(work, "phone")
    assert [("consent_missing", f"single-parent-support:{TEAM}")] == [(n.code, n.about) for n in work.notices]


def test_a_secret_address_is_told_to_nobody_and_a_person_looks_at_those_that_have_it() -> None:
    work = at_intake(benefit(), benefit(S.CANCELLED, nth=2))

    assert ["phone_changed:1"] == heard(work, "address", "address_secret", "phone", secret=True)
    [notice] = work.notices
    assert ("address_kept_secret", str(work.case.referrals[0].number)) == (notice.code, notice.detail)


def test_a_new_phone_says_nothing_of_an_address_that_has_long_been_secret() -> None:
    work = at_intake(benefit())

    assert ["phone_changed:1"] == heard(work, "phone", secret=True)
    assert [] == work.notices


def test_told_with_a_new_district_it_is_a_move_told_in_the_words_of_the_move() -> None:
    work = at_intake(benefit())

    assert ["moved:eunpyeong"] == heard(work, "address", facts={"district": "eunpyeong"})
    assert "moved" == work.letters[0].reason
    assert "eunpyeong" == work.case.facts.district
    assert set(Desk) - {Desk.INTAKE} == {tell.desk for tell in work.tells}


def test_within_the_district_or_at_an_agency_a_person_chose_it_is_a_new_address() -> None:
    assert ["address_changed:1"] == heard(at_intake(benefit()), "address", facts={"district": "mapo"})
    chosen = at_intake(benefit(rule=CHOSEN))
    assert ["address_changed:1"] == heard(chosen, "address", facts={"district": "eunpyeong"})


def test_who_moves_back_and_forth_is_told_each_time() -> None:
    work = at_intake(benefit())
    for nth, district in enumerate(("eunpyeong", "mapo", "eunpyeong"), 1):
        heard(work, "address", facts={"district": district}, nth=nth)

    assert ["moved:eunpyeong", "address_changed:2", "address_changed:3"] == [letter.about for letter in work.letters]
