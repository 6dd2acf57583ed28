"""What a status line and a Retry-After header mean."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.answers import Delivered, meaning, read_retry_after
from agencies.errors import CredentialAlarm, EndpointGone, NotDelivered, TellAPerson, TryAgain

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Delivered) for status in (200, 202, 204, 299)),
        *((status, TryAgain) for status in (408, 425, 429, 500, 502, 503, 504, 599)),
        *((status, CredentialAlarm) for status in (401, 403)),
        (410, EndpointGone),
        *((status, TellAPerson) for status in (101, 199, 300, 301, 307, 308, 400, 404, 409, 413, 422, 499, 600, 999)),
    ],
)
def test_every_status_says_what_to_do_next(status: int, kind: type[Delivered | NotDelivered]) -> None:
    found = meaning(status, 7.0)

    assert kind is type(found)
    assert status == found.status


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("9" * 50, 86_400.0),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 12:02:00", 120.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 22 Nov 2027 12:00:00 GMT", 86_400.0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_read_or_left_alone(value: str | None, seconds: float | None) -> None:
    assert seconds == read_retry_after(value, NOW)


@given(st.text(max_size=80))
def test_retry_after_never_raises(value: str) -> None:
    found = read_retry_after(value, NOW)

    assert found is None or 0 <= found <= 86_400
