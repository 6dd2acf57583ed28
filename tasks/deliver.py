"""Deliver: one Prefect task as long as the shift takes its letters and sends them side by side.

Whoever looks at the outbox takes what is due for all shifts of the process that want to look. Each agency has its own
places in the safe sender, so a slow one holds up nobody else; the batch loop never waits.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from agencies.errors import NotDelivered, TellAPerson
from agencies.sender import Senders
from models.vocabulary import Desk
from tasks.alarms import raise_alarm
from tasks.outbox import Held, LeasedLetter, held_by
from tasks.outline import outline, outlined
from tasks.results import Result, settle
from tasks.room import Room, open_rooms, room_of
from tasks.sending import exchange
from tasks.taking import Call, take
from tasks.tally import OUTCOMES
from tasks.toolbox import Toolbox, toolbox

_LOG: Final = logging.getLogger("ieum.shift")

#: How long the outbox is left alone when nobody rings (a letter may become due meanwhile).
LOOK_EVERY_SECONDS: Final = 1.0
#: Letters one shift has under way at the most: far above what is held for agencies that hang, `PER_AGENCY` each, so
#: that fifty of them hold up nobody else.
AT_ONCE: Final = 1024
#: How long a result waits for those of other letters under way: written together they cost one transaction.
GATHER_SECONDS: Final = 0.02
#: How long to wait for a database that went away.
DATABASE_PAUSE_SECONDS: Final = 1.0
#: How long what is under way is waited for when the shift breaks: longer than an exchange.
LAST_SECONDS: Final = 25.0


@task(name="deliver the letters", task_run_name="deliver the letters", persist_result=False, cache_policy=NO_CACHE)
@outlined
async def deliver(shift: int) -> int:
    """Send what is due until the shift closes and nothing is under way; return how many letters arrived.

    Args:
        shift: Number of a shift that is open in this process.
    """
    room, tools = room_of(shift), toolbox()
    own = _Counter(room, tools)
    counters = _counters.setdefault(tools.senders, {})
    counters[shift] = own
    try:
        return await _deliver(own, counters)
    except (asyncio.CancelledError, Exception):
        # The shift breaks: nothing more is taken for it, and what an agency answers to what is under way is written.
        del counters[shift]
        await _finish(own)
        raise
    finally:
        counters.pop(shift, None)


@dataclass(slots=True)
class _Counter:
    """Where the letters of one shift go out, and what became of them comes back."""

    room: Room
    tools: Toolbox
    ended: "asyncio.Queue[Result]" = field(default_factory=asyncio.Queue[Result])
    under_way: "dict[asyncio.Task[None], LeasedLetter]" = field(
        default_factory=dict["asyncio.Task[None]", LeasedLetter]
    )
    #: When the first of what has not been written yet came back, by the loop's clock.
    ended_at: float | None = None
    #: Whether results are being written: what waits behind these letters is due only after that.
    settling: bool = False

    @property
    def wants(self) -> bool:
        """Whether letters are to be looked for."""
        return self.room.look and not self.settling and len(self.under_way) < AT_ONCE and not self.room.closing.is_set()

    def patience(self, now: float) -> float:
        """For how many seconds what came back may wait for more."""
        if self.ended.empty():
            self.ended_at = None
            return LOOK_EVERY_SECONDS
        if self.ended_at is None:
            self.ended_at = now
        return self.ended_at + GATHER_SECONDS - now if self.room.sending else 0.0

    def send(self, call: Call, held: Held) -> None:
        """Send a letter that was taken, beside what is under way."""
        self.room.sending += 1
        held.count[call.letter.agency] += 1
        sending = asyncio.create_task(_send(self.room, self.tools, call, self.ended))
        self.under_way[sending] = call.letter
        sending.add_done_callback(partial(_let_go, self.tools, call.letter.agency))


#: The open shifts' by their numbers, for each process's safe sender.
_counters: WeakKeyDictionary[Senders, dict[int, _Counter]] = WeakKeyDictionary()


async def _deliver(own: _Counter, counters: Mapping[int, _Counter]) -> int:
    room, loop = own.room, asyncio.get_running_loop()
    looked_at = loop.time()
    while True:
        room.letters.clear()
        for done in [sending for sending in own.under_way if sending.done()]:
            own.under_way.pop(done)
            done.result()
        try:
            if own.patience(loop.time()) <= 0:
                await _settle(own)
                own.ended_at = None
            # Others may have fallen due, however busily these end.
            room.look |= loop.time() >= looked_at + LOOK_EVERY_SECONDS
            if own.wants:
                looked_at = loop.time()
                await _look(own, counters)
        except (SQLAlchemyError, OSError, TimeoutError) as away:
            _LOG.warning("the outbox could not be read or written; trying again: %s", outline(away))
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            if room.leaving and not own.under_way:
                # Going down without the database: what was not written goes out again, under the same keys.
                room.lets_lie = True
                return room.delivered
        if room.closing.is_set() and not own.under_way and own.ended.empty():
            return room.delivered
        if (patience := own.patience(loop.time())) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await room.letters.wait()


async def _look(own: _Counter, counters: Mapping[int, _Counter]) -> None:
    """Take what is due for every shift here that wants to look, and let each send its own."""
    held = held_by(own.tools.senders)
    async with held.taking:
        # Another shift may have looked for this one meanwhile.
        looking = {each.room.desk: each for each in counters.values() if each.wants} if own.wants else {}
        if not looking:
            return
        for each in looking.values():
            each.room.look, each.room.looking = False, True
        try:
            calls, short = await _taken(own, looking, held)
        except BaseException:
            for each in looking.values():
                each.room.ring_letters()
            raise
        finally:
            for each in looking.values():
                each.room.looking = False
        for call in calls:
            its = looking[call.letter.desk]
            # Where its shift has broken meanwhile, this one sends it.
            (its if its.room.shift in counters else own).send(call, held)
        held.short |= short
        # Their places were given back while it was looked.
        _ring_for(held, [agency for agency in held.short if not held.count[agency]])


async def _taken(own: _Counter, looking: Mapping[Desk, _Counter], held: Held) -> tuple[list[Call], set[str]]:
    """Take for all who look; where that fails for a fault of ours, for this shift alone, so that it breaks no other."""
    try:
        return await take(list(looking), own.tools, held.count)
    except (SQLAlchemyError, OSError, TimeoutError):
        raise
    except Exception as fault:
        if len(looking) == 1:
            raise
        _LOG.error("letters could not be taken for all shifts: %s", outline(fault))
    for each in looking.values():
        if each is not own:
            each.room.ring_letters()
    return await take([own.room.desk], own.tools, held.count)


def _let_go(tools: Toolbox, agency: str, sending: asyncio.Task[None]) -> None:
    del sending
    held = held_by(tools.senders)
    held.let_go(agency)
    _ring_for(held, [agency])


def _ring_for(held: Held, agencies: Sequence[str]) -> None:
    """Have the outbox looked at, whoever's letters were left for want of these agencies' places."""
    if not held.short.isdisjoint(agencies):
        held.short.difference_update(agencies)
        for room in open_rooms():
            room.ring_letters()


async def _finish(own: _Counter) -> None:
    """Wait, not for ever, for the letters under way, and write down once what became of them."""
    if own.under_way:
        _, hanging = await asyncio.wait(own.under_way, timeout=LAST_SECONDS)
        for sending in hanging:
            sending.cancel()
    try:
        await _settle(own)
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("the last results were not written; their letters go out again: %s", outline(away))


async def _send(room: Room, tools: Toolbox, call: Call, ended: asyncio.Queue[Result]) -> None:
    problem: NotDelivered | None = None
    links: tuple[UUID, ...] = ()
    try:
        links = await exchange(tools, call)
    except NotDelivered as not_delivered:
        problem = not_delivered
    except Exception as fault:  # noqa: BLE001 - one letter's fault must not stop the others; a person sees it
        _LOG.error("a letter could not be sent for a fault of ours: %s", outline(fault))
        problem = TellAPerson("fault-of-ours")
    room.sending -= 1
    ended.put_nowait(Result(call.letter, problem, links))
    room.letters.set()


async def _settle(own: _Counter) -> None:
    """Write what has come back, in one transaction; on failure it is kept for the next try."""
    room, tools, ended = own.room, own.tools, own.ended
    results: list[Result] = []
    while not ended.empty():
        results.append(ended.get_nowait())
    if not results:
        return
    own.settling = True
    try:
        async with tools.engine.begin() as connection:
            settled = await settle(connection, results, tools.clock())
    except (DataError, IntegrityError, ProgrammingError) as refused:
        # Never silent, never for ever: the letters go out again under the same keys when their leases are over.
        _LOG.error("the database refused %d results: %s", len(results), outline(refused))
        return
    except BaseException:
        for result in results:
            ended.put_nowait(result)
        raise
    finally:
        own.settling = False
    room.look |= settled.more
    room.delivered += settled.delivered
    room.retried += settled.retried
    room.with_person += settled.with_person
    ended_how = zip(OUTCOMES, (settled.delivered, settled.retried, settled.with_person), strict=True)
    tools.tally.exchanges(room.desk, dict(ended_how))
    for alarm, agencies in settled.alarms.items():
        raise_alarm(room, alarm, agencies)
