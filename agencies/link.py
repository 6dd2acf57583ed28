"""The link's token: which row it belongs to and until when, under a seal that only this installation can make.

A token is 53 bytes in base64url: the row's id, the second it expires, and an HMAC-SHA256 over both under a key derived
from the master key. So a forged one is known without the database, a row of the database alone gives no token, and the
same row always gives the same token: a letter that goes out again carries the very same link. The table keeps only its
hash.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from agencies.keyring import Keyring

_PURPOSE: Final = "agency links 1"
_WRITTEN: Final = re.compile(r"[A-Za-z0-9_-]{71}")
_ID, _EXPIRES = 16, 5


@dataclass(frozen=True, slots=True)
class LinkRead:
    """What a token says, its seal checked; whether the row stands is the database's to say."""

    id: UUID
    expires_at: datetime
    #: SHA-256 (hex) of the token, to be compared with the row's.
    digest: str


class LinkSeal:
    """Makes and reads tokens, and the proofs that a form came from their page."""

    def __init__(self, keyring: Keyring) -> None:
        """Derive the keys; with two master keys both are believed, and the newest makes."""
        self._keys: Sequence[bytes] = keyring.derived(_PURPOSE)

    def token(self, link: UUID, expires_at: datetime) -> str:
        """Return the token of a row; the same each time."""
        head = link.bytes + int(expires_at.timestamp()).to_bytes(_EXPIRES, "big")
        return _written(head + _tag(self._keys[0], b"link", head))

    def read(self, token: str) -> LinkRead | None:
        """Return what a token says, or None where it is none of ours."""
        if not _WRITTEN.fullmatch(token):
            return None
        try:
            raw = base64.b64decode(token + "=", altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        head, tag = raw[: _ID + _EXPIRES], raw[_ID + _EXPIRES :]
        if _written(raw) != token or not self._fits(b"link", head, tag):
            return None
        expires_at = datetime.fromtimestamp(int.from_bytes(head[_ID:], "big"), UTC)
        return LinkRead(UUID(bytes=head[:_ID]), expires_at, digest_of(token))

    def proof(self, link: UUID, form: UUID) -> str:
        """Return what a form of this link's page carries, so that no other page can send it."""
        return _written(_tag(self._keys[0], b"form", link.bytes + form.bytes))

    def proves(self, link: UUID, form: UUID, proof: str) -> bool:
        """Say whether a form came from this link's page."""
        try:
            tag = base64.b64decode(proof + "=" * (-len(proof) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        return self._fits(b"form", link.bytes + form.bytes, tag)

    def _fits(self, kind: bytes, said: bytes, tag: bytes) -> bool:
        return any(hmac.compare_digest(_tag(key, kind, said), tag) for key in self._keys)


def digest_of(token: str) -> str:
    """Return what the table keeps of a token."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def _tag(key: bytes, kind: bytes, said: bytes) -> bytes:
    return hmac.digest(key, kind + b"\0" + said, "sha256")


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
