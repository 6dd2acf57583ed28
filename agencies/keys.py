"""A signing key and its written forms: `whsec_` (shared secret), `whsk_` (private), `whpk_` (public).

Standard Webhooks 1.0.0, "Signature scheme" (read 2026-11-22): secrets of 24 to 64 random bytes, or an Ed25519 pair.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from agencies.errors import BadEntry

Kind = Literal["v1", "v1a"]

SHORTEST_SECRET_BYTES: Final = 24
LONGEST_SECRET_BYTES: Final = 64
_ED25519_BYTES: Final = 32


@dataclass(frozen=True)
class Key:
    """A key of one agency in one direction. Its repr shows the kind only."""

    #: "v1": HMAC-SHA256; "v1a": Ed25519.
    kind: Kind
    #: The shared secret, or the 32-byte seed of the private key; empty where only the public half is known.
    secret: bytes = field(repr=False)
    #: The 32 bytes of the public key; empty for v1.
    public: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.kind == "v1" and not SHORTEST_SECRET_BYTES <= len(self.secret) <= LONGEST_SECRET_BYTES:
            message = f"a webhook secret has {SHORTEST_SECRET_BYTES} to {LONGEST_SECRET_BYTES} bytes: make a new one"
            raise BadEntry(message)
        if self.kind == "v1a" and len(self.public) != _ED25519_BYTES:
            raise BadEntry("a public key has 32 bytes: ask for it again")

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read a key from its written form; missing base64 padding is forgiven.

        Raises:
            BadEntry: Unknown prefix, no base64, too short or long, or halves that do not belong together.
        """
        prefix, _, encoded = text.strip().partition("_")
        try:
            raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        match prefix:
            case "whsec":
                return cls("v1", raw)
            case "whpk":
                return cls("v1a", b"", raw)
            case "whsk":
                return _from_private(raw)
            case _:
                raise BadEntry("a key begins with whsec_, whsk_ or whpk_: copy it whole")

    @classmethod
    def mint(cls, kind: Kind = "v1") -> "Key":
        """Make a new random key of 32 bytes."""
        raw = secrets.token_bytes(_ED25519_BYTES)
        return cls("v1", raw) if kind == "v1" else _from_private(raw)

    @property
    def can_sign(self) -> bool:
        """Tell whether the private half is here."""
        return bool(self.secret)

    def written(self) -> str:
        """Return the key as it is kept and handed over: a secret, unless only the public half is here."""
        match self.kind, self.can_sign:
            case "v1", _:
                return f"whsec_{_encoded(self.secret)}"
            case _, True:
                return f"whsk_{_encoded(self.secret)}"
            case _:
                return self.written_public()

    def written_public(self) -> str:
        """Return the public half of a v1a key as the other side needs it.

        Raises:
            BadEntry: A shared secret has no public half.
        """
        if self.kind == "v1":
            raise BadEntry("a shared secret has no public half")
        return f"whpk_{_encoded(self.public)}"

    @cached_property
    def private_key(self) -> Ed25519PrivateKey:
        """The signing half of a v1a key."""
        return Ed25519PrivateKey.from_private_bytes(self.secret)

    @cached_property
    def public_key(self) -> Ed25519PublicKey:
        """The verifying half of a v1a key."""
        return Ed25519PublicKey.from_public_bytes(self.public)


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _from_private(raw: bytes) -> Key:
    # Some tools write the 32-byte seed, some the seed with the public key behind it.
    seed, behind = raw[:_ED25519_BYTES], raw[_ED25519_BYTES:]
    if len(seed) != _ED25519_BYTES:
        raise BadEntry("a private key has 32 bytes, or 64 with the public half behind it: ask for it again")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    if behind not in {b"", public}:
        raise BadEntry("the two halves of the private key do not belong together: ask for it again")
    return Key("v1a", seed, public)
