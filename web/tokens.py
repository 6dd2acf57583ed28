"""Who speaks at the staff's door: a bearer token is known by its SHA-256, and its name becomes the event's source."""

import hashlib
import hmac
import re
from typing import Annotated, Final

from fastapi import Depends, Request

from web.doors import hallway
from web.problems import Refused

_BEARER: Final = re.compile(r"Bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
_KEY: Final = re.compile(r"[A-Za-z0-9_:-]{1,90}")


async def speaker(request: Request) -> str:
    """Return the name of the token that was sent.

    Every known digest is compared, in constant time (RFC 6750 bearer tokens, read 2026-11-22).

    Raises:
        Refused: `no-token`.
    """
    found = _BEARER.fullmatch(request.headers.get("authorization", ""))
    digest = hashlib.sha256((found[1] if found else "").encode("ascii")).hexdigest()
    names = [name for name, known in hallway(request).doors.tokens.items() if hmac.compare_digest(known, digest)]
    if found is None or not names:
        raise Refused("no-token", close=True)
    return names[0]


Speaker = Annotated[str, Depends(speaker)]


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key, or None where there is none.

    Raises:
        Refused: `key-needed`: it came twice or is not of the form asked for.
    """
    sent = request.headers.getlist("idempotency-key")
    if not sent:
        return None
    if len(sent) > 1 or not _KEY.fullmatch(sent[0]):
        raise Refused("key-needed", "The Idempotency-Key came twice or has other characters than it may.", close=True)
    return sent[0]
