"""The staff's door for a notice: a person says that it is done; what is stuck is mended instead."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from tasks.settling import NotSettled, SettledNotice, settle_notice
from web import checks, describe
from web.body import read_json
from web.doors import Doors, hallway
from web.problems import Refused
from web.reach import Budget
from web.shapes import SettleGiven
from web.showing import shown
from web.tokens import Speaker
from web.waiting import label_of
from web.waiting_views import SettledNoticeView

router = APIRouter(prefix="/api/notices/{id}/settle", tags=["notices"])

_EXAMPLE: Final = {"why": "asked by telephone: somebody else"}


@router.post(
    "",
    summary="Settle a notice: say that it is done",
    responses={
        200: describe.answer(SettledNoticeView, "It is settled; repeated by anybody, the answer is the first one's"),
        **describe.problems(400, 401, 404, 408, 409, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.takes(SettleGiven, _EXAMPLE),
)
async def settle_one(id: str, request: Request, token: Speaker) -> Response:  # noqa: A002 - the address's own word
    """Settle a notice, with who and why: it stays settled while its cause stands, and is raised if that comes anew.

    A notice that speaks of something stuck (an event parked, a journey set aside, a letter refused) is refused while
    that is so; the detail says which command mends it, and the notice settles by that.
    """
    hall = hallway(request)
    doors = hall.doors
    given = checks.shaped(SettleGiven, await read_json(request, doors.limits))
    notice = _id(id)
    refused: NotSettled | None = None
    settled: SettledNotice | None = None
    try:
        settled = await Budget(doors.limits.database_seconds).repeatably(
            lambda: _settle(doors.engine, doors, notice, f"staff:{token}", given.why)
        )
    except NotSettled as not_settled:
        refused = not_settled
    if settled is None:
        if refused is not None and refused.code == "notice-stands":
            raise Refused("notice-stands", f"Mend it: {refused.mends}.")
        raise Refused("unknown-notice")
    hall.counts.answered("api", "settled" if settled.fresh else "repeated")
    return shown(
        SettledNoticeView.model_validate({**_columns(settled), "label": label_of(settled.code, doors.catalog)})
    )


async def _settle(engine: AsyncEngine, doors: Doors, notice: UUID, who: str, why: str) -> SettledNotice:
    async with engine.begin() as connection:
        return await settle_notice(connection, notice, who, why, doors.clock())


def _id(text: str) -> UUID:
    """Return a notice's id.

    Raises:
        Refused: `unknown-notice`: it is no id at all.
    """
    try:
        return UUID(text)
    except ValueError:
        pass
    raise Refused("unknown-notice")


def _columns(settled: SettledNotice) -> dict[str, object]:
    return {name: getattr(settled, name) for name in SettledNoticeView.model_fields if name != "label"}
