"""What a peer is told when it is started, and what all of them do alike: check a seal, call an agency."""

import base64
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Stages = tuple[tuple[str, ...], ...]
#: Everybody's letter takes this long at most.
CALL_SECONDS = 20
TRANSITIONS = 24


@dataclass(frozen=True)
class Orders:
    """Read from the environment, because some peers are started by programs that own their command line."""

    port: int
    agencies: str
    database: str
    redis: str
    key: bytes
    stages: Stages


def orders() -> Orders:
    """Return what this process was told."""
    told: dict[str, Any] = json.loads(os.environ["BENCH_ORDERS"])
    return Orders(
        port=told["port"],
        agencies=told["agencies"],
        database=told["database"],
        redis=told["redis"],
        key=bytes.fromhex(told["key"]),
        stages=tuple(tuple(stage) for stage in told["stages"]),
    )


def is_sealed(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Check a webhook's seal (Standard Webhooks, v1)."""
    said = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode()
    made = "v1," + base64.b64encode(hmac.digest(key, said + body, "sha256")).decode()
    return hmac.compare_digest(made, headers.get("webhook-signature", ""))


def address(agencies: str, program: str) -> str:
    """Return where a program's agency takes its letters."""
    return f"{agencies}/agencies/{program}/referrals"


def letter(journey: int, program: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers of a letter."""
    return {"journey": journey, "program": program}, {"Idempotency-Key": f"{journey}-{program}"}
