"""The staff's door for the morning's list: what needs a person today, desk by desk."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from models.vocabulary import Desk
from tasks.morning import read_digest
from tasks.morning_list import Digest
from web import describe
from web.doors import Doors, hallway
from web.journeys import shown
from web.reach import Budget
from web.tokens import Speaker

router = APIRouter(prefix="/api/digest", tags=["notices"])


@router.get(
    "",
    summary="See what needs a person today, desk by desk",
    responses={200: describe.answer(Digest, "The morning's list"), **describe.problems(401, 422, 500, 503)},
)
async def look(
    request: Request,
    token: Speaker,
    desk: Annotated[Desk | None, Query(description="only this desk's list")] = None,
) -> Response:
    """Return what needs a person today: numbers and codes, with what they are called in Korean and English.

    The same list is made every weekday morning by the follow-up `digest`, and shown by `ieum digest`.
    """
    del token
    hall = hallway(request)
    found = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: _read(hall.doors, desk))
    hall.counts.answered("api", "listed")
    return shown(found)


async def _read(doors: Doors, desk: Desk | None) -> Digest:
    async with doors.engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        return await read_digest(connection, doors.catalog, doors.clock(), desk)
