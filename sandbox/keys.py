"""The agencies' keys: one JSON file, read again whenever it changes, so that keys can be rotated while agencies run."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import TYPE_CHECKING

from sandbox.strict import JsonError, is_list, is_mapping, read_json

if TYPE_CHECKING:
    from pathlib import Path

_LENGTHS = {"whsec_": range(24, 65), "whpk_": range(32, 33), "whsk_": (32, 64)}
log = logging.getLogger("sandbox")


class KeysError(ValueError):
    """The file of keys cannot be used; the text names the file and the place, never a key."""


class KeyRing:
    """Every agency's keys per direction: `inbound` seals toward the center, `outbound` checks what the center seals."""

    def __init__(self, page: Path) -> None:
        """Read the file.

        Raises:
            KeysError: it is missing, malformed, or holds a key no seal can be made with.

        """
        self._page = page
        self._stamp = self._mark()
        self._keys = _read(page)

    def inbound(self, agency: str) -> tuple[str, ...]:
        """Return the keys the agency seals with, oldest first; empty when it has none."""
        return self._of(agency, "inbound")

    def outbound(self, agency: str) -> tuple[str, ...]:
        """Return the keys the agency accepts from the center; empty when it has none."""
        return self._of(agency, "outbound")

    def _of(self, agency: str, direction: str) -> tuple[str, ...]:
        stamp = self._mark()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keys = _read(self._page)
            except KeysError as problem:
                log.warning("keys kept as they were: %s", problem)
            else:
                log.info("keys read again")
        return self._keys.get((agency, direction), ())

    def _mark(self) -> tuple[int, int]:
        try:
            status = self._page.stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)


def _read(page: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    try:
        read = read_json(page.read_bytes())
    except OSError:
        problem = f"{page}: cannot be read; name the file of keys with --keys"
        raise KeysError(problem) from None
    except JsonError as error:
        problem = f"{page}: {error}"
        raise KeysError(problem) from None
    keys: dict[tuple[str, str], tuple[str, ...]] = {}
    for agency, directions in read.items():
        if not is_mapping(directions):
            problem = f"{page}: {agency}: expected an object with inbound and outbound"
            raise KeysError(problem)
        for direction in ("inbound", "outbound"):
            keys[agency, direction] = _keys(directions.get(direction), f"{page}: {agency}.{direction}")
    return keys


def _keys(value: object, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    written = value.split() if isinstance(value, str) else value
    if not is_list(written) or not all(isinstance(key, str) and _usable(key) for key in written):
        problem = f"{place}: not a whsec_, whsk_ or whpk_ key, nor a list of them"
        raise KeysError(problem)
    return tuple(str(key) for key in written)


def _usable(key: str) -> bool:
    prefix = key.partition("_")[0] + "_"
    try:
        encoded = key.removeprefix(prefix)
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return prefix in _LENGTHS and len(raw) in _LENGTHS[prefix]
