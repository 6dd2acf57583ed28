"""How a door shows what it has: a view as JSON, and a list a page at a time, the newest first."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from web.doors import hallway
from web.field_problems import FieldProblem
from web.problems import Refused
from web.reach import Budget

Cursor = Annotated[str | None, Query(description="as in `next` of the page before", max_length=36)]

#: Reads a page of so many lines behind a key; None for the first.
ReadPage = Callable[[AsyncEngine, UUID | None, int], Coroutine[Any, Any, BaseModel]]


def shown(view: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a view as a JSON answer."""
    return Response(view.model_dump_json(), status, headers, media_type="application/json")


async def page(request: Request, cursor: str | None, limit: int, read: ReadPage) -> Response:
    """Return one page of a list as a JSON answer.

    Raises:
        Refused: `bad-fields`, the cursor is none of ours.
        DatabaseAway: It cannot be read now.
    """
    hall = hallway(request)
    before = read_cursor(cursor)
    found = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: read(hall.doors.engine, before, limit))
    hall.counts.answered("api", "listed")
    return shown(found)


def read_cursor(text: str | None) -> UUID | None:
    """Return the key a page begins behind; None for the first page.

    Raises:
        Refused: `bad-fields`.
    """
    try:
        return None if text is None else UUID(text)
    except ValueError:
        pass
    raise Refused("bad-fields", errors=[FieldProblem("cursor", "it is no cursor of ours", "Follow `next`.")])
