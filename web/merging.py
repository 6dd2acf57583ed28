"""The staff's door for merging: two journeys of one person become one; what a person must decide first is said."""

from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from models.facts import Facts
from models.numbers import BadNumber, Kind, read
from tasks.merging import Merged, NotMerged, merge
from web import checks, describe
from web.body import read_json
from web.doors import hallway
from web.field_problems import FieldProblem
from web.journeys import journey_number, shown
from web.problems import Refused
from web.reach import Budget
from web.shapes import MergeGiven
from web.tokens import Speaker
from web.views import DifferenceView, MergedView

router = APIRouter(prefix="/api/journeys/{number}/merge", tags=["journeys"])

_FACTS: Final = text("SELECT number, facts FROM journey WHERE number IN (:kept, :other)")


@router.post(
    "",
    summary="Merge a journey into another one of the same person",
    responses={
        200: describe.answer(MergedView, "They are one; repeated, the answer is the same"),
        **describe.problems(400, 401, 404, 408, 409, 410, 413, 415, 422, 500, 503),
    },
    openapi_extra=describe.takes(MergeGiven, {"into": "J-2017-000042-1"}),
)
async def merge_one(number: str, request: Request, token: Speaker) -> Response:
    """Let this journey end in another one: referrals, letters, notices, consents and waiting events go on there.

    Referrals keep their numbers, so agencies notice nothing, and this journey's number goes on being answered. Where a
    program is open in both, the referral that has come less far is withdrawn with the reason `duplicate`. The other
    journey's facts win; what they differ in is answered and noticed. It cannot be undone.
    """
    hall = hallway(request)
    doors = hall.doors
    ends = journey_number(number)
    given = checks.shaped(MergeGiven, await read_json(request, doors.limits))
    into = _into(given.into)
    budget = Budget(doors.limits.database_seconds)
    refused: Refused | None = None
    merged: Merged | None = None
    try:
        merged = await budget.repeatably(
            lambda: merge(doors.engine, doors, ends, into, f"staff:{token}", sure=given.sure)
        )
    except NotMerged as not_merged:
        refused = _refused(not_merged)
    if merged is None:
        raise refused or Refused("unknown-journey")
    done = merged
    differences = await budget.repeatably(lambda: _differences(doors.engine, done))
    hall.counts.answered("api", "merged" if merged.fresh else "repeated")
    return shown(
        MergedView(
            number=merged.number,
            merged=merged.merged,
            withdrawn=list(merged.withdrawn),
            differ=list(merged.differ),
            taken_over=list(merged.taken_over),
            differences=differences,
        )
    )


def _into(number: str) -> str:
    try:
        return read(Kind.JOURNEY, number)
    except BadNumber:
        pass
    remedy = "Read the number again, digit by digit: the last one is a check digit."
    raise Refused("bad-fields", errors=[FieldProblem("into", "it is no journey's number", remedy)])


def _refused(not_merged: NotMerged) -> Refused:
    numbers = not_merged.numbers
    match not_merged.code:
        case "unknown-journey":
            return Refused("unknown-journey", numbers=numbers)
        case "forgotten":
            return Refused("forgotten", f"It is {numbers[0]}.", numbers=numbers)
        case "one-journey":
            return Refused("one-journey")
        case "merged-elsewhere":
            return Refused("merged-elsewhere", f"It ended in {numbers[0]}.", numbers=numbers)
        case "persons-differ":
            return Refused("persons-differ", f"They differ in: {', '.join(not_merged.fields)}.")
        case "both-begun":
            return Refused("both-begun", f"Two by two: {', '.join(numbers)}.", numbers=numbers)


async def _differences(engine: AsyncEngine, merged: Merged) -> list[DifferenceView]:
    """Return what the two say of each fact they disagreed on; the client's own data stays where names are kept."""
    async with engine.connect() as connection:
        rows = (await connection.execute(_FACTS, {"kept": merged.number, "other": merged.merged})).all()
    known = {row.number: row.facts for row in rows}
    kept, other = known[merged.number], known[merged.merged]
    facts = [name for name in merged.differ if name in Facts.model_fields and name in other]
    return [DifferenceView(fact=name, kept=kept.get(name), other=other[name]) for name in facts]
