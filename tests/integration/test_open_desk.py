"""A desk that is open: whatever comes while it works or waits is heard, whoever rings or forgets to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from models.database import LETTERS
from models.vocabulary import Desk, Need
from tasks import record as recording
from tasks.batch import BatchReport
from tasks.room import Room, enter, leave, ring_rooms
from tests.integration.ground import Ground
from tests.integration.test_at_the_table import shifts

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"


@asynccontextmanager
async def debt_desk(ground: Ground, *, linger: float = 60) -> AsyncGenerator[Room]:
    """Open a shift of the debt desk that only records; it leaves in the end.

    By default it stays open for as long as a crowded machine may take between two words.
    """
    async with shifts(ground, Desk.DEBT_RELIEF, linger=linger) as opened:
        yield opened[Desk.DEBT_RELIEF][0]


async def heard(ground: Ground, numbers: Sequence[str], word: str) -> None:
    """Wait until these referrals' words were worked."""
    waits = "SELECT 1 FROM inbox_event WHERE referral_number = ANY(:n) AND word = :w AND fate = 'waiting'"
    async with asyncio.timeout(20):
        while await ground.rows(waits, n=list(numbers), w=word):  # noqa: ASYNC110 - the database is asked, nobody tells
            await asyncio.sleep(0.01)


async def asked(ground: Ground, clients: int) -> list[str]:
    """Let clients with debts walk in, and return the numbers of what was asked for them."""
    came = [await ground.walks_in(Need.DEBT) for _ in range(clients)]
    await ground.work()
    return [await ground.number(COUNSELING, journey) for journey in came]


async def say(ground: Ground, number: str, word: str) -> None:
    await ground.put(AGENCY, word, number=number, hours=1)
    ring_rooms(Desk.DEBT_RELIEF)


async def test_words_that_follow_each_other_are_heard_one_after_the_other(ground: Ground) -> None:
    numbers = await asked(ground, 3)
    async with debt_desk(ground):
        for word in ("accepted", "held", "resumed"):
            for number in numbers:
                await say(ground, number, word)
            # Within 20 seconds, where its linger would take 60.
            await heard(ground, numbers, word)


async def test_a_shift_does_not_close_on_a_bell_that_rings_while_it_works(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    [number] = await asked(ground, 1)
    work_batch, rang = recording.work_batch, asyncio.Event()

    async def and_then_it_rings(*given: Any) -> BatchReport:  # noqa: ANN401 - handed on as it came
        report = await work_batch(*given)
        if report.events:
            monkeypatch.setattr(recording, "work_batch", work_batch)
            await say(ground, number, "held")
            rang.set()
        return report

    monkeypatch.setattr(recording, "work_batch", and_then_it_rings)
    await ground.put(AGENCY, "accepted", number=number, hours=1)
    # Its linger is over as soon as it has begun.
    async with debt_desk(ground, linger=0.0), asyncio.timeout(20):
        await rang.wait()
        await heard(ground, [number], "held")


async def test_an_open_shift_looks_at_its_inbox_though_nobody_rings(ground: Ground) -> None:
    numbers = await asked(ground, 1)
    async with debt_desk(ground):
        await say(ground, numbers[0], "accepted")
        await heard(ground, numbers, "accepted")
        await ground.put(AGENCY, "held", number=numbers[0], hours=1)
        # Within 20 seconds, where its linger would take 60.
        await heard(ground, numbers, "held")


async def test_the_bell_says_whether_an_inbox_or_an_outbox_gained_work() -> None:
    room = Room(shift=1, desk=Desk.DEBT_RELIEF, look=False)
    enter(room)
    try:
        ring_rooms(Desk.INTAKE)
        ring_rooms(Desk.INTAKE + LETTERS)
        assert (False, False) == (room.bell.is_set(), room.look)
        ring_rooms(Desk.DEBT_RELIEF)
        assert (True, False) == (room.bell.is_set(), room.look)
        room.bell.clear()
        ring_rooms(Desk.DEBT_RELIEF + LETTERS)
        assert (False, True) == (room.bell.is_set(), room.look)
    finally:
        leave(room)
