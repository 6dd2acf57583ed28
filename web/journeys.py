"""The staff's door for whole journeys: open one, look at one, leaf through them."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from models.numbers import BadNumber, Kind, read
from web import checks, describe
from web.body import digest_of, read_json
from web.doors import hallway
from web.intake import Opened, open_journey
from web.journey_reading import MOST_LINES, read_journey, read_page
from web.problems import Refused
from web.reach import Budget
from web.shapes import Intake
from web.showing import Cursor, page, shown
from web.tokens import Speaker, idempotency_key
from web.views import JourneysView, JourneyView, OpenedView

router = APIRouter(prefix="/api/journeys", tags=["journeys"])


@router.post(
    "",
    summary="Open a journey (intake)",
    status_code=201,
    responses={
        201: describe.answer(OpenedView, "The journey is open; Location is its address"),
        200: describe.answer(OpenedView, "The same Idempotency-Key had opened it before with the same body"),
        **describe.problems(400, 401, 408, 409, 410, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.takes(Intake, describe.INTAKE_EXAMPLE) | describe.KEY_OPTIONAL,
)
async def open_one(request: Request, token: Speaker) -> Response:
    """Open a journey: client, household, needs, facts and consents, all or nothing.

    With an Idempotency-Key a repeated call opens nothing more. What is incomplete or impossible is answered field by
    field and nothing is kept. Where the client certainly has an open journey, the answer is 409 with its number.
    """
    hall = hallway(request)
    doors = hall.doors
    # Without a key of the caller's own, ours still keeps one call from opening two.
    key = idempotency_key(request) or f"none:{uuid4()}"
    body = await read_json(request, doors.limits)
    intake = checks.shaped(Intake, body)
    today = doors.today()
    opened_on = intake.opened_on or today
    checks.refuse(checks.of_intake(intake, opened_on, today, doors.catalog))
    digest = digest_of(body)
    budget = Budget(doors.limits.database_seconds)

    async def opening() -> Opened:
        async with hall.intakes:
            return await open_journey(
                doors.engine, intake, opened_on=opened_on, token=token, key=key, digest=digest, now=doors.clock()
            )

    opened = await budget.repeatably(opening)
    if opened.digest is None:
        raise Refused("forgotten")
    if opened.digest != digest:
        raise Refused("key-reused", "A journey was opened under this Idempotency-Key with another body.")
    hall.counts.answered("api", "opened" if opened.fresh else "repeated")
    href = f"/api/journeys/{opened.number}"
    return shown(
        OpenedView(
            number=opened.number, opened_on=opened.opened_on, href=href, perhaps_same_person=list(opened.perhaps)
        ),
        201 if opened.fresh else 200,
        {"Location": href},
    )


@router.get(
    "",
    summary="Leaf through the journeys, the newest first",
    responses={200: describe.answer(JourneysView, "One page"), **describe.problems(401, 422, 500, 503)},
)
async def leaf(
    request: Request,
    token: Speaker,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 50,
) -> Response:
    """Return one page of journeys; `next` is the address of the next one."""
    del token
    return await page(request, cursor, limit, read_page)


@router.get(
    "/{number}",
    summary="Look at a journey",
    responses={200: describe.answer(JourneyView, "As it stands"), **describe.problems(400, 401, 404, 500, 503)},
)
async def look(number: str, request: Request, token: Speaker) -> Response:
    """Return a journey as it stands: every referral, whose turn it is, what a person must do; no names."""
    del token
    hall = hallway(request)
    wanted = journey_number(number)
    journey = await Budget(hall.doors.limits.database_seconds).repeatably(
        lambda: read_journey(hall.doors.engine, wanted, hall.doors.catalog, hall.doors.clock())
    )
    if journey is None:
        raise Refused("unknown-journey")
    hall.counts.answered("api", "shown")
    return shown(journey)


def journey_number(text: str) -> str:
    """Return a journey's number in its one written form.

    Raises:
        Refused: `bad-number`.
    """
    try:
        return read(Kind.JOURNEY, text)
    except BadNumber as bad:
        detail = str(bad)
    raise Refused("bad-number", f"{detail[:1].upper()}{detail[1:]}.")
