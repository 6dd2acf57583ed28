"""Keys beneath the numbers: UUID version 7 (RFC 9562 §5.7, read 2026-11-22), so that rows sort by birth."""

import secrets
from datetime import datetime
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7(now: datetime) -> UUID:
    """Return a fresh UUIDv7 born at `now` (aware; millisecond precision, 74 random bits)."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    random_a = secrets.randbits(12) << 64
    random_b = secrets.randbits(62)
    return UUID(int=(milliseconds << 80) | _VERSION | random_a | _VARIANT | random_b)
