"""Whose turn it was: every second of a referral is owed by exactly one party, whatever road it took."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.roads import CLOSED, ROADS, TURN
from models.turns import Move, Turns, turns_of
from models.vocabulary import Party, ReferralState

S = ReferralState
NOON = datetime(2017, 12, 4, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def moved(*steps: tuple[float, ReferralState]) -> list[Move]:
    return [Move(NOON + hours * HOUR, state) for hours, state in steps]


@st.composite
def walks(draw: st.DrawFn) -> list[Move]:
    """Draw any legal walk; its moments need not be in order, for an agency's word may come late."""
    state = S.DRAFTED
    moves = [Move(NOON, state)]
    for _ in range(draw(st.integers(0, 15))):
        roads = [road for road in ROADS.values() if road.start is state]
        if not roads:
            break
        state = draw(st.sampled_from(roads)).end
        moves.append(Move(NOON + draw(st.integers(-48, 500)) * HOUR, state))
    return moves


def in_order(moves: Sequence[Move]) -> list[Move]:
    """Give the same walk moments that only go forward."""
    return [Move(at, move.end) for at, move in zip(sorted(m.occurred_at for m in moves), moves, strict=True)]


NOWS = st.integers(-10, 600).map(lambda hours: NOON + hours * HOUR)


@given(walks(), NOWS)
def test_the_parts_always_sum_to_the_whole(moves: list[Move], now: datetime) -> None:
    turns = turns_of(moves, now)

    assert turns.elapsed == sum(turns.by_party.values(), timedelta())
    assert all(length >= timedelta() for length in turns.by_party.values())


@given(walks(), NOWS)
def test_stays_join_without_a_gap_and_each_is_one_partys(moves: list[Move], now: datetime) -> None:
    turns = turns_of(moves, now)
    timed = [stay for stay in turns.stays if stay not in turns.closing]

    assert moves[-1].end is turns.state
    assert all(before.until == after.since for before, after in pairwise(timed))
    assert all(TURN[stay.state] is stay.party for stay in turns.stays)
    assert not timed or timed[-1].until == turns.ended_at
    assert (turns.state in CLOSED) == bool(turns.closing)


@given(walks())
def test_every_second_as_walked_hour_by_hour(moves: list[Move]) -> None:
    moves = in_order(moves)
    now = moves[-1].occurred_at + 10 * HOUR
    walked = dict.fromkeys(Party, timedelta())
    reopened = max((nth for nth, move in enumerate(moves) if move.end not in CLOSED), default=-1)
    last_close = moves[reopened + 1].occurred_at if reopened + 1 < len(moves) else now
    at = moves[0].occurred_at
    while at < last_close:
        state = [move.end for move in moves if move.occurred_at <= at][-1]
        walked[TURN[state]] += HOUR
        at += HOUR

    assert walked == turns_of(moves, now).by_party


def test_a_referral_on_hold_is_the_clients_and_its_hold_a_pause() -> None:
    moves = moved((0, S.DRAFTED), (1, S.REQUESTED), (2, S.RECEIVED), (26, S.ON_HOLD), (50, S.IN_PROGRESS))
    turns = turns_of(moves, NOON + 60 * HOUR)

    assert {Party.CENTER: 2 * HOUR, Party.AGENCY: 34 * HOUR, Party.CLIENT: 24 * HOUR, Party.NONE: 0 * HOUR} == (
        turns.by_party
    )
    assert ((NOON + 26 * HOUR, NOON + 50 * HOUR),) == turns.pauses


def test_a_hold_that_lasts_reaches_to_now() -> None:
    turns = turns_of(moved((0, S.DRAFTED), (1, S.REQUESTED), (2, S.ON_HOLD)), NOON + 9 * HOUR)

    assert ((NOON + 2 * HOUR, NOON + 9 * HOUR),) == turns.pauses


def test_the_clock_ends_with_the_close_and_a_milestone_after_it_adds_nothing() -> None:
    moves = moved((0, S.DRAFTED), (1, S.REQUESTED), (5, S.COMPLETED), (30, S.COMPLETED), (40, S.ENTERED_IN_ERROR))
    turns = turns_of(moves, NOON + 90 * HOUR)

    assert 5 * HOUR == turns.elapsed
    assert NOON + 5 * HOUR == turns.ended_at
    assert [NOON + 5 * HOUR] == turns.entered([S.COMPLETED])


def test_time_between_close_and_reopening_is_nobodys() -> None:
    moves = moved((0, S.DRAFTED), (1, S.REQUESTED), (2, S.DECLINED), (12, S.DRAFTED))
    turns = turns_of(moves, NOON + 20 * HOUR)

    assert 10 * HOUR == turns.by_party[Party.NONE]
    assert 20 * HOUR == turns.elapsed


def test_a_late_word_takes_no_time_back() -> None:
    moves = moved((0, S.DRAFTED), (5, S.REQUESTED), (3, S.ACCEPTED))
    turns = turns_of(moves, NOON + 6 * HOUR)

    assert (5 * HOUR, 1 * HOUR) == (turns.by_party[Party.CENTER], turns.by_party[Party.AGENCY])


def test_without_a_log_there_is_no_time() -> None:
    assert Turns() == turns_of([], NOON)
    assert timedelta() == Turns().elapsed
    assert Turns().state is None
