"""CloudEvents in both modes: required attributes are demanded, never invented; nothing unsealed is believed."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.envelope import IncomingEvent, Mode, mode_of, read
from agencies.errors import WireRefused
from models.vocabulary import AGENCY_EVENTS, ReferralEvent

STRUCTURED: Final = "application/cloudevents+json"
BINARY: Final = "application/json"
ID: Final = "evt-1"
AGENCY: Final = "mapo-welfare-team"
DATA: Final[dict[str, Any]] = {"occurred_at": "2017-12-06T15:00:00+09:00"}
EVENT: Final[dict[str, Any]] = {
    "specversion": "1.0",
    "id": ID,
    "source": "/agencies/mapo-welfare-team",
    "type": "ieum.referral.completed.v1",
    "subject": "R-2017-000108-8",
    "time": "2017-12-06T06:00:01Z",
    "datacontenttype": "application/json",
    "data": DATA,
}


def structured(event: object, content_type: str = STRUCTURED) -> IncomingEvent:
    return read(content_type, {}, json.dumps(event).encode(), AGENCY, ID)


def binary(headers: dict[str, str], body: object) -> IncomingEvent:
    return read(BINARY, headers, json.dumps(body).encode(), AGENCY, ID)


def ce_headers(event: dict[str, Any]) -> dict[str, str]:
    return {f"ce-{name}": value for name, value in event.items() if name not in {"data", "datacontenttype"}}


def binary_body(event: dict[str, Any]) -> dict[str, Any]:
    return {**event["data"], "type": event["type"], "subject": event["subject"]}


def test_reads_structured_mode() -> None:
    event = structured(
        EVENT
        | {
            "traceparent": "00-ab-cd-01",
            "data": DATA
            | {
                "reason": "income_over_line",
                "outcome": "paid",
                "milestone": "decided",
                "lane": "post-check",
                "reference": "마포-2017-88",
                "note": "첫 줄\n둘째 줄",
                "appointment": "2017-12-08T10:00:00+09:00",
                "redirect_to": "mapo-district-office",
            },
        },
        "Application/CloudEvents+JSON; charset=UTF-8",
    )

    assert (ID, AGENCY, ReferralEvent.COMPLETED) == (event.id, event.agency, event.event)
    assert "R-2017-000108-8" == event.subject
    assert datetime(2017, 12, 6, 6, 0, tzinfo=UTC) == event.occurred_at
    assert datetime(2017, 12, 6, 6, 0, 1, tzinfo=UTC) == event.time
    assert datetime(2017, 12, 8, 1, 0, tzinfo=UTC) == event.appointment
    assert ("paid", "decided", "post-check") == (event.outcome, event.milestone, event.lane)
    assert "마포" not in repr(event)
    assert "첫 줄" not in str(event)


@pytest.mark.parametrize("word", sorted(AGENCY_EVENTS))
def test_reads_every_word_of_an_agency(word: ReferralEvent) -> None:
    assert word == structured(EVENT | {"type": f"ieum.referral.{word}.v1"}).event


def test_reads_binary_mode_but_not_its_unsealed_time() -> None:
    event = binary(ce_headers(EVENT), binary_body(EVENT))

    assert (ReferralEvent.COMPLETED, "R-2017-000108-8", None) == (event.event, event.subject, event.time)


@pytest.mark.parametrize("swapped", [{"ce-type": "ieum.referral.declined.v1"}, {"ce-subject": "R-2017-000109-1"}])
def test_binary_mode_believes_no_header_the_body_does_not_repeat(swapped: dict[str, str]) -> None:
    refused(lambda: binary(ce_headers(EVENT) | swapped, binary_body(EVENT)))
    body = binary_body(EVENT)
    for name in swapped:
        body.pop(name.removeprefix("ce-"))
    refused(lambda: binary(ce_headers(EVENT), body))


def refused(call: Any, code: str = "bad-envelope") -> None:  # noqa: ANN401 (any call)
    with pytest.raises(WireRefused) as found:
        call()
    assert code == found.value.problem_code
    assert "MARKER" not in str(found.value) + repr(found.value)
    assert found.value.__context__ is None


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "data"])
def test_what_is_missing_is_never_invented(name: str) -> None:
    without = {key: value for key, value in EVENT.items() if key != name}

    refused(lambda: structured(without))
    if name != "data":
        refused(lambda: binary(ce_headers(without), binary_body(EVENT)))


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "0.3"},
        {"specversion": 1.0},
        {"id": "evt-2"},
        {"id": 1},
        {"source": "/agencies/nhis"},
        {"source": "https://mapo.example/agencies/mapo-welfare-team"},
        {"type": "ieum.referral.MARKER.v1"},
        {"type": "ieum.referral.requested.v1"},
        {"type": "ieum.referral.voided.v1"},
        {"type": "ieum.referral.completed.v2"},
        {"type": "ieum.referral.completed.v1\n"},
        {"type": None},
        {"subject": ""},
        {"subject": "R 2017 MARKER"},
        {"subject": "R" * 65},
        {"time": "2017-12-06T06:00:01"},
        {"time": "yesterday"},
        {"time": 1},
        {"datacontenttype": "text/xml"},
        {"data": []},
        {"data": None},
        {"data": {}},
        {"data_base64": "e30="},
        {"Extension": "x"},
        {"extension": ["x"]},
        {"extension": "x" * 2000},
        {f"x{number}": "y" for number in range(21)},
    ],
)
def test_refuses_attributes_that_are_not_right(change: dict[str, Any]) -> None:
    refused(lambda: structured(EVENT | change))


@pytest.mark.parametrize(
    "change",
    [
        {"occurred_at": None},
        {"occurred_at": "2017-12-06"},
        {"occurred_at": "2017-12-06T15:00:00"},
        {"occurred_at": "2017-12-06 15:00:00+09:00"},
        {"occurred_at": "2017-02-30T15:00:00+09:00"},
        {"occurred_at": "2017-12-06T15:00:60Z"},
        {"occurred_at": "2017-12-06T15:00:00+25:00"},
        {"occurred_at": "0001-01-01T00:00:00+14:00"},
        {"occurred_at": "9999-12-31T23:59:59-14:00"},
        {"occurred_at": 1512540000},
        {"MARKER": "x"},
        {"id": "evt-9"},
        {"agency": "nhis"},
        {"event": "failed"},
        {"reason": "MARKER with spaces"},
        {"reason": ""},
        {"reason": "x" * 65},
        {"reason": "x\n"},
        {"reason": 7},
        {"outcome": ["paid"]},
        {"milestone": {"code": "x"}},
        {"lane": "l" * 33},
        {"reference": ""},
        {"reference": "r" * 129},
        {"reference": "\x1b[2J"},
        {"note": "n" * 2001},
        {"note": "MARKER\u202e"},
        {"appointment": "soon"},
        {"redirect_to": "../x"},
    ],
)
def test_refuses_data_that_is_not_right(change: dict[str, Any]) -> None:
    refused(lambda: structured(EVENT | {"data": DATA | change}))
    if not change.keys() & {"id"}:
        refused(lambda: binary(ce_headers(EVENT), binary_body(EVENT | {"data": DATA | change})))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/cloudevents-batch+json",
        "application/cloudevents+json; charset=euc-kr",
        "application/json, application/json",
        "multipart/form-data; boundary=x",
        "한",
    ],
)
def test_refuses_other_media_types(content_type: str) -> None:
    refused(lambda: structured(EVENT, content_type), "media-type")


def test_refuses_compressed_bodies() -> None:
    refused(lambda: mode_of(STRUCTURED, {"content-encoding": "gzip"}), "media-type")

    assert Mode.STRUCTURED == mode_of(STRUCTURED, {"content-encoding": "identity"})
    assert Mode.BINARY == mode_of("application/json", {})


def test_optional_means_absent_or_null_alike() -> None:
    assert structured(EVENT) == structured(EVENT | {"data": DATA | {"reason": None, "note": None}})


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_fields = st.sampled_from([*EVENT, "MARKER", "data_base64"])
_data_fields = st.sampled_from([*IncomingEvent.model_fields, "type", "MARKER"])


@given(st.dictionaries(_fields, _json, max_size=3), st.dictionaries(_data_fields, _json, max_size=3))
def test_never_raises_anything_else(event: dict[str, Any], data: dict[str, Any]) -> None:
    changed = EVENT | {"data": DATA | data} | event
    for content_type, headers, body in (
        (STRUCTURED, {}, changed),
        (BINARY, ce_headers(EVENT), {**binary_body(EVENT), **data}),
    ):
        refusal: WireRefused | None = None
        try:
            found = read(content_type, headers, json.dumps(body).encode(), AGENCY, ID)
        except WireRefused as error:
            refusal = error
        else:
            assert (ID, AGENCY) == (found.id, found.agency)
        assert refusal is None or refusal.__context__ is None
