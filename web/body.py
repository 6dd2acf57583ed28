"""Reading a body: never more than the limit, never longer than the deadline, in the media type asked for."""

import asyncio
import hashlib
import re
from typing import Final

import orjson
from pydantic import JsonValue
from starlette.requests import ClientDisconnect, Request

from agencies import strict_json
from web.doors import Limits
from web.problems import Refused

_JSON: Final = re.compile(r"application/json *(?:; *charset=\"?utf-8\"?)? *", re.IGNORECASE)
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return the raw body.

    Raises:
        Refused: `too-large` as soon as that is known, `too-slow` when the deadline passes.
    """
    said = request.headers.get("content-length", "0")
    if not _LENGTH.fullmatch(said) or int(said) > limits.body_bytes:
        raise Refused("too-large", f"The body may have {limits.body_bytes} bytes.", close=True)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.body_bytes:
                    raise Refused("too-large", f"The body may have {limits.body_bytes} bytes.", close=True)
    except TimeoutError:
        raise Refused("too-slow", f"The body may take {limits.body_seconds:g} seconds.", close=True) from None
    except ClientDisconnect:
        # Nobody is there to read an answer; the counts still say so.
        raise Refused("too-slow", "The connection was closed before the body was whole.", close=True) from None
    return bytes(body)


async def read_json(request: Request, limits: Limits) -> dict[str, JsonValue]:
    """Return the one JSON object of a request to the API.

    Raises:
        Refused: As `read_body`, and `not-json` for another media type.
        WireRefused: `bad-json`.
    """
    if not _JSON.fullmatch(request.headers.get("content-type", "")) or "content-encoding" in request.headers:
        raise Refused("not-json", "This address takes application/json in UTF-8, not compressed.", close=True)
    return strict_json.parse(await read_body(request, limits))


def digest_of(value: JsonValue) -> str:
    """Return the SHA-256 (hex) of a JSON value, the same for any order of keys and any spaces."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
