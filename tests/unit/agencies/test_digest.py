"""The digest: it holds numbers, codes and days, and cannot hold anything else."""

import json
import pickle
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from agencies.digest import Digest, Line, Words, read_digest
from agencies.letter import write

LINE: dict[str, Any] = {
    "referral": "R-2017-000108-8",
    "program": "financial-counseling",
    "waits_for": "D35-answer",
    "label": {"ko": "수락·거절(3근무일)", "en": "accepted or declined"},
    "due_on": "2017-12-07",
    "reminder": 1,
}
KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
MADE_AT = datetime(2017, 12, 8, 1, 2, 3, 456789, tzinfo=UTC)


def digest(*lines: Line) -> Digest:
    return Digest(letter_id=KEY, agency="microfinance-desk", made_at=MADE_AT, lines=lines)


def test_writes_an_envelope_without_a_subject() -> None:
    line = Line(
        referral="R-2017-000108-8",
        program="financial-counseling",
        waits_for="D35-answer",
        label=Words(ko="수락·거절(3근무일)", en="accepted or declined"),
        due_on=date(2017, 12, 7),
        reminder=1,
    )

    body, headers = write(digest(line), "seoul-west")

    assert {
        "specversion": "1.0",
        "id": str(KEY),
        "source": "/centers/seoul-west",
        "type": "ieum.referral.reminded.v1",
        "time": "2017-12-08T01:02:03.456Z",
        "datacontenttype": "application/json",
        "data": {"referrals": [LINE]},
    } == json.loads(body)
    assert str(KEY) == headers["idempotency-key"] == headers["webhook-id"]


def test_what_the_outbox_kept_is_read_as_it_was_made() -> None:
    made = digest(Line.model_validate(LINE), Line.model_validate({**LINE, "referral": "R-2017-000109-5"}))

    read = read_digest(made.data(), letter_id=KEY, agency="microfinance-desk", made_at=MADE_AT)

    assert made == read
    assert write(made, "seoul-west") == write(read, "seoul-west")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "김하늘"},
        {"referral": "김하늘"},
        {"referral": "J-2017-000001-8"},
        {"program": "김하늘"},
        {"waits_for": "김하늘"},
        {"label": {"ko": "수락"}},
        {"label": {"ko": "수락", "en": "accepted", "of": "김하늘"}},
        {"due_on": "someday"},
        {"reminder": 0},
    ],
)
def test_a_line_can_hold_nothing_else_and_says_nothing_of_what_it_was_given(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Line.model_validate({**LINE, **changed})

    assert "김하늘" not in str(refused.value)


BROKEN: list[dict[str, Any]] = [
    {}, {"referrals": {}}, {"referrals": []}, {"referrals": [{}]}, {"referrals": [LINE], "items": {}}
]  # fmt: skip


@pytest.mark.parametrize("kept", BROKEN)
def test_a_broken_digest_in_the_outbox_is_said_to_be_one(kept: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        read_digest(kept, letter_id=KEY, agency="microfinance-desk", made_at=MADE_AT)


def test_neither_repr_nor_pickle_shows_a_line() -> None:
    made = digest(Line.model_validate(LINE))

    assert f"Digest({KEY}, 1 lines)" == repr(made)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(made)
