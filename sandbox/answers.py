"""Civil answers: JSON, and problems after RFC 9457 (read 2026-11-22) that never echo what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping


def answer(status: int, content: object) -> Response:
    """Answer JSON."""
    return Response(
        orjson.dumps(content, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z), status, media_type="application/json"
    )


def problem(status: int, code: str, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a problem: what kind it is and why, for the sender's people."""
    content = {"type": f"/problems/{code}", "title": code, "status": status, "detail": reason}
    return Response(orjson.dumps(content), status, headers, media_type="application/problem+json")
