"""The resident registration number, which the center may not hold (개인정보 보호법 §24의2, read 2026-11-22)."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

# Six digits that can be a birth date, whatever stands between, seven digits. No check digit is asked: numbers given
# out since October 2020 have none.
_NUMBER: Final = re.compile(
    r"(?<![0-9])[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[\s.,_~\-‐‑‒–—―−·]{0,5}[0-9]{7}(?![0-9])"  # noqa: RUF001 - the dashes people type
)
#: How many digits such a number has.
_DIGITS: Final = 13


def holds_resident_number(text: str) -> bool:
    """Say whether a text holds something written like a resident registration number, in whatever digits."""
    if text.isascii():
        return len(text) >= _DIGITS and _NUMBER.search(text) is not None
    plain = "".join(
        str(unicodedata.digit(sign)) if sign.isdigit() and not sign.isascii() else sign
        for sign in unicodedata.normalize("NFKC", text)
    )
    return _NUMBER.search(plain) is not None


def where_held(value: JsonValue, path: str = "") -> Iterator[str]:
    """Yield the paths of the texts that hold one; a name of a field counts for the object it stands in."""
    match value:
        case str() if holds_resident_number(value):
            yield path or "body"
        case list():
            for nth, part in enumerate(value):
                yield from where_held(part, f"{path}.{nth}" if path else str(nth))
        case dict():
            for name, part in value.items():
                if holds_resident_number(name):
                    yield path or "body"
                else:
                    yield from where_held(part, f"{path}.{name}" if path else name)
        case _:
            return
