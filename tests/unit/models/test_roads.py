"""The roads between a referral's states: every state meets every event, and what comes of it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.roads import CLOSED, ROADS, TURN, Judgment, judge
from models.vocabulary import AGENCY_EVENTS, Party, ReferralEvent, ReferralState

NOON = datetime(2017, 12, 4, 3, 0, tzinfo=UTC)
AN_HOUR_AGO = NOON - timedelta(hours=1)
S, E = ReferralState, ReferralEvent
EVERY_STEP = list(product(S, E))


def speaker_of(event: ReferralEvent) -> Party:
    return Party.AGENCY if event in AGENCY_EVENTS | {E.NOTED} else Party.CENTER


def test_there_are_fifteen_states_and_each_second_of_every_one_is_owed_by_one_party() -> None:
    assert 15 == len(S)
    assert set(S) == set(TURN)


def test_nobody_owes_anything_in_a_closed_state_and_somebody_does_in_every_open_one() -> None:
    assert {state for state in S if TURN[state] is Party.NONE} == CLOSED
    assert {S.COMPLETED, S.DECLINED, S.REDIRECTED, S.CANCELLED, S.EXPIRED, S.FAILED, S.ENTERED_IN_ERROR} == CLOSED


def test_while_the_agency_waits_for_the_client_its_clock_stands_still() -> None:
    assert Party.CLIENT is TURN[S.ON_HOLD]


@pytest.mark.parametrize(("state", "event"), EVERY_STEP)
def test_every_event_in_every_state_is_judged(state: ReferralState, event: ReferralEvent) -> None:
    judgment = judge(state, event, speaker_of(event), NOON, None)

    assert (judgment is Judgment.MOVE) == ((state, event) in ROADS)


@pytest.mark.parametrize(("state", "event"), list(ROADS))
def test_a_road_leads_to_a_state_from_which_its_turn_follows(state: ReferralState, event: ReferralEvent) -> None:
    road = ROADS[state, event]

    assert (state, event) == (road.start, road.event)
    assert road.turn is TURN[road.end]
    assert road.label


@pytest.mark.parametrize(("state", "event"), list(ROADS))
def test_nobody_takes_a_road_that_is_another_partys(state: ReferralState, event: ReferralEvent) -> None:
    other = Party.CENTER if ROADS[state, event].by is Party.AGENCY else Party.AGENCY

    assert Judgment.ILLEGAL is judge(state, event, other, NOON, None)


@pytest.mark.parametrize("event", sorted(AGENCY_EVENTS))
def test_an_agencys_words_are_its_own_on_every_road(event: ReferralEvent) -> None:
    assert {Party.AGENCY} == {road.by for road in ROADS.values() if road.event is event}


def test_nothing_leads_out_of_entered_in_error() -> None:
    assert [] == [road for road in ROADS.values() if road.start is S.ENTERED_IN_ERROR]


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {S.DRAFTED}
    while more := {road.end for road in ROADS.values() if road.start in reached} - reached:
        reached |= more

    assert set(S) == reached


@pytest.mark.parametrize("state", [state for state in S if state not in CLOSED])
def test_every_open_state_can_be_closed(state: ReferralState) -> None:
    reached = {state}
    while more := {r.end for r in ROADS.values() if r.start in reached and r.event is not E.VOIDED} - reached:
        reached |= more

    assert reached & CLOSED


def test_one_road_more_or_less_is_a_decision_and_not_a_slip() -> None:
    by_agency = sum(road.by is Party.AGENCY for road in ROADS.values())

    assert (76, 34) == (by_agency, len(ROADS) - by_agency)


def test_received_is_not_accepted() -> None:
    assert S.RECEIVED is ROADS[S.REQUESTED, E.RECEIVED].end
    assert Judgment.ALREADY_KNOWN is judge(S.ACCEPTED, E.RECEIVED, Party.AGENCY, NOON, AN_HOUR_AGO)
    assert Judgment.MOVE is judge(S.RECEIVED, E.ACCEPTED, Party.AGENCY, NOON, AN_HOUR_AGO)


def test_completion_wins_over_the_wish_to_stop() -> None:
    assert S.COMPLETED is ROADS[S.CANCEL_REQUESTED, E.COMPLETED].end
    assert S.CANCELLED is ROADS[S.CANCEL_REQUESTED, E.CANCELLED].end


@pytest.mark.parametrize("state", [S.DRAFTED, S.REQUESTED, S.RECEIVED, S.WAITLISTED])
def test_before_the_agency_began_a_withdrawal_needs_no_confirmation(state: ReferralState) -> None:
    assert S.CANCELLED is ROADS[state, E.WITHDRAWN].end


@pytest.mark.parametrize("state", [S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD])
def test_once_it_began_the_agency_is_asked_to_stop(state: ReferralState) -> None:
    assert S.CANCEL_REQUESTED is ROADS[state, E.WITHDRAWN].end


@pytest.mark.parametrize(("state", "event"), [step for step in EVERY_STEP if step[1] in AGENCY_EVENTS])
def test_what_an_agency_says_of_an_earlier_moment_never_moves_but_to_an_end(
    state: ReferralState, event: ReferralEvent
) -> None:
    judgment = judge(state, event, Party.AGENCY, AN_HOUR_AGO, NOON)

    road = ROADS.get((state, event))
    ends = road is not None and road.end in CLOSED and state not in CLOSED
    if not ends:
        assert judgment in {Judgment.OLDER, Judgment.ALREADY_KNOWN}
    else:
        # Nothing final is dropped in silence: completion wins, another end is a person's to judge.
        assert (Judgment.MOVE if event is E.COMPLETED else Judgment.OLDER_END) is judgment


@given(st.sampled_from(ReferralState), st.lists(st.tuples(st.sampled_from(E), st.integers(0, 5)), max_size=12))
def test_a_repeated_word_never_moves_twice(state: ReferralState, words: list[tuple[ReferralEvent, int]]) -> None:
    heard_at: datetime | None = None
    for event, minute in words:
        at = NOON + timedelta(minutes=minute)
        if judge(state, event, speaker_of(event), at, heard_at) is not Judgment.MOVE:
            continue
        state = ROADS[state, event].end
        if speaker_of(event) is Party.AGENCY:
            heard_at = max(at, heard_at or at)
        again = judge(state, event, speaker_of(event), at, heard_at)
        # A milestone may be told any number of times: `models.hearing` knows it by its moment.
        assert again is not Judgment.MOVE or event in {E.PROGRESSED, E.NOTED}
