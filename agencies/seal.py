"""The seal on every message: Standard Webhooks 1.0.0 signatures, made and verified strictly.

The signed content is `id.timestamp.body`. Of it follows a rule the specification only hints at: an id with a full stop
would let one seal fit two messages ("a" + "1" + "2.x" and "a.1" + "2" + "x"), so ids have none.
docs/adr/0003-the-seal.md says why `cryptography` does the work and the official vectors judge it. Read 2026-11-22.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature

from agencies.errors import BadEntry, refused
from agencies.headers import once
from agencies.keys import Key, Kind

__all__ = ["Key", "SealHeaders", "Signature", "check_time", "read_headers", "sign", "verify"]

#: How far a timestamp may be from now, both ways.
TOLERANCE_SECONDS: Final = 300
MOST_SIGNATURES: Final = 16

_ID: Final = re.compile(r"[A-Za-z0-9_:-]{1,256}")
_TIMESTAMP: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_VERSIONED: Final = re.compile(r"([a-z0-9]{1,16}),(.+)")
_SIGNATURE_BYTES: Final[dict[str, int]] = {"v1": 32, "v1a": 64}


@dataclass(frozen=True, slots=True)
class Signature:
    """One readable token of the signature header."""

    kind: Kind
    raw: bytes


@dataclass(frozen=True, slots=True)
class SealHeaders:
    """The three headers of a seal, read but not yet believed."""

    message_id: str
    #: Unix seconds.
    timestamp: int
    #: The tokens this center can read; unknown versions and garbage are left out.
    signatures: tuple[Signature, ...]


def sign(keys: Sequence[Key], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: one token per key, the newest key first.

    Args:
        keys: The live keys, at least one, each with its private half.
        message_id: Letters, digits, `_`, `:` and `-`, at most 256.
        timestamp: Unix seconds of this attempt.
        body: The exact bytes that are sent.

    Raises:
        BadEntry: No key, a key without its private half, or an id that cannot be sealed.
    """
    if not _ID.fullmatch(message_id):
        raise BadEntry("this message id cannot be sealed: letters, digits, _ : and - only, at most 256")
    if not keys or not all(key.can_sign for key in keys):
        raise BadEntry("there is no signing key for this agency: make one with `ieum agency rotate`")
    content = _content(message_id, timestamp, body)
    return " ".join(f"{key.kind},{base64.b64encode(_made(key, content)).decode('ascii')}" for key in keys)


def verify(
    headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]], body: bytes, keys: Sequence[Key], now: datetime
) -> str:
    """Return the message id, once header form, time and signature hold.

    Args:
        headers: As `agencies.headers.once` takes them.
        body: The raw bytes as received.
        keys: The agency's live inbound keys; none means a closed door.
        now: Aware.

    Raises:
        WireRefused: `bad-headers`, `stale-timestamp` or `bad-seal`; never anything else.
    """
    seal = read_headers(headers)
    check_time(seal, now)
    if not keys:
        raise refused("bad-seal", "No key is set up here for this agency.", fault="center")
    content = _content(seal.message_id, seal.timestamp, body)
    if not any(_fits(key, content, seal.signatures) for key in keys):
        raise refused("bad-seal", "None of the signatures fits the message and a live key.")
    return seal.message_id


def read_headers(headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]]) -> SealHeaders:
    """Read the three headers strictly.

    A token that cannot be read is passed over, as every official library does: it cannot make a good one beside it bad
    (rotation, and versions to come). Only when no token has a readable form at all is the header itself refused.

    Raises:
        WireRefused: `bad-headers`.
    """
    found = once(headers)
    message_id, timestamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    tokens = found.get("webhook-signature", "").split(" ")
    if not _ID.fullmatch(message_id):
        detail = "webhook-id must be there, with 1 to 256 letters, digits, _ : or -, and no full stop."
        raise refused("bad-headers", detail)
    if not _TIMESTAMP.fullmatch(timestamp):
        raise refused("bad-headers", "webhook-timestamp must be there, as whole Unix seconds in decimal.")
    if len(tokens) > MOST_SIGNATURES:
        raise refused("bad-headers", f"webhook-signature holds more than {MOST_SIGNATURES} signatures.")
    read = [_read_token(token) for token in tokens]
    if all(token is None for token in read):
        raise refused("bad-headers", "webhook-signature must be there, as version,base64 separated by single spaces.")
    return SealHeaders(message_id, int(timestamp), tuple(token for token in read if isinstance(token, Signature)))


def check_time(seal: SealHeaders, now: datetime) -> None:
    """Refuse a message sealed more than five minutes before or after `now`.

    Raises:
        WireRefused: `stale-timestamp`.
    """
    if abs(now.timestamp() - seal.timestamp) > TOLERANCE_SECONDS:
        detail = f"webhook-timestamp is more than {TOLERANCE_SECONDS} seconds from this center's clock."
        raise refused("stale-timestamp", detail)


def _read_token(token: str) -> Signature | str | None:
    """Return a signature, the name of a version unknown here, or None for garbage."""
    found = _VERSIONED.fullmatch(token)
    if found is None:
        return None
    version, encoded = found.groups()
    match version:
        case "v1" | "v1a":
            raw = _canonical_base64(encoded)
            return Signature(version, raw) if len(raw) == _SIGNATURE_BYTES[version] else None
        case _:
            return version


def _canonical_base64(encoded: str) -> bytes:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode("ascii") == encoded else b""


def _content(message_id: str, timestamp: int, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode("ascii") + body


def _made(key: Key, content: bytes) -> bytes:
    if key.kind == "v1":
        return hmac.new(key.secret, content, hashlib.sha256).digest()
    return key.private_key.sign(content)


def _fits(key: Key, content: bytes, signatures: Sequence[Signature]) -> bool:
    mine = [signature.raw for signature in signatures if signature.kind == key.kind]
    if key.kind == "v1":
        expected = _made(key, content)
        # Every token is compared, whichever fits.
        return sum(hmac.compare_digest(expected, raw) for raw in mine) > 0
    return any(_holds(key, raw, content) for raw in mine)


def _holds(key: Key, raw: bytes, content: bytes) -> bool:
    try:
        key.public_key.verify(raw, content)
    except InvalidSignature:
        return False
    return True
