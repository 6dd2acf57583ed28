"""The chain that makes the transition log tell-tale: each row's hash covers the row and the hash before it. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import orjson

#: What a referral's first row is chained to.
NO_ROW_BEFORE: Final = "0" * 64

#: What the hash of a row is made of, in this order.
HASHED: Final = (
    "referral_id",
    "sequence",
    "start",
    "event",
    "end",
    "lane",
    "milestone",
    "outcome",
    "reason",
    "cause",
    "who",
    "occurred_at",
    "recorded_at",
    "previous_hash",
)


def chain_hash(row: Mapping[str, object]) -> str:
    """Return the SHA-256 (hex) of a transition row, its `previous_hash` included.

    Args:
        row: Column values by name; those of `HASHED` are read. Moments are aware.

    Raises:
        KeyError: One of them is missing.
    """
    parts = [_iso(value) if isinstance(value, datetime) else value for value in (row[name] for name in HASHED)]
    return hashlib.sha256(orjson.dumps(parts, default=str)).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
