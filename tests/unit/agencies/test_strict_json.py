"""One object, read the same by every reader, or a refusal that echoes nothing."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies.errors import WireRefused
from agencies.strict_json import parse


def test_takes_what_json_is() -> None:
    raw = '{"a":[1,-2,0.5,true,false,null,"한 \\u00e9 \\ud83d\\ude00"],"b":{"c":"[[[{{{"}}'.encode()

    assert json.loads(raw) == parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"MARKER"',
        b"1",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1,"a":2}',
        b'{"b":[{"a":1,"\\u0061":2}]}',
        b'{"a":"\\u0000"}',
        b'{"a\\u0000":1}',
        b'{"a":["x",{"b":"MARKER\\u0000"}]}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":1}\x00',
        b'{"a":1} {"b":2}',
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\x01"}',
        b'{"a":"unterminated',
        b'{"a":"\\',
        b"[" * 100_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a":"' + b'\\"' * 100_000,
    ],
)
def test_refuses_all_else_without_echo(raw: bytes) -> None:
    begun = time.process_time()

    with pytest.raises(WireRefused) as refusal:
        parse(raw)

    assert ("bad-json", 400, "sender") == (refusal.value.problem_code, refusal.value.status, refusal.value.fault)
    assert "MARKER" not in str(refusal.value) + repr(refusal.value)
    assert refusal.value.__context__ is None
    assert time.process_time() - begun < 0.5


def test_takes_32_levels_and_the_largest_integers() -> None:
    deep = b'{"a":' * 31 + b"[9007199254740991,-9007199254740991]" + b"}" * 31

    assert json.loads(deep) == parse(deep)


def test_takes_a_full_sized_body_quickly() -> None:
    raw = json.dumps({"note": "[" * 100_000, "list": [[{"k": "v"}]] * 9_000}).encode()
    begun = time.process_time()

    parse(raw)

    assert time.process_time() - begun < 0.5


@given(st.binary(max_size=200) | st.text('{}[]",:0e-\\u18d ', max_size=60).map(str.encode))
def test_never_raises_anything_else(raw: bytes) -> None:
    try:
        found = parse(raw)
    except WireRefused:
        return
    assert json.loads(raw) == found


_plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
_scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | _plain
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_plain, inner, max_size=3), max_leaves=20
)


@given(st.dictionaries(_plain, _values, max_size=4), st.booleans())
def test_reads_back_what_any_sender_writes(value: dict[str, object], ascii_only: bool) -> None:  # noqa: FBT001
    if "inf" in repr(value):
        return

    assert value == parse(json.dumps(value, ensure_ascii=ascii_only).encode())
