"""Keys beneath the numbers: rows sort by birth, and no two are born alike."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from models.keys import uuid7

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds it


@given(moments)
def test_a_key_is_a_version_7_uuid_that_tells_its_millisecond(born: datetime) -> None:
    key = uuid7(born)

    assert (7, RFC_4122) == (key.version, key.variant)
    assert int(born.timestamp() * 1000) == key.int >> 80


@given(moments, st.integers(1, 10**9))
def test_who_is_born_later_sorts_later(born: datetime, milliseconds: int) -> None:
    assert uuid7(born) < uuid7(born + timedelta(milliseconds=milliseconds))


def test_two_of_one_moment_are_two() -> None:
    born = datetime(2017, 12, 4, tzinfo=UTC)

    assert 1000 == len({uuid7(born) for _ in range(1000)})
