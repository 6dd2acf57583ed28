"""JSON as this center takes it: one object, and nothing that two readers could read differently.

orjson judges the grammar (RFC 8259; no wrong answer in JSONTestSuite). What grammar leaves open is refused here:
duplicate keys, numbers that do not survive a double (RFC 7493 §2.2), U+0000 (PostgreSQL's text refuses it), depth.
RFCs read 2026-11-22.
"""

import json
import math
import re
from typing import Final, NoReturn

import orjson
from pydantic import JsonValue

from agencies.errors import WireRefused, refused

#: Levels of nesting a message may have.
DEPTH: Final = 32
#: Largest integer that every reader reads alike (RFC 7493 §2.2).
LARGEST_INTEGER: Final = 2**53 - 1

# A string (possessive: no backtracking on hostile input), or one bracket.
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}]', re.DOTALL)
_LONGEST_INTEGER: Final = len(str(-LARGEST_INTEGER))


def parse(raw: bytes) -> dict[str, JsonValue]:
    """Return the one object in `raw`.

    Raises:
        WireRefused: `bad-json`, for whatever is wrong; never anything else, and never with input in it.
    """
    _check_depth(raw)
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        well_formed = False
    else:
        well_formed = True
    if not well_formed:
        raise _bad("it is not well-formed JSON in UTF-8")
    # The grammar holds and the depth is small, so the second reader cannot fail but by our own checks.
    value: JsonValue = json.loads(
        raw, object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_constant
    )
    if b"\\u" in raw and _has_nul(value):
        raise _bad("a text holds the character U+0000")
    if not isinstance(value, dict):
        raise _bad("its top level is not an object")
    return value


def _bad(detail: str) -> WireRefused:
    return refused("bad-json", f"The body was refused: {detail}.")


def _check_depth(raw: bytes) -> None:
    if raw.count(b"{") + raw.count(b"[") <= DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(raw):
        match found.group()[:1]:
            case b"{" | b"[":
                depth += 1
                if depth > DEPTH:
                    raise _bad(f"it is nested more than {DEPTH} levels deep")
            case b"}" | b"]":
                depth -= 1
            case _:
                pass


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("an object has the same key twice")
    return found


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER or abs(int(text)) > LARGEST_INTEGER:
        raise _bad("an integer is larger than 2^53 - 1")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _bad("a number is too large")
    return number


def _no_constant(_: str) -> NoReturn:
    raise _bad("NaN and Infinity are no JSON")


def _has_nul(value: JsonValue) -> bool:
    match value:
        case str():
            return "\x00" in value
        case list():
            return any(_has_nul(item) for item in value)
        case dict():
            return any("\x00" in key or _has_nul(item) for key, item in value.items())
        case _:
            return False
