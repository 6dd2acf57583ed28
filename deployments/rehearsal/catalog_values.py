"""Catalog values: `{…}` in a scenario stands for a number of the catalog as it holds on the entry's day. Pure.

`{single-parent-child-age}` is a parameter, `{emergency-living-amount:2}` its value for two persons (or for a zone or
school level), `{110 % of median-income:3}` and `{emergency-income-percent of median-income:1}` are lines, rounded half
up to the won.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from catalog import Catalog, NoValueOn, UnknownWord
from models.screening.ask import line_of

_CODE: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_VALUE: Final = re.compile(
    rf"\{{(?:(?:(?P<number>\d+) %|(?P<percent>{_CODE})) of )?(?P<code>{_CODE})(?::(?P<key>[a-z0-9_]+))?\}}"
)
_BRACES: Final = re.compile(r"\{[^}]*\}")


class NoCatalogValue(Exception):  # noqa: N818 - it names what happened
    """The catalog holds no such value on that day; the text says which."""


def filled(text: str, catalog: Catalog, on: date) -> str:
    """Return a text with each `{…}` replaced by its number, thousands apart: `728,800`.

    Raises:
        NoCatalogValue: the catalog holds none on that day, or the words in the braces are none of those above.
    """
    return _BRACES.sub(lambda found: f"{_value(found.group(), catalog, on):,}", text)


def filled_facts(given: Any, catalog: Catalog, on: date) -> Any:  # noqa: ANN401 - facts are whatever JSON holds
    """Return facts in which a text that is one `{…}` and nothing else has become a whole number.

    Raises:
        NoCatalogValue: as above.
    """
    if isinstance(given, str):
        return _value(given, catalog, on) if _BRACES.fullmatch(given) else given
    if isinstance(given, Mapping):
        return {key: filled_facts(value, catalog, on) for key, value in given.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(given, Sequence):
        return [filled_facts(value, catalog, on) for value in given]  # pyright: ignore[reportUnknownVariableType]
    return given


def _value(written: str, catalog: Catalog, on: date) -> int:
    found = _VALUE.fullmatch(written)
    if found is None:
        raise NoCatalogValue(f"'{written}' is no value of the catalog")
    amount = _parameter(found["code"], found["key"], catalog, on)
    if found["number"] is not None:
        return line_of(int(found["number"]), amount)
    if found["percent"] is not None:
        return line_of(_parameter(found["percent"], None, catalog, on), amount)
    return amount


def _parameter(code: str, key: str | None, catalog: Catalog, on: date) -> int:
    try:
        period = catalog.parameter(code, on)
    except (UnknownWord, NoValueOn) as none:
        raise NoCatalogValue(str(none)) from None
    size = int(key) if key is not None and key.isdigit() else None
    value = period.value if key is None else period.of(key) if size is None else period.for_household(size)
    if value is None:
        raise NoCatalogValue(f"the parameter {code} has no value for '{key or 'everyone'}' on {on}")
    return value
