"""How the house is: alive, ready, and the numbers Prometheus reads."""

from datetime import datetime
from functools import cache
from typing import Final

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool
from starlette.responses import PlainTextResponse, Response

from models.database import MIGRATIONS
from tasks.follow_book import Standing, standings
from web import describe
from web.doors import hallway
from web.looks import look_around
from web.problems import Refused
from web.reach import Budget
from web.showing import shown
from web.views import FollowUpsView, FollowUpView, HealthView

router = APIRouter(tags=["health"])

_REVISION: Final = text("SELECT version_num FROM alembic_version")


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
    """Say whether the database can be reached, its tables are not older than this program, and the doors have room.

    Newer tables will do: a migration only adds what the version before can live with (docs/operations.md).
    """
    hall = hallway(request)
    if hall.full:
        raise Refused("not-ready", "The doors are full at this moment.")
    found = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: _revisions(hall.doors.engine))
    if found != _heads() and (not found or found & _known()):
        raise Refused("not-ready", "The database's tables are older than this program.")
    hall.counts.answered("health", "ready")
    return shown(HealthView(status="ready"))


@router.get(
    "/health/follow-ups",
    summary="Did the scheduled follow-ups run",
    responses={200: describe.answer(FollowUpsView, "How each stands"), **describe.problems(503)},
)
async def follow_ups(request: Request) -> Response:
    """Say when each follow-up was last done, when it runs next, and whether one did not run when it should have.

    It is read from the house's own tables, whatever Prefect knows. `status` is `late` where one is late.
    """
    hall = hallway(request)
    now = hall.doors.clock()
    found = await Budget(hall.doors.limits.database_seconds).repeatably(lambda: _standings(hall.doors.engine, now))
    hall.counts.answered("health", "follow-ups")
    return shown(
        FollowUpsView(
            status="late" if any(each.late for each in found) else "on_time",
            follow_ups=[
                FollowUpView(
                    follow_up=each.follow_up,
                    state=each.state,
                    began_at=each.began_at,
                    ended_at=each.ended_at,
                    last_done_at=each.done_ended_at,
                    next_at=each.next_at,
                    late=each.late,
                )
                for each in found
            ],
        )
    )


@router.get("/metrics", summary="Numbers for Prometheus", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return what this process counts, and what waits in the whole house; numbers and codes only.

    Every name is explained in docs/operations.md.
    """
    hall = hallway(request)
    doors, pressure = hall.doors, hall.pressure
    looked = await look_around(doors.engine, doors.catalog, doors.clock(), doors.limits.database_seconds)
    hall.counts.holds("calls", pressure.calls, pressure.most_calls)
    hall.counts.holds("bodies", pressure.body_bytes, pressure.most_body_bytes)
    hall.counts.holds("letterbox", hall.letterbox.waiting, hall.letterbox.most_waiting)
    if isinstance(pool := doors.engine.pool, QueuePool):
        hall.counts.pool(in_use=pool.checkedout(), idle=pool.checkedin(), most=pool.size())
    page = hall.counts.page(looked, *doors.counted_beside)
    return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _revisions(engine: AsyncEngine) -> frozenset[str]:
    async with engine.connect() as connection:
        try:
            return frozenset((await connection.scalars(_REVISION)).all())
        except ProgrammingError:
            return frozenset()


@cache
def _known() -> frozenset[str]:
    return frozenset(step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory(str(MIGRATIONS)).get_heads())


async def _standings(engine: AsyncEngine, now: datetime) -> list[Standing]:
    async with engine.connect() as connection:
        return await standings(connection, now)
