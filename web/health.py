"""How the house is: alive, ready, and the numbers Prometheus reads."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import PlainTextResponse, Response

from models.database import MIGRATIONS
from web import describe
from web.doors import hallway
from web.problems import Refused
from web.reach import Budget, DatabaseAway
from web.showing import shown
from web.views import HealthView

router = APIRouter(tags=["health"])

_REVISION: Final = text("SELECT version_num FROM alembic_version")
_WAITING: Final = text(
    "SELECT desk, count(*), min(received_at) FROM inbox_event WHERE fate = 'waiting' AND desk IS NOT NULL GROUP BY desk"
)


@router.get("/health/live", summary="Is the process alive", responses={200: describe.answer(HealthView, "It is")})
async def live() -> Response:
    """Say that this process answers; asks nobody else."""
    return shown(HealthView(status="alive"))


@router.get(
    "/health/ready",
    summary="Can it do its work",
    responses={
        200: describe.answer(HealthView, "The database answers and has today's tables"),
        **describe.problems(503),
    },
)
async def ready(request: Request) -> Response:
    """Say whether the database can be reached and its tables are those this program expects."""
    hall = hallway(request)
    found = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: _revisions(hall.doors.engine))
    if found != _heads():
        raise Refused("not-ready", "The database's tables are of another version than this program.")
    hall.counts.answered("health", "ready")
    return shown(HealthView(status="ready"))


@router.get("/metrics", summary="Numbers for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return the counts of the doors and what waits in the inboxes; codes and numbers only."""
    hall = hallway(request)
    rows: Sequence[Any] | None
    try:
        rows = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: _waiting(hall.doors.engine))
    except DatabaseAway:
        rows = None
    hall.counts.looked(rows, hall.doors.clock())
    return Response(hall.counts.page(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _revisions(engine: AsyncEngine) -> frozenset[str]:
    async with engine.connect() as connection:
        try:
            return frozenset((await connection.scalars(_REVISION)).all())
        except ProgrammingError:
            return frozenset()


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory(str(MIGRATIONS)).get_heads())


async def _waiting(engine: AsyncEngine) -> list[tuple[str, int, datetime]]:
    async with engine.connect() as connection:
        return [(desk, count, oldest) for desk, count, oldest in await connection.execute(_WAITING)]
