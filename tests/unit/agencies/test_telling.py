"""What an agency tells when asked passes the door's gate whole, or not at all."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from agencies import seal
from agencies.errors import WireRefused
from agencies.keys import Key
from agencies.meaning import digest_of
from agencies.sender import Answer
from agencies.telling import MOST_EVENTS, read_telling

NOW = datetime(2018, 1, 15, 1, 30, tzinfo=UTC)
NUMBER, QUESTION = "R-2018-000003-5", "ask:0190"
KEY = Key.mint()


def event(id_: str = "e-1", word: str = "accepted", **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    data = {"occurred_at": "2018-01-14T10:00:00+09:00", **changed.pop("data", {})}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/agencies/nhis",
        "type": f"ieum.referral.{word}.v1",
        "subject": NUMBER,
        "data": data,
        **changed,
    }


def answer(told: object, *, question: str = QUESTION, key: Key = KEY, **headers: str) -> Answer:
    body = told if isinstance(told, bytes) else orjson.dumps(told)
    at = int(NOW.timestamp())
    sent: Mapping[str, str] = {
        "content-type": "application/json",
        "webhook-id": question,
        "webhook-timestamp": str(at),
        "webhook-signature": seal.sign([key], question, at, body),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Answer(200, body, tuple((name.encode(), value.encode()) for name, value in sent.items()))


def read(given: Answer, *keys: Key) -> list[Any]:
    return read_telling(given, agency="nhis", number=NUMBER, question=QUESTION, keys=keys or (KEY,), now=NOW)


def test_everything_it_has_said_is_read_in_its_order() -> None:
    told = {"referral": NUMBER, "state": "at work", "events": [event("e-2"), event("e-1", "started")]}

    assert [("e-2", "accepted"), ("e-1", "started")] == [(e.id, e.event) for e in read(answer(told))]
    assert [] == read(answer({"referral": NUMBER, "events": []}))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (b"{", "bad-json"),
        (b"[]", "bad-json"),
        ({"events": []}, "bad-envelope"),
        ({"referral": "R-2018-000004-3", "events": []}, "bad-envelope"),
        ({"referral": NUMBER}, "bad-envelope"),
        ({"referral": NUMBER, "events": {}}, "bad-envelope"),
        ({"referral": NUMBER, "events": ["e-1"]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event("e 1")]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(), event()]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(), event("e-2", "vanished")]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(), event("e-2", "completed")]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(), event("e-2", source="/agencies/court")]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(), event("e-2", subject="R-2018-000004-3")]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(data={"note": "760302-2000000"})]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(data={"diagnosis": "x"})]}, "bad-envelope"),
        ({"referral": NUMBER, "events": [event(f"e-{n}") for n in range(MOST_EVENTS + 1)]}, "bad-envelope"),
    ],
)
def test_what_would_not_pass_the_door_spoils_the_whole_answer(told: object, code: str) -> None:
    with pytest.raises(WireRefused) as refused:
        read(answer(told))

    assert code == refused.value.problem_code
    assert "760302" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (answer({"referral": NUMBER, "events": []}, question="ask:0191"), "bad-headers"),
        (answer({"referral": NUMBER, "events": []}, key=Key.mint()), "bad-seal"),
        (answer({"referral": NUMBER, "events": []}, webhook_timestamp="1"), "stale-timestamp"),
        (answer({"referral": NUMBER, "events": []}, content_type="text/html"), "media-type"),
        (Answer(200, b"{}"), "media-type"),
        (Answer(200, b"{}", ((b"content-type", b"application/json"),)), "bad-headers"),
    ],
)
def test_an_answer_without_a_seal_that_fits_this_question_is_not_believed(given: Answer, code: str) -> None:
    with pytest.raises(WireRefused) as refused:
        read(given)

    assert code == refused.value.problem_code


def test_without_a_key_of_the_agency_nothing_is_believed() -> None:
    with pytest.raises(WireRefused, match="bad-seal"):
        read_telling(
            answer({"referral": NUMBER, "events": []}),
            agency="nhis",
            number=NUMBER,
            question=QUESTION,
            keys=(),
            now=NOW,
        )


def test_the_same_words_are_the_same_however_they_are_written_and_other_words_are_not() -> None:
    told = {"referral": NUMBER, "events": [event(), event("e-2", time="2018-01-14T01:00:00Z")]}
    one, late = read(answer(told))
    other = read(answer({"referral": NUMBER, "events": [event(data={"note": "x"})]}))[0]
    moved = event(data={"occurred_at": "2018-01-14T01:00:00Z"})
    [same_moment] = read(answer({"referral": NUMBER, "events": [moved]}))

    assert digest_of(one) == digest_of(late) == digest_of(same_moment)
    assert digest_of(one) != digest_of(other)
