"""The sandbox's web application: the agencies' front doors and the control room behind them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.control import MISUNDERSTANDINGS, Control, refused
from sandbox.endpoint import Endpoint
from sandbox.mailroom import Mailroom

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from sandbox.posting import Post
    from sandbox.scripts import Stage
    from sandbox.speaking import Mouth
    from sandbox.world import World


def build(world: World, post: Post, mouth: Mouth, stage: Stage, mailroom: Mailroom | None = None) -> Starlette:
    """Put the routes together."""
    mailroom = mailroom or Mailroom(world)
    doors, control = Endpoint(world, stage), Control(world, mouth, stage, mailroom)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        stage.clear()
        await post.close()

    return Starlette(
        routes=[
            Route("/agencies/{code}/referrals", doors.take, methods=["POST"]),
            Route("/agencies/{code}/referrals/{number}", doors.tell, methods=["GET"]),
            Route("/control/health", control.health, methods=["GET"]),
            Route("/control/clock", control.set_clock, methods=["PUT"]),
            Route("/control/say", control.say, methods=["POST"]),
            Route("/control/weather", control.weather, methods=["GET"]),
            Route("/control/weather", control.clear_weather, methods=["DELETE"]),
            Route("/control/weather/{code}", control.set_weather, methods=["PUT"]),
            Route("/control/letters", control.letters, methods=["GET"]),
            Route("/control/said", control.words, methods=["GET"]),
            Route("/control/lost", control.lost, methods=["GET"]),
            Route("/control/mails", control.mails, methods=["GET"]),
            Route("/control/mails/refusals", control.refuse_mails, methods=["PUT"]),
            Route("/control/state", control.reset, methods=["DELETE"]),
        ],
        exception_handlers=dict.fromkeys(MISUNDERSTANDINGS, refused),
        lifespan=lifespan,
    )
