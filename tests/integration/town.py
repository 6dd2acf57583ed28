"""The town of the rounds' tests: a ground with a Prefect server, and the seven follow-ups deployed there."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Scheduled

from flows.rounds import Pace, Rounds
from models.vocabulary import FollowUp
from tasks.presence import Presence, holding
from tasks.toolbox import Toolbox, use
from tests.integration.ground import Ground

#: Another process, which is not there any more.
DEAD = 990_000_001
QUICK = Pace(look_every_seconds=0.2, grace=timedelta(seconds=2), closing_seconds=0.5)


@dataclass
class Town:
    """A ground with a Prefect server: the machine's clock, and the seven deployments."""

    ground: Ground
    tools: Toolbox
    prefect: PrefectClient
    deployed: Mapping[FollowUp, UUID]

    async def schedule(self, follow_up: FollowUp, minutes_ago: float = 0.0) -> FlowRun:
        """Let Prefect have a run whose hour came some time ago."""
        hour = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        state = Scheduled(scheduled_time=hour)
        return await self.prefect.create_flow_run_from_deployment(self.deployed[follow_up], state=state)

    async def ends(self, run: UUID) -> FlowRun:
        """Return a run once it has ended."""
        async with asyncio.timeout(60):
            while True:
                found = await self.prefect.read_flow_run(run)
                if found.state is not None and found.state.is_final():
                    return found
                await asyncio.sleep(0.1)

    async def under_way(self, run: UUID) -> None:
        """Wait until a run is Running."""
        async with asyncio.timeout(60):
            while not ((await self.prefect.read_flow_run(run)).state or Scheduled()).is_running():  # noqa: ASYNC110 - its server tells
                await asyncio.sleep(0.1)

    async def has_rows(self, follow_up: FollowUp, count: int = 1) -> list[tuple[object, ...]]:
        """Return the rows of a follow-up, once so many have ended."""
        ended = "SELECT state, flow_run_id FROM follow_up_run WHERE follow_up = :f AND process <> 0 ORDER BY number"
        async with asyncio.timeout(60):
            while True:
                rows = await self.ground.rows(ended, f=follow_up.value)
                if len([row for row in rows if row[0] != "open"]) >= count:
                    return rows
                await asyncio.sleep(0.1)

    async def deploy(self) -> Mapping[FollowUp, UUID]:
        """Give the deployments that stand."""
        return self.deployed

    @asynccontextmanager
    async def walked(self, pace: Pace = QUICK, process: int = 4711) -> AsyncGenerator[Rounds]:
        """Walk the rounds for a block, as a hall's process does."""
        tools = replace(self.tools, process=process)
        use(tools)
        async with (
            holding(Presence(tools.engine, process, lambda _: None), process),
            Rounds(tools, self.deploy, pace) as walking,
        ):
            yield walking
        use(None)


async def kept_all_hours(ground: Ground, but: FollowUp | None = None) -> None:
    """Let every follow-up but one have run just now, so that none is due by our own table."""
    for follow_up in FollowUp:
        if follow_up is not but:
            await ground.change(
                "INSERT INTO follow_up_run (follow_up, process, state, began_at, ended_at, report)"
                " VALUES (:f, 0, 'done', now(), now(), '{}')",
                f=follow_up.value,
            )
