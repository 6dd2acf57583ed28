"""The outbox schedule never gives up, never surprises, and tells a person after four hours."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.schedule import WAITS, next_attempt

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LETTER = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def test_waits_are_those_of_the_specification() -> None:
    assert [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400] == [wait.total_seconds() for wait in WAITS]


@given(st.uuids(), st.integers(1, 1000))
def test_jitter_is_a_fifth_at_most_and_always_the_same(letter: UUID, attempts: int) -> None:
    wait = next_attempt(letter, attempts, NOW) - NOW

    plain = WAITS[min(attempts, 9) - 1]
    assert 0.8 * plain <= wait <= 1.2 * plain
    assert NOW + wait == next_attempt(letter, attempts, NOW)


def test_jitter_spreads_letters_that_failed_together() -> None:
    waits = [(next_attempt(UUID(int=number), 2, NOW) - NOW).total_seconds() for number in range(200)]

    assert 190 < len(set(waits))
    assert min(waits) < 260
    assert max(waits) > 340


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, 6), (-5, 6), (0, 6), (3, 6), (90, 90), (10**9, 86400), (float("inf"), 86400)]
)
def test_retry_after_stretches_up_to_a_day_and_never_shortens(asked: float | None, expected: int) -> None:
    wait = (next_attempt(LETTER, 1, NOW, asked) - NOW).total_seconds()

    assert expected - 2 <= wait <= expected


def test_counts_failed_attempts_only() -> None:
    with pytest.raises(ValueError, match="failed"):
        next_attempt(LETTER, 0, NOW)
