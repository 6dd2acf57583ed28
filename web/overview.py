"""The staff's door for the whole house: what waits for a person, of all journeys and of none."""

from collections.abc import Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from web import describe
from web.doors import hallway
from web.showing import Cursor, page
from web.tokens import Speaker
from web.waiting import MOST_NOTICES, read_waiting
from web.waiting_views import NoticesView

router = APIRouter(prefix="/api/notices", tags=["notices"])


@router.get(
    "",
    summary="See what waits for a person, the newest first",
    responses={200: describe.answer(NoticesView, "One page"), **describe.problems(401, 422, 500, 503)},
)
async def leaf(
    request: Request,
    token: Speaker,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_NOTICES)] = 50,
) -> Response:
    """Return one page of the open notices of all journeys and of none; `next` is the address of the next one.

    Beside them stand the parked events that belong to no journey and the letters that an agency will not take.
    docs/runbook.md has a heading for every code.
    """
    del token

    def read(engine: AsyncEngine, before: UUID | None, lines: int) -> Coroutine[Any, Any, NoticesView]:
        return read_waiting(engine, hallway(request).doors.catalog, before, lines)

    return await page(request, cursor, limit, read)
