"""The staff's door for pre-screenings: what each said of a journey, when, and from what. They hold amounts."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from models.screening_book import LAST, read_screenings, standing_journey
from web import describe
from web.doors import hallway
from web.journeys import journey_number, shown
from web.problems import Refused
from web.reach import Budget
from web.tokens import Speaker
from web.views import ScreeningsView, ScreeningView

router = APIRouter(prefix="/api/journeys/{number}/screenings", tags=["journeys"])

#: Screenings a page may hold.
MOST_SCREENINGS: Final = 100


@router.get(
    "",
    summary="See what the pre-screenings said, the newest first",
    responses={200: describe.answer(ScreeningsView, "One page"), **describe.problems(400, 401, 404, 422, 500, 503)},
)
async def leaf(
    number: str,
    request: Request,
    token: Speaker,
    program: Annotated[str | None, Query(description="only this program's", max_length=64)] = None,
    cursor: Annotated[int | None, Query(ge=1, le=LAST, description="as in `next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SCREENINGS)] = 50,
) -> Response:
    """Return what each pre-screening said of a journey: result, lines, law and version of the catalog's numbers.

    One is recorded when a desk was told something new. It is never a decision: that is the deciding office's alone.
    """
    del token
    hall = hallway(request)
    wanted = journey_number(number)
    page = await Budget(hall.doors.limits.database_seconds).repeatably(
        lambda: _page(hall.doors.engine, wanted, program, cursor or LAST, limit)
    )
    if page is None:
        raise Refused("unknown-journey")
    hall.counts.answered("api", "listed")
    return shown(page)


async def _page(
    engine: AsyncEngine, number: str, program: str | None, before: int, limit: int
) -> ScreeningsView | None:
    async with engine.connect() as connection:
        standing = await standing_journey(connection, number)
        if standing is None:
            return None
        journey, named = standing
        found = await read_screenings(connection, journey, program=program, before=before, most=limit + 1)
    page = found[:limit]
    narrowed = "" if program is None else f"&program={page[-1].said.program}" if page else ""
    address = f"/api/journeys/{named}/screenings"
    return ScreeningsView(
        journey=named,
        screenings=[
            ScreeningView.model_validate({"recorded_at": entry.recorded_at, **_told(entry.said)}) for entry in page
        ],
        next=f"{address}?cursor={page[-1].id}&limit={limit}{narrowed}" if len(found) > limit else None,
    )


def _told(said: object) -> dict[str, object]:
    return {name: getattr(said, name) for name in ScreeningView.model_fields if name != "recorded_at"}
