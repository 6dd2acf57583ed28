"""Plain words for what pydantic found wrong: where, what, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from catalog.reading import Place

_REMEDIES = {
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "date_type": "write a day as YYYY-MM-DD",
    "date_parsing": "write a day as YYYY-MM-DD",
    "date_from_datetime_parsing": "write a day as YYYY-MM-DD",
    "string_type": "write text, in quotes if it looks like something else",
    "string_too_short": "write the text",
    "too_short": "add at least one entry",
    "string_pattern_mismatch": "codes use a-z, 0-9 and hyphens; words of a program use underscores",
}


def explain(error: ErrorDetails, shape: type[BaseModel]) -> tuple[Place, str, str]:
    """Turn one pydantic error into (place, what is wrong, remedy)."""
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    name = str(place[-1]) if place else shape.__name__.lower()
    match error["type"]:
        case "missing":
            return place, f"'{name}' is missing", f"add '{name}:'"
        case "extra_forbidden":
            return place, f"unknown key '{name}'", "remove it, or spell it as docs/catalog.md does"
        case "literal_error":
            allowed = error.get("ctx", {}).get("expected", "the words of catalog/words.py")
            return place, f"'{name}' holds an unknown word '{error['input']}'", f"use one of {allowed}"
        case "value_error":
            return place, error["msg"].removeprefix("Value error, "), "see docs/catalog.md"
        case kind:
            return (
                place,
                f"'{name}': {error['msg'][:1].lower()}{error['msg'][1:]}",
                _REMEDIES.get(kind, "mend the value"),
            )
