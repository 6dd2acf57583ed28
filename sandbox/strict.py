"""Strict reading of JSON and YAML: what a careful agency accepts from a stranger, typed."""

from __future__ import annotations

import json
from typing import NoReturn, TypeGuard, cast

import orjson

DEEPEST = 32


class JsonError(ValueError):
    """The bytes are not the JSON this agency reads; the text says why without showing any of it."""


def is_mapping(value: object) -> TypeGuard[dict[str, object]]:
    """Say whether the value is a mapping whose keys are all texts."""
    return isinstance(value, dict) and all(isinstance(key, str) for key in cast("dict[object, object]", value))


def is_list(value: object) -> TypeGuard[list[object]]:
    """Say whether the value is a list."""
    return isinstance(value, list)


def text_of(source: dict[str, object], key: str) -> str | None:
    """Return the non-empty text under a key, or None."""
    found = source.get(key)
    return found if isinstance(found, str) and found else None


def read_json(body: bytes) -> dict[str, object]:
    """Read one JSON object.

    Raises:
        JsonError: not UTF-8, not JSON (NaN included), nested deeper than 32, keys given twice, or not an object.

    """
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        reason = "not JSON"
        raise JsonError(reason) from None
    if _depth(value) > DEEPEST:
        reason = f"nested deeper than {DEEPEST}"
        raise JsonError(reason)
    json.loads(body, object_pairs_hook=_once, parse_constant=_no_constants)
    if not is_mapping(value):
        reason = "not a JSON object"
        raise JsonError(reason)
    return value


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        nested: list[object] = []
        for item in level:
            if is_mapping(item):
                nested.extend(item.values())
            elif is_list(item):
                nested.extend(item)
        level = nested
    return deepest


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        reason = "a key is given twice"
        raise JsonError(reason)
    return read


def _no_constants(_: str) -> NoReturn:
    reason = "not JSON"
    raise JsonError(reason)
