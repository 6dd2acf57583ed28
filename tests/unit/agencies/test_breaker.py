"""The breaker opens after five failures, probes with one call at a time, and closes on any answer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agencies.breaker import (
    LONGEST_PAUSE,
    PROBE_LASTS,
    Health,
    after_failure,
    after_gone,
    after_success,
    before_call,
    may_call,
)
from models.vocabulary import BreakerState

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def failed(times: int) -> Health:
    health = Health()
    for _ in range(times):
        health = after_failure(health, NOW)
    return health


def test_four_failures_are_borne() -> None:
    assert Health(failures=4) == failed(4)
    assert may_call(failed(4), NOW)


def test_the_fifth_opens_it_for_half_a_minute() -> None:
    assert Health(BreakerState.OPEN, 5, NOW) == failed(5)
    assert not may_call(failed(5), NOW + seconds(29.9))
    assert may_call(failed(5), NOW + seconds(30))


def test_stragglers_of_the_open_breaker_change_nothing() -> None:
    assert failed(5) == after_failure(failed(5), NOW + seconds(20))


def test_one_probe_at_a_time_and_a_lost_one_is_replaced() -> None:
    later = NOW + seconds(30)
    probing = before_call(failed(5), later)

    assert BreakerState.HALF_OPEN == probing.state
    assert not may_call(probing, later + seconds(20))
    assert may_call(probing, later + PROBE_LASTS)


def test_a_failed_probe_doubles_the_pause_up_to_ten_minutes() -> None:
    health, now, pauses = failed(5), NOW, list[float]()
    for _ in range(8):
        waited = next(step for step in range(0, 700, 10) if may_call(health, now + seconds(step)))
        pauses.append(waited)
        now += seconds(waited)
        health = after_failure(before_call(health, now), now)

    assert [30, 60, 120, 240, 480, 600, 600, 600] == pauses


def test_any_answer_closes_it() -> None:
    assert Health() == after_success(before_call(failed(9), NOW))


def test_gone_is_gone_until_a_person_says_otherwise() -> None:
    gone = after_gone(failed(2))

    assert not may_call(gone, NOW + timedelta(days=400))
    assert not may_call(after_success(gone), NOW)


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail"]), st.integers(0, 900)), max_size=40))
def test_it_never_stays_shut(story: list[tuple[str, int]]) -> None:
    health, now = Health(), NOW
    for event, passed in story:
        now += seconds(passed)
        if may_call(health, now):
            health = before_call(health, now)
            health = after_success(health) if event == "ok" else after_failure(health, now)

    assert may_call(health, now + LONGEST_PAUSE)
    assert (health.state is BreakerState.CLOSED) == (health.opened_at is None)
