"""Expectations: each is held against how things stand, and says expected and actual."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import catalog
from deployments.rehearsal.expectations import compare
from deployments.rehearsal.expected import Expected
from deployments.rehearsal.findings import Compared
from deployments.rehearsal.seeing import Received, ReferralTime, Scene, StepDone
from models.case import Case, ConsentView, MilestoneView, ReferralView
from models.facts import Facts
from models.vocabulary import Desk, Need, ReferralState
from web.views import DaysView, DeadlineView, LabelView


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
DECLINED = replace(
    COUNSELING,
    id=UUID(int=2),
    number="R-2018-000002-1",
    state=ReferralState.DECLINED,
    milestones=(),
    agency="legal-aid",
)
ANSWER = DeadlineView(
    code="D35-answer",
    label=LabelView(ko="수락", en="accepted or declined"),
    owed_by="agency",
    force="practice",
    due_raw=date(2018, 3, 8),
    due_effective=date(2018, 3, 8),
    due_at=at(9),
    extendable_to=None,
    extended_from=None,
    met_at=at(6),
    status="met",
    informational=False,
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
        referrals=(DECLINED, COUNSELING),
        consents=(
            ConsentView(
                purpose="provision",
                recipient="microfinance-desk",
                items=frozenset({"name"}),
                given_by="self",
                valid_from=date(2018, 3, 5),
                valid_to=date(2019, 3, 4),
            ),
        ),
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
    time={
        COUNSELING.id: ReferralTime(
            deadlines=(ANSWER,),
            held=DaysView(center=0.01, agency=2.6, client=0.4),
            steps=(
                StepDone(deadline="D35-answer", does="remind", on=date(2018, 3, 9)),
                StepDone(deadline="D35-reply", does="remind", on=date(2018, 3, 20)),
            ),
            outlook=("allowance for 1 child, counted from the application of 2018-03-05",),
        )
    },
    report={"microfinance-desk": {"sent": 3, "declined": {"capacity_full": 1}, "no_show": 1, "no_show_rate": 33.3}},
)


def missed(**expected: object) -> list[Compared]:
    """Return what was not as expected."""
    return [each for each in compare(Expected.model_validate(expected), SCENE) if not each.met]


def test_what_is_as_expected_is_met() -> None:
    expected: dict[str, Any] = {
        "referrals": {
            "financial-counseling": {
                "state": "in_progress",
                "turn": "agency",
                "agency": "microfinance-desk",
                "application_date": date(2018, 3, 5),
                "milestones": {"main": ["counseled", "advised"]},
                "reached": {"counseled": date(2018, 3, 6)},
                "deadlines": {
                    "D35-answer": {
                        "due_raw": date(2018, 3, 8),
                        "due_effective": date(2018, 3, 8),
                        "status": "met",
                        "met_on": date(2018, 3, 6),
                        "owed_by": "agency",
                        "informational": False,
                    }
                },
                "no_deadlines": ["D35-receipt"],
                "held": {"center": 0, "agency": 3, "client": 0},
                "steps": {
                    "D35-answer": [{"does": "remind", "on": date(2018, 3, 9)}],
                    "D35-reply": [{"does": "remind"}],
                    "D35-receipt": [],
                },
                "earlier": [{"state": "declined", "agency": "legal-aid"}],
                "count": 2,
            },
            "bankruptcy": {"count": 0},
        },
        "count": 2,
        "dormant": False,
        "consents": {"microfinance-desk": date(2019, 3, 4), "legal-aid": "none"},
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
        "routes": {
            "financial-counseling": {
                "first": "microfinance-desk",
                "alternatives": [],
                "passed_over": {"legal-aid": "refused"},
            }
        },
    }

    found = list(compare(Expected.model_validate(expected), SCENE))

    assert 42 == len(found)
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


def test_time_that_is_not_as_expected_is_a_miss() -> None:
    expected = {
        "reached": {"counseled": date(2018, 3, 7), "advised": date(2018, 3, 7)},
        "deadlines": {"D35-answer": {"status": "late", "extendable_to": date(2018, 3, 9)}, "D35-reply": {}},
        "no_deadlines": ["D35-answer"],
        "held": {"agency": 2},
        "steps": {"D35-answer": [{"does": "remind", "on": date(2018, 3, 8)}, {"does": "expire"}]},
        "earlier": [],
    }

    assert [
        Compared("financial-counseling reached counseled", "2018-03-07", "2018-03-06", met=False),
        Compared("financial-counseling D35-answer extendable to", "2018-03-09", "nothing", met=False),
        Compared("financial-counseling D35-answer status", "late", "met", met=False),
        Compared("financial-counseling D35-reply", "runs", "no such deadline runs", met=False),
        Compared("financial-counseling no D35-answer", "nothing", "met 2018-03-08", met=False),
        Compared("financial-counseling days held by agency", "2", "3", met=False),
        Compared("financial-counseling D35-answer steps", "remind 2018-03-08, expire", "remind 2018-03-09", met=False),
        Compared("financial-counseling earlier referrals", "0", "1", met=False),
    ] == missed(referrals={"financial-counseling": expected})


def test_days_of_a_referral_that_is_not_there_are_a_miss() -> None:
    assert ["no such referral"] == [each.actual for each in missed(referrals={"bankruptcy": {"held": {"agency": 0}}})]


def test_a_journey_that_does_not_rest_is_a_miss() -> None:
    assert [Compared("dormant", "True", "False", met=False)] == missed(dormant=True)


def test_another_way_is_a_miss() -> None:
    expected = {"first": "legal-aid", "alternatives": ["nhis"], "passed_over": {"microfinance-desk": "full"}}

    assert [
        Compared("route financial-counseling", "legal-aid", "microfinance-desk", met=False),
        Compared("route financial-counseling alternatives", "nhis", "nothing", met=False),
        Compared("route financial-counseling passes over microfinance-desk", "full", "nothing", met=False),
    ] == missed(routes={"financial-counseling": expected})


def test_the_outlook_of_a_referral_is_looked_at_line_by_line() -> None:
    assert [] == missed(referrals={"financial-counseling": {"outlook": ["from the application of 2018-03-05"]}})

    (wrong,) = missed(referrals={"financial-counseling": {"outlook": ["from the application of 2018-03-06"]}})

    assert "allowance for 1 child, counted from the application of 2018-03-05" == wrong.actual


def test_an_agencys_line_of_the_report_is_looked_at() -> None:
    line = {"sent": 3, "declined": 1, "no_show": 1, "no_show_rate": 33, "expired": 0}
    assert [] == missed(report={"microfinance-desk": line, "legal-aid": {"sent": 0}})

    found = missed(report={"microfinance-desk": {"declined": 2, "no_show": 0}})

    assert [("2", "1"), ("0", "1")] == [(each.expected, each.actual) for each in found]
