"""The rounds: the follow-ups warm in the hall's process, each at its hour, as the Prefect run of its own deployment.

Prefect's schedule says when; what it has made ready is taken up here. Our own table insures it: where Prefect is away,
or has missed an hour, the follow-up runs all the same (docs/adr/0010).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.flow_engine import run_flow_async

from flows.follow_up import FLOWS, JOBS
from models.vocabulary import FollowUp, FollowUpState
from tasks.collect import bury, look_after_runs
from tasks.follow import follow, given
from tasks.follow_runs import begin, due_now, is_open, settle, withdraw
from tasks.outline import outline
from tasks.prefect_line import shared_client
from tasks.scheduled import is_paused, skip, still_wanted, take, waiting_runs
from tasks.toolbox import Toolbox

_LOG: Final = logging.getLogger("ieum.rounds")

_LONGEST_REST_SECONDS: Final = 3600.0

#: Makes or updates the deployments and returns their ids; raises where Prefect is away.
Deploy = Callable[[], Awaitable[Mapping[FollowUp, UUID]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How patient the rounds are.

    Attributes:
        look_every_seconds: How often Prefect is asked for runs whose hour has come.
        grace: How long Prefect may be silent, or miss an hour, before a follow-up runs without waiting for it.
        bury_every_seconds: How often what dead processes left is looked for.
        rest_seconds: How long a follow-up that broke rests before it is tried out of its turn; then twice as long.
        closing_seconds: How long one may go on when the house closes; then it is broken off.
    """

    look_every_seconds: float = 5.0
    grace: timedelta = timedelta(seconds=60)
    bury_every_seconds: float = 60.0
    rest_seconds: float = 60.0
    closing_seconds: float = 10.0


class Rounds:
    """The follow-ups of one process, for as long as the block lasts."""

    def __init__(self, tools: Toolbox, deploy: Deploy | None, pace: Pace | None = None) -> None:
        """Prepare; nothing runs yet.

        Args:
            tools: The toolbox in use; its process is present already (`tasks.presence.holding`).
            deploy: Makes the deployments; None where follow-ups are no Prefect runs.
            pace: How patient to be.
        """
        self._tools, self._deploy, self._pace = tools, deploy, pace or Pace()
        self._deployed: Mapping[FollowUp, UUID] = {}
        self._watching: asyncio.Task[None] | None = None
        self._at_work: dict[FollowUp, asyncio.Task[None]] = {}
        self._rests: dict[FollowUp, tuple[int, float]] = {}
        self._stack = AsyncExitStack()
        self._prefect: PrefectClient | None = None
        self._reached, self._reached_at = True, self._now()
        self._buried_at = float("-inf")
        self._leaving = False
        #: Runs outside Prefect although they should not have been.
        self.without_prefect = 0

    async def __aenter__(self) -> Self:
        if self._deploy is not None:
            await self._stack.enter_async_context(shared_client())
            self._prefect = await self._stack.enter_async_context(get_client())
        self._reached_at = self._now()
        self._watching = asyncio.create_task(self._watch(), name="rounds")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving = True
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._at_work:
            _, hanging = await asyncio.wait(self._at_work.values(), timeout=self._pace.closing_seconds)
            for work in hanging:
                work.cancel()
            if hanging:
                await asyncio.wait(hanging)
        await self._stack.aclose()

    async def _watch(self) -> None:
        while True:
            try:
                await self._take_up(await self._ask_prefect())
                await self._bury()
            except Exception as away:  # noqa: BLE001 - whatever keeps us from looking now, we look again
                _LOG.warning("the follow-ups could not be looked at (%s); looking again", outline(away))
            await asyncio.sleep(self._pace.look_every_seconds)

    async def _ask_prefect(self) -> dict[FollowUp, list[FlowRun]] | None:
        """Return what Prefect's schedule has made ready, or None where Prefect is away."""
        if self._prefect is None or self._deploy is None:
            return None
        try:
            self._deployed = self._deployed or await self._deploy()
            ready = await waiting_runs(self._prefect, self._deployed, self._tools.clock())
        except Exception as away:  # noqa: BLE001 - Prefect away must not stop what is owed to a client
            if self._reached:
                _LOG.warning("Prefect was not asked for follow-ups (%s); asking again", outline(away))
            self._reached = False
            return None
        self._reached, self._reached_at = True, self._now()
        return ready

    async def _take_up(self, ready: dict[FollowUp, list[FlowRun]] | None) -> None:
        now = self._tools.clock()
        for follow_up, runs in (ready or {}).items():
            if follow_up in self._at_work or self._prefect is None:
                continue
            wanted = [run for run in runs if still_wanted(follow_up, run, now)]
            await skip(self._prefect, [run for run in runs if run not in wanted[-1:]])
            if wanted:
                self._start(follow_up, wanted[-1])
        if ready is None and self._deploy is not None and self._is_fresh():
            return
        for follow_up in await due_now(self._tools, self._pace.grace):
            if follow_up in self._at_work or follow_up in (ready or {}) or self._rests_now(follow_up):
                continue
            if ready is None or not await self._is_paused(follow_up):
                self._start(follow_up, None, with_prefect=ready is not None)

    def _is_fresh(self) -> bool:
        """Say whether Prefect was there a moment ago: then it is waited for."""
        return self._now() - self._reached_at < self._pace.grace.total_seconds()

    async def _is_paused(self, follow_up: FollowUp) -> bool:
        """Say whether somebody keeps a follow-up from running; a deployment that was deleted is made again."""
        if self._prefect is None:
            return False
        try:
            paused = await is_paused(self._prefect, self._deployed[follow_up])
        except ObjectNotFound:
            self._deployed, paused = {}, True
        if paused:
            self._rests[follow_up] = (0, self._now() + self._pace.grace.total_seconds())
        return paused

    def _start(self, follow_up: FollowUp, run: FlowRun | None, *, with_prefect: bool = True) -> None:
        work = asyncio.create_task(self._work(follow_up, run, with_prefect=with_prefect), name=f"follow-up {follow_up}")
        self._at_work[follow_up] = work

        def ended(task: asyncio.Task[None]) -> None:
            self._at_work.pop(follow_up, None)
            if not task.cancelled() and (error := task.exception()) is not None:
                self._rest(follow_up)
                _LOG.error("the follow-up %s broke: %s", follow_up, outline(error))

        work.add_done_callback(ended)

    async def _work(self, follow_up: FollowUp, run: FlowRun | None, *, with_prefect: bool) -> None:
        """Work one run: its row first, then its Prefect run is taken up; its row is taken out where somebody has it."""
        prefect = self._prefect if with_prefect else None
        if run is None and prefect is not None:
            run = await prefect.create_flow_run_from_deployment(self._deployed[follow_up])
        number = await begin(self._tools, follow_up, None if run is None else run.id)
        taken = None
        try:
            if prefect is not None and run is not None:
                taken = await take(prefect, run.id)
                if taken is None:
                    await withdraw(self._tools, number)
                    return
        except Exception as away:  # noqa: BLE001 - Prefect away must not stop what is owed to a client
            _LOG.warning("run %d of %s: its Prefect run was not taken up (%s)", number, follow_up, outline(away))
        worked = await work_run(self._tools, follow_up, number, taken)
        if self._deploy is not None and worked.outside:
            self.without_prefect += 1
            self._tools.tally.follow_up_without_prefect()
        if worked.state is FollowUpState.DONE:
            self._rests.pop(follow_up, None)
        else:
            self._rest(follow_up)

    def _rest(self, follow_up: FollowUp) -> None:
        """Let a follow-up that broke rest, longer each time, before it is tried out of its turn."""
        times = self._rests.get(follow_up, (0, 0.0))[0] + 1
        rest = min(self._pace.rest_seconds * 2 ** (times - 1), _LONGEST_REST_SECONDS)
        self._rests[follow_up] = (times, self._now() + rest)

    def _rests_now(self, follow_up: FollowUp) -> bool:
        return follow_up in self._rests and self._now() < self._rests[follow_up][1]

    async def _bury(self) -> None:
        """Settle what dead processes left, although no shift may open here for long."""
        if self._now() - self._buried_at < self._pace.bury_every_seconds:
            return
        buried, suspects = await bury(self._tools)
        if not suspects:
            self._buried_at = self._now()
        if self._prefect is not None and self._reached:
            await look_after_runs(self._tools, lambda: self._leaving, anew=bool(buried))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Worked:
    """How a run ended, and whether it was worked outside of Prefect."""

    state: FollowUpState | None
    outside: bool


async def work_run(tools: Toolbox, follow_up: FollowUp, number: int, run: FlowRun | None) -> Worked:
    """Work a run whose row stands: as a Prefect run, and what Prefect kept from beginning, without it.

    Args:
        tools: The toolbox in use.
        follow_up: Which one.
        number: Of its row.
        run: The Prefect run, taken up already; None for none.

    Raises:
        tasks.outline.Broke: Its job failed, outside of Prefect; within, its state says so.
    """
    given(number)
    outside = False
    try:
        if run is not None:
            try:
                await run_flow_async(FLOWS[follow_up], flow_run=run, parameters={}, return_type="state")
            except Exception as error:  # noqa: BLE001 - Prefect away must not stop what is owed to a client
                _LOG.warning("run %d of %s: its Prefect run broke off (%s)", number, follow_up, outline(error))
        if await is_open(tools, number):
            outside = True
            await follow(follow_up, JOBS[follow_up], None)
    finally:
        state = await settle(tools, number)
    return Worked(state, outside)
