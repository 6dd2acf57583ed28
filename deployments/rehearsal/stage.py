"""The stage: a fresh database for each scenario, a house on it, and the player in the house."""

import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from deployments.clocks import VirtualClock
from deployments.ground import Ground
from deployments.house import House
from deployments.rehearsal.player import Player, Stopped, Tell, silently
from deployments.rehearsal.reading import Script
from deployments.rehearsal.report import Played


@asynccontextmanager
async def staged(
    ground: Ground,
    script: Script,
    database: str,
    *,
    tell: Tell = silently,
    linger_seconds: float | None = None,
    durable: bool = True,
) -> AsyncGenerator[Player]:
    """Give a player in a house on a fresh database; the database is left for whoever wants to look.

    Args:
        ground: With a sandbox, which forgets whatever it was told before.
        script: What to play.
        database: Name of the database; one of that name is dropped first.
        tell: Called after each entry with what happened.
        linger_seconds: How long shifts linger; None for the settings'.
        durable: Whether a commit waits for the disk; only what is thrown away afterwards need not.
    """
    if ground.sandbox is None:
        raise Stopped("a rehearsal needs the sandbox")
    template = await ground.cluster.template(ground.settings.state_folder)
    await ground.cluster.drop(database)
    url = await ground.cluster.ensure(database, template)
    (await ground.sandbox.control.delete("/state")).raise_for_status()
    clock = VirtualClock(script.timeline[0].at)
    async with House(ground, url, clock, linger_seconds=linger_seconds, durable=durable) as house:
        yield Player(house, ground.sandbox, clock, script, tell)


async def rehearse(ground: Ground, scripts: Sequence[Script], done: Callable[[Played], None]) -> list[Played]:
    """Play each script in a database of its own, drop it, and return what each came to."""
    all_played: list[Played] = []
    for nth, script in enumerate(scripts):
        database = f"{ground.cluster.main}_rehearsal_{os.getpid()}_{nth}"
        began = time.monotonic()
        stopped = None
        player = None
        try:
            async with staged(ground, script, database, linger_seconds=0.5, durable=False) as player:
                player.follow_ups_in_prefect = ground.plan.prefect
                await player.play()
        except Stopped as error:
            stopped = str(error)
        finally:
            await ground.cluster.drop(database)
        played = Played(
            file=str(script.file),
            scenario=script.scenario.scenario,
            title=script.scenario.title.en,
            findings=player.findings if player is not None else (),
            seconds=time.monotonic() - began,
            stopped=stopped,
        )
        all_played.append(played)
        done(played)
    return all_played
