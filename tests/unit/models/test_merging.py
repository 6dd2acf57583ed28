"""Merging on paper: which of two referrals stays, when a person must decide, and what is known together."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.case import ReferralView
from models.facts_check import check_facts
from models.merging import doubles, joined
from models.roads import CLOSED, ROADS
from models.vocabulary import ReferralEvent, ReferralState
from tests.properties.cases import LIVES
from tests.story.people import WALKED_IN, facts_of_a, referral

S = ReferralState
AID = "emergency-living-aid"


def aid(nth: int, state: ReferralState, *, days: int = 0) -> ReferralView:
    """Return the nth referral, applied for so many days after the first."""
    return referral(AID, "mapo-welfare-team", state, nth=nth, application_date=WALKED_IN + timedelta(days=days))


@pytest.mark.parametrize(
    ("one", "other", "stays"),
    [
        (S.DRAFTED, S.RECEIVED, 2),
        (S.RECEIVED, S.REQUESTED, 1),
        (S.RECEIVED, S.WAITLISTED, 1),
        (S.DRAFTED, S.REQUESTED, 1),
        (S.WAITLISTED, S.IN_PROGRESS, 2),
        (S.ON_HOLD, S.DRAFTED, 1),
        (S.CANCEL_REQUESTED, S.REQUESTED, 1),
    ],
)
def test_what_has_come_less_far_gives_way_and_of_equals_the_younger(
    one: ReferralState, other: ReferralState, stays: int
) -> None:
    first, second = aid(1, one), aid(2, other, days=3)

    for found in (doubles([first], [second]), doubles([second], [first])):
        [double] = found
        assert [first, second][stays - 1] == double.stays
        assert not double.needs_a_person


@pytest.mark.parametrize("one", [S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED])
@pytest.mark.parametrize("other", [S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED])
def test_where_agencies_have_begun_on_both_a_person_decides(one: ReferralState, other: ReferralState) -> None:
    [double] = doubles([aid(1, one)], [aid(2, other)])

    assert double.needs_a_person


@given(one=st.sampled_from(S), other=st.sampled_from(S), days=st.integers(-3, 3))
def test_whoever_gives_way_can_be_withdrawn_at_once(one: ReferralState, other: ReferralState, days: int) -> None:
    found = doubles([aid(1, one)], [aid(2, other, days=days)])

    assert (one not in CLOSED and other not in CLOSED) == bool(found)
    for double in found:
        gone = double.gives_way.state
        assert gone is not None
        road = ROADS.get((gone, ReferralEvent.WITHDRAWN))
        assert double.needs_a_person or (road is not None and road.end in CLOSED)


def test_other_programs_and_closed_referrals_are_no_doubles() -> None:
    debt = referral("financial-counseling", "microfinance-desk", S.REQUESTED, nth=3)

    assert [] == doubles([aid(1, S.COMPLETED), debt], [aid(2, S.REQUESTED)])


def test_the_journey_that_stays_wins_and_its_gaps_are_filled() -> None:
    kept = facts_of_a(monthly_income=0, employer=None, career_break=None)
    other = facts_of_a(monthly_income=900_000, employer="sunny-day-care")

    together = joined(kept, other, WALKED_IN)

    assert (0, "sunny-day-care") == (together.facts.monthly_income, together.facts.employer)
    assert (("employer",), ("monthly_income",)) == (together.taken_over, together.differ)
    assert None is together.facts.career_break


def test_what_would_contradict_is_not_taken_over() -> None:
    kept = facts_of_a(unemployment_benefit=False)
    other = facts_of_a(unemployment_benefit=True, unemployment_benefit_from="2017-11-15")

    together = joined(kept, other, WALKED_IN)

    assert None is together.facts.unemployment_benefit_from
    assert ((), ("unemployment_benefit",)) == (together.taken_over, together.differ)


@given(kept=LIVES, other=LIVES, on=st.dates(date(2017, 12, 4), date(2026, 12, 31)))
def test_joining_loses_nothing_that_was_known_and_adds_no_contradiction(
    kept: dict[str, object], other: dict[str, object], on: date
) -> None:
    one, two = facts_of_a(**kept), facts_of_a(**other)

    together = joined(one, two, on)

    assert set(check_facts(together.facts, on)) <= set(check_facts(one, on))
    for name, value in one.model_dump().items():
        assert value is None or value == together.facts.model_dump()[name]
    assert one.household == together.facts.household
    assert together == joined(one, two, on)
    assert () == joined(together.facts, one, on).taken_over
