"""The seal on every message: Standard Webhooks, checked form first, then by the official library.

Source: Standard Webhooks specification 1.0 (standardwebhooks.com), read 2026-11-22.
The library crashes on headers it does not expect, so nothing reaches it that has not passed the strict form below.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOLERANCE_SECONDS = 300
MOST_SEALS = 8
_ID = re.compile(r"[A-Za-z0-9_\-:]{1,64}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_SEAL = re.compile(r"(v1|v1a),([A-Za-z0-9+/]{1,100}={0,2})")


class HeadersError(ValueError):
    """The seal's headers are missing or malformed: the sender must mend them (400)."""


class SealError(ValueError):
    """The seal is well formed but stale or not ours: nobody we know sent this (401)."""


@dataclass(frozen=True)
class SealHeaders:
    """The three headers of Standard Webhooks, checked for form only."""

    id: str
    timestamp: int
    seals: tuple[tuple[str, bytes], ...]


def read_headers(headers: Mapping[str, str]) -> SealHeaders:
    """Read the three headers strictly.

    Raises:
        HeadersError: one is missing, repeated into nonsense, or not of the exact form.

    """
    found = {name: headers.get(name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    for name, value in found.items():
        if not value:
            raise HeadersError(name + " is missing")
    id_, timestamp, signature = (value or "" for value in found.values())
    if not _ID.fullmatch(id_):
        raise HeadersError("webhook-id is malformed")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise HeadersError("webhook-timestamp is malformed")
    tokens = signature.split(" ")
    if len(tokens) > MOST_SEALS:
        raise HeadersError("webhook-signature holds too many seals")
    return SealHeaders(id_, int(timestamp), tuple(_seal(token) for token in tokens))


def _seal(token: str) -> tuple[str, bytes]:
    match = _SEAL.fullmatch(token)
    if not match:
        raise HeadersError("webhook-signature is malformed")
    try:
        return match[1], base64.b64decode(match[2], validate=True)
    except binascii.Error:
        raise HeadersError("webhook-signature is malformed") from None


def check(headers: SealHeaders, body: bytes, keys: Sequence[str], now: datetime) -> None:
    """Check the seal over the raw bytes against any of the live keys.

    Args:
        headers: the three headers, already of good form.
        body: the raw body.
        keys: `whsec_…` (v1) or `whpk_…` (v1a) keys, all live while rotating.
        now: the clock the timestamp is held against, aware UTC.

    Raises:
        SealError: the timestamp is more than 300 seconds off, or no key made any of the seals.

    """
    if abs(now.timestamp() - headers.timestamp) > TOLERANCE_SECONDS:
        raise SealError("the timestamp is more than 300 seconds from this agency's clock")
    if not any(_made_by(key, headers, body) for key in keys):
        raise SealError("no key of the center made this seal")


def _made_by(key: str, headers: SealHeaders, body: bytes) -> bool:
    if key.startswith("whpk_"):
        public = Ed25519PublicKey.from_public_bytes(_raw(key))
        signed = _signed(headers.id, headers.timestamp, body)
        return any(_verifies(public, seal, signed) for version, seal in headers.seals if version == "v1a")
    expected = base64.b64decode(_v1(key, headers.id, headers.timestamp, body).removeprefix("v1,"))
    return any(hmac.compare_digest(expected, seal) for version, seal in headers.seals if version == "v1")


def _verifies(public: Ed25519PublicKey, seal: bytes, signed: bytes) -> bool:
    try:
        public.verify(seal, signed)
    except InvalidSignature:
        return False
    return True


def sign(key: str, message_id: str, at: datetime, body: bytes) -> str:
    """Make one seal: v1 with a `whsec_` key, v1a with a `whsk_` key (Ed25519, 32-byte seed)."""
    timestamp = int(at.timestamp())
    if key.startswith("whsk_"):
        seal = Ed25519PrivateKey.from_private_bytes(_raw(key)[:32]).sign(_signed(message_id, timestamp, body))
        return "v1a," + base64.b64encode(seal).decode("ascii")
    return _v1(key, message_id, timestamp, body)


def _v1(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:  # the library takes text only; hostile bytes are sealed by hand
        seal = hmac.new(_raw(key), _signed(message_id, timestamp, body), hashlib.sha256).digest()
        return "v1," + base64.b64encode(seal).decode("ascii")
    return Webhook(key).sign(message_id, datetime.fromtimestamp(timestamp, UTC), text)


def _signed(message_id: str, timestamp: int, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode("ascii") + body


def _raw(key: str) -> bytes:
    return base64.b64decode(key.partition("_")[2] + "==")
