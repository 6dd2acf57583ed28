"""Refusals: RFC 9457 `application/problem+json` that says what is wrong, whose fault it is and what to do.

Never with input in it: FastAPI's stock 422 would echo the whole body. Read 2026-11-22.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from agencies.errors import WireRefused
from web.doors import hallway
from web.field_problems import FieldProblem, of_pydantic
from web.pressure import Bound, TooBusy
from web.problem_table import ENTRIES
from web.reach import DatabaseAway

MEDIA_TYPE = "application/problem+json"

#: Seconds after which a caller may try again when the database was away, or the doors were full.
RETRY_AFTER_SECONDS = 5


class Refused(Exception):  # noqa: N818 - said to the caller, not a fault of the program
    """The caller is told no, with a code of the table. `detail` never contains input."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        numbers: Sequence[str] = (),
        close: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        #: Journeys or referrals of ours it is about.
        self.numbers = tuple(numbers)
        #: The rest of the body will not be read: the connection cannot be used again.
        self.close = close


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer before it is bytes."""

    code: str
    detail: str = ""
    fault: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    numbers: tuple[str, ...] = ()

    def answer(self, headers: dict[str, str] | None = None) -> Response:
        """Return the response."""
        entry = ENTRIES[self.code]
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": entry.title,
            "status": entry.status,
            "detail": self.detail or f"{entry.title}.",
            "fault": self.fault or entry.fault,
            "remedy": entry.remedy,
        }
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        if self.numbers:
            body["numbers"] = list(self.numbers)
        return Response(orjson.dumps(body), entry.status, headers, media_type=MEDIA_TYPE)


def door_of(path: str) -> str:
    """Return the word for the door a path belongs to; never the path itself."""
    first = path.split("/", 2)[1]
    return first if first in {"webhooks", "links", "api", "health", "problems", "metrics"} else "other"


def install(app: FastAPI) -> None:
    """Let every refusal be answered from the table."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(WireRefused, _wire_refused)
    app.add_exception_handler(DatabaseAway, _away)
    app.add_exception_handler(TooBusy, _too_busy)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Count the problem and return its response."""
    hallway(request).counts.answered(door_of(request.url.path), problem.code)
    return problem.answer(headers)


def shed(request: Request, bound: Bound) -> Response:
    """Count a caller who is sent away because a bound of the doors is reached, and return its response."""
    hallway(request).counts.shed(door_of(request.url.path), bound)
    # What is left of the body is not read: the connection cannot be used again.
    return answer(request, Problem("too-busy"), {"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for nothing else
    headers = {"WWW-Authenticate": 'Bearer realm="ieum"'} if error.code == "no-token" else {}
    if error.close:
        headers["Connection"] = "close"
    return answer(request, Problem(error.code, error.detail, errors=error.errors, numbers=error.numbers), headers)


async def _wire_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, WireRefused)  # noqa: S101 - registered for nothing else
    return answer(request, Problem(error.problem_code, error.detail, error.fault))


async def _away(request: Request, error: Exception) -> Response:
    del error
    return answer(request, Problem("database-away"), {"Retry-After": str(RETRY_AFTER_SECONDS)})


async def _too_busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooBusy)  # noqa: S101 - registered for nothing else
    return shed(request, error.bound)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return answer(request, Problem("bad-fields", errors=tuple(of_pydantic(error.errors()))))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = {404: "not-found", 405: "wrong-method"}.get(error.status_code, "center-fault")
    return answer(request, Problem(code), dict(error.headers or {}))
