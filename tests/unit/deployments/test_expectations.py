"""Expectations: each is held against how things stand, and says expected and actual."""

from datetime import UTC, date, datetime
from uuid import UUID

import catalog
from deployments.rehearsal.expectations import Compared, compare
from deployments.rehearsal.expected import Expected
from deployments.rehearsal.seeing import Received, Scene
from models.case import Case, MilestoneView, ReferralView
from models.facts import Facts
from models.vocabulary import Desk, Need, ReferralState


def at(day: int) -> datetime:
    """Return noon of a day of March 2018."""
    return datetime(2018, 3, day, 3, tzinfo=UTC)


COUNSELING = ReferralView(
    id=UUID(int=1),
    program="financial-counseling",
    agency="microfinance-desk",
    desk=Desk.DEBT_RELIEF,
    application_date=date(2018, 3, 5),
    number="R-2018-000001-3",
    state=ReferralState.IN_PROGRESS,
    milestones=(MilestoneView("main", "advised", at(7)), MilestoneView("main", "counseled", at(6))),
)
SCENE = Scene(
    case=Case(
        journey_id=UUID(int=9),
        number="J-2018-000001-1",
        opened_on=date(2018, 3, 5),
        today=date(2018, 3, 8),
        wants=frozenset({Need.DEBT}),
        facts=Facts(debts_unsecured_won=1),
        catalog=catalog.load(),
        referrals=(COUNSELING,),
    ),
    parked=(("accepted", "unknown_referral"),),
    notices=("event_parked R-2018-000001-3",),
    set_aside=(),
    received=(
        Received(
            agency="microfinance-desk",
            type="referral.requested",
            program="financial-counseling",
            items=frozenset({"name", "debts"}),
        ),
    ),
)


def missed(**expected: object) -> list[Compared]:
    """Return what was not as expected."""
    return [each for each in compare(Expected.model_validate(expected), SCENE) if not each.met]


def test_what_is_as_expected_is_met() -> None:
    expected = {
        "referrals": {
            "financial-counseling": {
                "state": "in_progress",
                "turn": "agency",
                "agency": "microfinance-desk",
                "application_date": date(2018, 3, 5),
                "milestones": {"main": ["counseled", "advised"]},
                "count": 1,
            },
            "bankruptcy": {"count": 0},
        },
        "count": 1,
        "parked": [{"word": "accepted", "reason": "unknown_referral"}],
        "notices": ["event_parked", "event_parked R-2018-000001-3"],
        "no_notices": ["consent_missing"],
        "set_aside": [],
        "sent": {
            "microfinance-desk": {
                "letters": 1,
                "types": {"referral.requested": 1},
                "items": ["debts", "name"],
                "never": ["income"],
            },
            "legal-aid": {"letters": 0},
        },
        "screening": {"financial-counseling": {"result": "LIKELY"}},
    }

    found = list(compare(Expected.model_validate(expected), SCENE))

    assert 19 == len(found)
    assert [] == [each for each in found if not each.met]


def test_a_miss_says_expected_and_actual() -> None:
    expected = {"financial-counseling": {"state": "completed", "milestones": {"main": ["counseled"]}}}

    assert [
        Compared("financial-counseling state", "completed", "in_progress", met=False),
        Compared("financial-counseling milestones (main)", "counseled", "counseled, advised", met=False),
    ] == missed(referrals=expected)


def test_a_referral_that_is_not_there_is_a_miss() -> None:
    assert ["no such referral"] == [each.actual for each in missed(referrals={"bankruptcy": {"turn": "agency"}})]


def test_an_item_that_went_out_although_it_never_should_is_a_miss() -> None:
    assert ["debts"] == [each.actual for each in missed(sent={"microfinance-desk": {"never": ["debts", "income"]}})]


def test_an_open_notice_that_should_not_be_is_a_miss() -> None:
    assert ["event_parked R-2018-000001-3"] == [each.actual for each in missed(no_notices=["event_parked"])]


def test_an_unknown_parked_event_is_a_miss() -> None:
    assert ["accepted (unknown_referral)"] == [each.actual for each in missed(parked=[])]
