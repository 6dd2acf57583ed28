"""The app: all doors in one FastAPI application, described at /openapi.json."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web import (
    describe,
    digest,
    evidence,
    health,
    journeys,
    links,
    merging,
    overview,
    problem_pages,
    problems,
    screenings,
    settling,
    staff_events,
    webhooks,
)
from web.doors import Doors, Hallway
from web.guard import Guard

_ROOMS: Final = (
    webhooks,
    links,
    journeys,
    merging,
    screenings,
    staff_events,
    evidence,
    overview,
    settling,
    digest,
    health,
    problem_pages,
)
_WATCHED: Final = (health, problem_pages)

_ABOUT = """Ieum's doors. Agencies speak at /webhooks, sealed as Standard Webhooks, or on the pages of
/links; staff at /api, with a bearer token.
Every refusal is RFC 9457 problem+json, says whose fault it is, and repeats nothing that was sent."""


def create_app(doors: Doors) -> FastAPI:
    """Return the app; everything it needs is in `doors`."""
    app = plan()
    app.state.hallway = Hallway(doors)
    return app


def create_watch(doors: Doors) -> FastAPI:
    """Return an app with health and metrics alone, for a process that works behind the doors."""
    app = plan(_WATCHED)
    app.state.hallway = Hallway(doors)
    return app


def plan(rooms: Sequence[ModuleType] = _ROOMS) -> FastAPI:
    """Return the app without anything behind its doors, which is enough to describe it."""
    # The pages of /docs would come from a content network: they stay off, /openapi.json is the description.
    app = FastAPI(
        title="Ieum",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
        # What it would tell of a fault holds the fault's own text, and so what a caller sent; the house counts itself.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for room in rooms:
        app.include_router(room.router)
    problems.install(app)
    app.add_middleware(Guard)
    app.openapi = lambda: describe_all(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    yield
    await app.state.hallway.letterbox.close()


def describe_all(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = made.setdefault("components", {})
        components["schemas"] = dict(sorted({**components.get("schemas", {}), **describe.SCHEMAS}.items()))
        # FastAPI's own shapes of a refused request are never sent.
        for stock in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(stock, None)
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in made["paths"].items():
            for method in methods.values():
                if path.startswith("/api/"):
                    method["security"] = [{"token": []}]
                _drop_stock(method["responses"])
        app.openapi_schema = made
    return app.openapi_schema


def _drop_stock(responses: dict[str, Any]) -> None:
    if "422" in responses and "HTTPValidationError" in str(responses["422"]):
        del responses["422"]
