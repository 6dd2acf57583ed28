"""The chain of the log: any change to any row of it is found."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from models.chain import HASHED, NO_ROW_BEFORE, chain_hash

ROW: dict[str, object] = {
    "referral_id": UUID(int=7),
    "sequence": 1,
    "start": None,
    "event": "drafted",
    "end": "drafted",
    "lane": None,
    "milestone": None,
    "outcome": None,
    "reason": "debt-counseling",
    "cause": "rule:1:draft:financial-counseling:1",
    "who": "desk:debt-relief",
    "occurred_at": datetime(2017, 12, 4, 1, tzinfo=UTC),
    "recorded_at": datetime(2017, 12, 4, 1, 0, 0, 123456, tzinfo=UTC),
    "previous_hash": NO_ROW_BEFORE,
}


def test_the_hash_covers_every_column_that_says_something() -> None:
    assert set(ROW) == set(HASHED)


@pytest.mark.parametrize("column", HASHED)
def test_a_row_that_was_changed_has_another_hash(column: str) -> None:
    before = ROW[column]
    after = before + timedelta(microseconds=1) if isinstance(before, datetime) else f"{before}x"

    assert chain_hash(ROW) != chain_hash({**ROW, column: after})


def test_none_is_not_the_word_none() -> None:
    assert chain_hash(ROW) != chain_hash({**ROW, "lane": "None"})


def test_a_moment_is_the_same_in_seoul_and_in_greenwich() -> None:
    seoul = timezone(timedelta(hours=9))
    there = {name: v.astimezone(seoul) if isinstance(v, datetime) else v for name, v in ROW.items()}

    assert chain_hash(ROW) == chain_hash(there)


def test_two_values_do_not_run_into_each_other() -> None:
    assert chain_hash({**ROW, "lane": "ab", "milestone": "c"}) != chain_hash({**ROW, "lane": "a", "milestone": "bc"})


def test_the_hash_stays_what_it_was_when_the_first_logs_were_written() -> None:
    assert "c047d0a0340b5a2103b849d22b0693aa99f9e98ff7c007043d0f35124bd0cd63" == chain_hash(ROW)
