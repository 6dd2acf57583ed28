"""Incoming headers, each at most once: what the seal and the envelope read from."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from agencies.errors import refused

#: Characters a header of ours may have, and how long it may be.
_VALUE: Final = re.compile(r"[\x20-\x7e]{1,4096}")
_CARED_FOR: Final = re.compile(r"webhook-(id|timestamp|signature)|ce-[a-z0-9]{1,20}|content-(type|encoding)")
_MOST_HEADERS: Final = 100


def once(headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the webhook-, ce- and content headers by lower-case name; all others are dropped.

    Args:
        headers: A mapping, or the raw pairs of an ASGI scope (which alone can show that a header came twice).

    Raises:
        WireRefused: `bad-headers` when one of them came twice, is empty, long or not printable ASCII.
    """
    pairs = _as_text(headers)
    if len(pairs) > _MOST_HEADERS:
        raise refused("bad-headers", f"There are more than {_MOST_HEADERS} headers.")
    found: dict[str, str] = {}
    for raw_name, value in pairs:
        name = raw_name.lower()
        if not _CARED_FOR.fullmatch(name):
            continue
        if name in found:
            raise refused("bad-headers", "A webhook-, ce- or content header came twice.")
        if not _VALUE.fullmatch(value):
            raise refused("bad-headers", "A webhook-, ce- or content header is empty, too long or not printable ASCII.")
        found[name] = value
    return found


def _as_text(headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    if isinstance(headers, Mapping):
        return list(cast("Mapping[str, str]", headers).items())
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
