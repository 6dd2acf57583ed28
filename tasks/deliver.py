"""Deliver: one Prefect task as long as the shift takes its letters and sends them side by side.

Each agency has its own places in the safe sender, so a slow one holds up nobody else; the batch loop never waits.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from agencies.adapter import adapter_for
from agencies.answers import Delivered
from agencies.digest import read_digest
from agencies.errors import KeysUnreadable, NotDelivered, TellAPerson
from agencies.keys import Key
from agencies.letter import Content
from agencies.packet import unpack
from agencies.sender import Endpoint
from models.vocabulary import LetterType
from tasks.alarms import raise_alarm
from tasks.digests import last_look
from tasks.health import begin_probe, endpoints, look_at_lines
from tasks.outbox import PER_AGENCY, LeasedLetter, held_by, lease_letters
from tasks.outline import outline, outlined
from tasks.results import Result, settle
from tasks.room import Room, open_rooms, room_of
from tasks.tally import OUTCOMES
from tasks.toolbox import Toolbox, toolbox

_LOG: Final = logging.getLogger("ieum.shift")

#: How long the outbox is left alone when nobody rings (a letter may become due meanwhile).
LOOK_EVERY_SECONDS: Final = 1.0
#: Letters one shift has under way at the most: far above what is held for agencies that hang, `PER_AGENCY` each, so
#: that fifty of them hold up nobody else.
AT_ONCE: Final = 1024
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
    ended: asyncio.Queue[Result] = asyncio.Queue()
    under_way: dict[asyncio.Task[None], LeasedLetter] = {}
    try:
        return await _deliver(room, tools, ended, under_way)
    except (asyncio.CancelledError, Exception):
        # The shift breaks: what an agency answers to the letters under way is still written down.
        await _finish(room, tools, ended, under_way)
        raise


async def _deliver(
    room: Room, tools: Toolbox, ended: asyncio.Queue[Result], under_way: dict[asyncio.Task[None], LeasedLetter]
) -> int:
    held, loop = held_by(tools.senders), asyncio.get_running_loop()
    looked_at = loop.time()
    while True:
        room.letters.clear()
        for done in [sending for sending in under_way if sending.done()]:
            under_way.pop(done)
            done.result()
        try:
            await _settle(room, tools, ended)
            # Others may have fallen due, however busily these end.
            room.look |= loop.time() >= looked_at + LOOK_EVERY_SECONDS
            if room.look and len(under_way) < AT_ONCE and not room.closing.is_set():
                looked_at = loop.time()
                room.look, room.looking = False, True
                async with held.taking:
                    calls = await _take(room, tools, held.count)
                    for call in calls:
                        room.sending += 1
                        held.count[call.letter.agency] += 1
                        sending = asyncio.create_task(_send(room, tools, call, ended))
                        under_way[sending] = call.letter
                        sending.add_done_callback(partial(_let_go, tools, call.letter.agency))
                room.looking = False
        except (SQLAlchemyError, OSError, TimeoutError) as away:
            _LOG.warning("the outbox could not be read or written; trying again: %s", outline(away))
            room.look, room.looking = True, False
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            if room.leaving and not under_way:
                # Going down without the database: what was not written goes out again, under the same keys.
                room.lets_lie = True
                return room.delivered
        if room.closing.is_set() and not under_way and ended.empty():
            return room.delivered
        if ended.empty():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await room.letters.wait()


def _let_go(tools: Toolbox, agency: str, sending: asyncio.Task[None]) -> None:
    del sending
    held = held_by(tools.senders)
    if held.count[agency] >= PER_AGENCY:
        # Another desk may have been kept out.
        for room in open_rooms():
            room.ring_letters()
    held.let_go(agency)


async def _finish(
    room: Room, tools: Toolbox, ended: asyncio.Queue[Result], under_way: Mapping[asyncio.Task[None], LeasedLetter]
) -> None:
    """Wait, not for ever, for the letters under way, and write down once what became of them."""
    if under_way:
        _, hanging = await asyncio.wait(under_way, timeout=LAST_SECONDS)
        for sending in hanging:
            sending.cancel()
    try:
        await _settle(room, tools, ended)
    except (SQLAlchemyError, OSError, TimeoutError) as away:
        _LOG.warning("the last results were not written; their letters go out again: %s", outline(away))


@dataclass(frozen=True, slots=True)
class _Call:
    """A letter with where it goes and what seals it, read in the same transaction that took it."""

    letter: LeasedLetter
    endpoint: Endpoint | None
    #: None where they cannot be opened.
    keys: Sequence[Key] | None


async def _take(room: Room, tools: Toolbox, held: Mapping[str, int]) -> list[_Call]:
    """Take due letters, as many to each agency as its places and what all desks of this process hold allow."""
    now = tools.clock()
    crowded = {agency for agency, letters in held.items() if letters >= PER_AGENCY}
    async with tools.engine.begin() as connection:
        lines = await look_at_lines(connection, now)
        shut = sorted(lines.closed | lines.probing | crowded)
        letters = await lease_letters(connection, room.desk, now, tools.process, closed=shut, held=held)
        letters = await last_look(connection, tools, letters, now)
        for agency in sorted(lines.probing - held.keys()):
            # First the right to probe, then the letter: who comes second takes none. Without a letter the right is
            # given back.
            taken: list[LeasedLetter] = []
            probe: list[LeasedLetter] = []
            async with connection.begin_nested() as right:
                if await begin_probe(connection, agency, lines.health[agency], now):
                    taken = await lease_letters(connection, room.desk, now, tools.process, only=agency)
                    probe = await last_look(connection, tools, taken, now)
                if not probe:
                    await right.rollback()
            if not probe:
                # A digest that everybody has answered is withdrawn all the same.
                await last_look(connection, tools, taken, now)
            letters += probe
        agencies = sorted({each.agency for each in letters})
        urls = await endpoints(connection) if letters else {}
        keys = await tools.keyring.keys_of(connection, agencies, "outbound", now) if letters else {}
    return [_Call(letter, _endpoint(tools, letter.agency, urls), keys[letter.agency]) for letter in letters]


def _endpoint(tools: Toolbox, agency: str, urls: Mapping[str, str | None]) -> Endpoint | None:
    url, known = urls.get(agency), tools.catalog.agencies.get(agency)
    return None if url is None or known is None else Endpoint(agency, url, tuple(known.private_ranges))


async def _send(room: Room, tools: Toolbox, call: _Call, ended: asyncio.Queue[Result]) -> None:
    problem: NotDelivered | None = None
    links: tuple[UUID, ...] = ()
    try:
        links = await _exchange(tools, call)
    except NotDelivered as not_delivered:
        problem = not_delivered
    except Exception as fault:  # noqa: BLE001 - one letter's fault must not stop the others; a person sees it
        _LOG.error("a letter could not be sent for a fault of ours: %s", outline(fault))
        problem = TellAPerson("fault-of-ours")
    room.sending -= 1
    ended.put_nowait(Result(call.letter, problem, links))
    room.letters.set()


async def _exchange(tools: Toolbox, call: _Call) -> tuple[UUID, ...]:
    """Bring one letter to its agency; return the links that it carried.

    Raises:
        NotDelivered: One of its kinds says what to do next.
    """
    letter, content = call.letter, None
    with suppress(KeyError, ValueError, TypeError):
        content = _content(tools, letter)
    if content is None:
        raise TellAPerson("unreadable-letter")
    if call.keys is None:
        raise KeysUnreadable
    known = tools.catalog.agencies.get(letter.agency)
    if known is None:
        raise TellAPerson("unknown-agency")
    adapter = adapter_for(known.protocol, tools.senders, tools.post)
    delivered = await adapter.deliver(content, call.endpoint, call.keys)
    return delivered.links if isinstance(delivered, Delivered) else ()


def _content(tools: Toolbox, letter: LeasedLetter) -> Content:
    """Read what the outbox kept.

    Raises:
        KeyError, ValueError, TypeError: It is no letter of ours.
    """
    if letter.type is LetterType.REMINDED:
        return read_digest(letter.body, letter_id=letter.id, agency=letter.agency, made_at=letter.created_at)
    return unpack(
        letter.body,
        tools.catalog.program(str(letter.body["program"])).items,
        letter_id=letter.id,
        agency=letter.agency,
        letter_type=letter.type,
        made_at=letter.created_at,
    )


async def _settle(room: Room, tools: Toolbox, ended: asyncio.Queue[Result]) -> None:
    """Write what has come back, in one transaction; on failure it is kept for the next try."""
    results: list[Result] = []
    while not ended.empty():
        results.append(ended.get_nowait())
    if not results:
        return
    try:
        async with tools.engine.begin() as connection:
            settled = await settle(connection, room.desk, results, tools.clock())
    except (DataError, IntegrityError, ProgrammingError) as refused:
        # Never silent, never for ever: the letters go out again under the same keys when their leases are over.
        _LOG.error("the database refused %d results: %s", len(results), outline(refused))
        return
    except BaseException:
        for result in results:
            ended.put_nowait(result)
        raise
    room.look |= settled.more
    room.delivered += settled.delivered
    room.retried += settled.retried
    room.with_person += settled.with_person
    ended_how = zip(OUTCOMES, (settled.delivered, settled.retried, settled.with_person), strict=True)
    tools.tally.exchanges(room.desk, dict(ended_how))
    for alarm, agencies in settled.alarms.items():
        raise_alarm(room, alarm, agencies)
