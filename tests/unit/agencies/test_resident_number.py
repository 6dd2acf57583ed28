"""What is written like a resident registration number, and what only looks a little like it."""

import pytest

from agencies.resident_number import holds_resident_number, where_held


@pytest.mark.parametrize(
    "text",
    [
        "760302-2000000",
        "7603022000000",
        "760302 - 2000000",
        "주민번호 760302–2000000.",
        "\uff17\uff16\uff10\uff13\uff10\uff12\uff0d\uff12\uff10\uff10\uff10\uff10\uff10\uff10",
        "760302.2000000",
        "990101−1234567",
        "٧٦٠٣٠٢-2000000",
    ],
)
def test_it_is_found_however_it_is_written(text: str) -> None:
    assert holds_resident_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678",
        "02-123-4567",
        "2017-12-04",
        "761302-2000000",
        "760332-2000000",
        "760302-200000",
        "17603022000000",
        "R-2017-000108-8",
        "62,000,000",
        "",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert not holds_resident_number(text)


def test_every_place_is_named() -> None:
    number = "760302-2000000"

    found = list(where_held({"a": [1, {"b": number}], "c": {"d": number}, number: 1, "e": "x"}))

    assert ["a.1.b", "c.d", "body"] == found
