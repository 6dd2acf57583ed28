"""The hall: all desks warm in one process; whoever has work gets a shift, in a Prefect run or, when need be, without.

Prefect shows the work; it is not what the work rests on. When it cannot be reached, a shift goes on without a run and
says so (docs/adr/0004): a client's aid does not wait for a dashboard.
"""

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from prefect.flow_engine import run_flow_async

from flows.desk import given, open_shift
from flows.desks import DESKS
from models.database import LETTERS
from models.vocabulary import Desk
from tasks.outline import Broke, outline
from tasks.prefect_line import shared_client
from tasks.presence import Presence, holding
from tasks.room import Room, open_rooms, ring_rooms
from tasks.runs import begin_run, run_name
from tasks.shifts import break_shift, new_shift
from tasks.toolbox import Toolbox
from tasks.undelivered import tell_of_undelivered
from tasks.watch import Outlook, look_out

_LOG: Final = logging.getLogger("ieum.hall")

#: How often the inboxes are looked at although nobody rang.
LOOK_EVERY_SECONDS: Final = 2.0
#: How often letters that wait too long are looked for, by the house's clock.
TELL_EVERY: Final = timedelta(seconds=60)
_PAUSE_SECONDS: Final = 1.0
_CLOSING_LOOK_SECONDS: Final = 0.1
_LONGEST_REST_SECONDS: Final = 60.0


class Hall:
    """The desks of one process, for as long as the block lasts."""

    def __init__(self, tools: Toolbox, *, with_prefect: bool) -> None:
        """Prepare; nothing runs yet.

        Args:
            tools: The toolbox in use (`tasks.toolbox.use`).
            with_prefect: Whether shifts are Prefect runs.
        """
        self._tools, self._with_prefect = tools, with_prefect
        self._rung = asyncio.Event()
        self._shifts: dict[Desk, asyncio.Task[None]] = {}
        self._stack = AsyncExitStack()
        self._watching: asyncio.Task[None] | None = None
        #: Shifts that ran outside Prefect although they should not have.
        self.without_prefect = 0
        #: Shifts that broke: a fault of the program, or of the database beneath it.
        self.broken = 0
        self._rests: dict[Desk, tuple[int, float]] = {}
        self._told_at: datetime | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as entering:
            presence = Presence(self._tools.engine, self._tools.process, self._on_bell)
            await entering.enter_async_context(holding(presence, self._tools.process))
            if self._with_prefect:
                await entering.enter_async_context(shared_client())
            self._stack = entering.pop_all()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        while self._shifts:
            # Again and again: a shift that is just opening enters its room only now.
            for room in open_rooms():
                if not room.leaving:
                    room.leaving = True
                    room.bell.set()
            await asyncio.wait(self._shifts.values(), timeout=_CLOSING_LOOK_SECONDS)
        await self._stack.aclose()

    def ring(self) -> None:
        """Have every inbox and outbox looked at now; a rehearsal rings when it has moved the clock."""
        for desk in Desk:
            self._on_bell(desk.value)
            self._on_bell(desk.value + LETTERS)

    async def quiet(self, timeout_seconds: float = 60.0) -> Outlook:
        """Wait until no event waits, no letter is due and none is under way.

        Raises:
            TimeoutError: It did not get quiet in time.
        """
        async with asyncio.timeout(timeout_seconds):
            while not (outlook := await look_out(self._tools)).quiet:  # noqa: ASYNC110 - other processes work too, and tell us nothing
                await asyncio.sleep(0.01)
            return outlook

    def _on_bell(self, rung: str) -> None:
        ring_rooms(rung)
        if rung.removesuffix(LETTERS) not in self._shifts:
            # An open shift looks for itself.
            self._rung.set()

    async def _watch(self) -> None:
        while True:
            self._rung.clear()
            try:
                for desk in (await look_out(self._tools)).busy:
                    if desk not in self._shifts and not self._rests_now(desk):
                        self._open(desk)
                await self._tell()
            except Exception as away:  # noqa: BLE001 - whatever keeps us from looking now, we look again
                _LOG.warning("the inboxes could not be looked at (%s); looking again", outline(away))
                await asyncio.sleep(_PAUSE_SECONDS)
            # Not `wait_for`: in Python 3.11 it forgets that it was cancelled when the bell rings at that moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await self._rung.wait()

    async def _tell(self) -> None:
        """Once a minute, tell a person of the letters that have waited too long."""
        now = self._tools.clock()
        if self._told_at is not None and now - self._told_at < TELL_EVERY:
            return
        async with self._tools.engine.begin() as connection:
            await tell_of_undelivered(connection, now)
        self._told_at = now

    def _open(self, desk: Desk) -> None:
        shift = asyncio.create_task(self._shift(desk), name=f"shift of {desk}")
        self._shifts[desk] = shift
        self._tools.tally.shift_opened(desk)

        def ended(task: asyncio.Task[None]) -> None:
            self._shifts.pop(desk, None)
            self._rung.set()
            self._tools.tally.shift_ended(desk, broken=not task.cancelled() and task.exception() is not None)
            if not task.cancelled() and (error := task.exception()) is not None:
                self._failed(desk, error)

        shift.add_done_callback(ended)

    def _failed(self, desk: Desk, error: BaseException) -> None:
        """Say loudly that a shift broke, and let its desk rest, longer each time, before the next."""
        self.broken += 1
        times = self._rests.get(desk, (0, 0.0))[0] + 1
        rest = min(_PAUSE_SECONDS * 2 ** (times - 1), _LONGEST_REST_SECONDS)
        self._rests[desk] = (times, asyncio.get_running_loop().time() + rest)
        _LOG.error("a shift of %s broke, next in %.0f s: %s", desk, rest, outline(error))

    def _rests_now(self, desk: Desk) -> bool:
        return desk in self._rests and asyncio.get_running_loop().time() < self._rests[desk][1]

    async def _shift(self, desk: Desk) -> None:
        room = await new_shift(desk)
        try:
            await self._work(desk, room)
        except Exception as error:
            await break_shift(room, outline(error))
            raise
        self._rests.pop(desk, None)

    async def _work(self, desk: Desk, room: Room) -> None:
        """Work a shift in a Prefect run, or without where Prefect is away.

        Raises:
            Broke: A part of ours broke: the same again would break again.
        """
        given(room)
        if self._with_prefect:
            try:
                flow = DESKS[desk].flow
                run = await begin_run(flow, run_name(desk, room.shift), self._tools.process)
                await run_flow_async(flow, flow_run=run, parameters={}, return_type="state")
            except Exception as error:  # noqa: BLE001 - Prefect away must not stop a client's aid
                _LOG.warning("shift %d: its run broke off (%s)", room.shift, outline(error))
        if room.broke:
            raise Broke(room.broke)
        if not room.done:
            await self._without_prefect(desk, room)

    async def _without_prefect(self, desk: Desk, room: Room) -> None:
        """Work a shift, or what is left of it, outside of any Prefect run."""
        if self._with_prefect:
            self.without_prefect += 1
            self._tools.tally.shift_without_prefect(desk)
        fresh = Room(shift=room.shift, desk=desk)
        given(fresh)
        await open_shift(desk, DESKS[desk].rules)
