"""Works the catalog cites, listed once in `sources.yaml`, and filling them in where a file names one.

A file writes `{work: emergency-act, at: §8①, verified: true}`; the loader makes of it a full source.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from catalog.shapes import Shape, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.reading import Page, Place, Value


#: Stands in for the day of reading after an unknown work has been noted, so that it is noted once.
_ANY_DAY: Final = date(2026, 11, 22)


class Work(Shape):
    """A statute, guideline or page, with the edition that was read and the day of reading."""

    title: Text
    edition: Text
    url: str | None = None
    read_on: date
    #: True where the text of the authority itself was read; only then may an entry that cites it be verified.
    authority: bool


def fill_sources(page: Page, works: Mapping[str, Work]) -> None:
    """Replace every `{work: ...}` of a file by the full source."""
    for key, value in page.data.items():
        page.data[key] = _fill(value, (key,), page, works)


def _fill(value: Value, place: Place, page: Page, works: Mapping[str, Work]) -> Value:
    if isinstance(value, list):
        return [_fill(child, (*place, index), page, works) for index, child in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if "work" not in value:
        return {key: _fill(child, (*place, key), page, works) for key, child in value.items()}
    name = value["work"]
    work = works.get(name) if isinstance(name, str) else None
    if work is None:
        page.wrong((*place, "work"), f"sources.yaml knows no work '{name}'", "add the work there, or mend the word")
        rest = {key: child for key, child in value.items() if key not in {"work", "at"}}
        return {"cite": str(name), "read_on": _ANY_DAY, **rest}
    if value.get("verified") is True and not work.authority:
        page.wrong(
            (*place, "verified"), f"'{name}' is not the authority's own text", "write 'verified: false' and a note"
        )
    at = value.get("at")
    rest = {key: child for key, child in value.items() if key not in {"work", "at"}}
    cite = f"{work.title} {at}" if at else work.title
    return {"cite": f"{cite} ({work.edition})", "url": work.url, "read_on": work.read_on, **rest}
