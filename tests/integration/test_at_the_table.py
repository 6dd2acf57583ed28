"""The shifts of one process at their table: whoever is rung works for all, and one's trouble is no other's."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from models.vocabulary import Desk, Need
from tasks import batch as batches
from tasks.batch import BatchReport
from tasks.outline import Broke
from tasks.record import by, record
from tasks.room import Room, enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tests.integration.ground import Ground

COUNSELING = "financial-counseling"


@asynccontextmanager
async def shifts(
    ground: Ground, *desks: Desk, linger: float = 60
) -> AsyncGenerator[dict[Desk, tuple[Room, asyncio.Task[int]]]]:
    """Open shifts that only record, in one process; those that are still open leave in the end."""
    use(replace(ground.tools, linger_seconds=linger))
    opened: dict[Desk, tuple[Room, asyncio.Task[int]]] = {}
    try:
        for desk in desks:
            room = await new_shift(desk)
            # Nobody delivers here.
            room.lets_lie = True
            enter(room)
            by(replace(ground.setup(desk), shift=room.shift))
            opened[desk] = room, asyncio.create_task(record.fn(room.shift))
        yield opened
    finally:
        for room, _ in opened.values():
            room.leaving = True
            room.bell.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*(working for _, working in opened.values() if not working.done()))
        for room, _ in opened.values():
            leave(room)
        use(None)


async def until(ground: Ground, sql: str) -> None:
    async with asyncio.timeout(20):
        while not await ground.rows(sql):  # noqa: ASYNC110 - the database is asked, nobody tells
            await asyncio.sleep(0.01)


async def test_whoever_is_rung_works_for_all_and_each_tells_of_its_own_part(ground: Ground) -> None:
    async with shifts(ground, Desk.INTAKE, Desk.DEBT_RELIEF) as opened:
        await asyncio.sleep(0.2)
        await ground.walks_in(Need.DEBT)
        opened[Desk.INTAKE][0].bell.set()
        await until(ground, "SELECT 1 FROM referral WHERE program = 'financial-counseling'")
        rooms = {desk: room for desk, (room, _) in opened.items()}

    moves = {desk: {moved.referral for moved in room.recorded.moved} for desk, room in rooms.items()}
    of = {
        desk: {row[0] for row in await ground.rows("SELECT number FROM referral WHERE desk = :d", d=desk)}
        for desk in rooms
    }
    assert of == moves
    assert all(moves.values())


async def test_when_a_shift_is_broken_off_in_a_batch_another_desk_works_what_it_held(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, loading = batches.load_cases, asyncio.Event()

    async def hangs(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - handed on as it came
        if not loading.is_set():
            loading.set()
            await asyncio.sleep(60)
        return await load(*given, **named)

    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    async with shifts(ground, Desk.INTAKE, Desk.DEBT_RELIEF) as opened:
        # Both have looked once.
        await asyncio.sleep(0.3)
        monkeypatch.setattr(batches, "load_cases", hangs)
        await ground.put("agency:microfinance-desk", "accepted", number=number, hours=1)
        # It is nobody but intake that is rung, and its turn is for both.
        opened[Desk.INTAKE][0].bell.set()
        async with asyncio.timeout(20):
            await loading.wait()
        opened[Desk.INTAKE][1].cancel()
        # Well before anybody would look without a bell.
        async with asyncio.timeout(1.5):
            await until(ground, "SELECT 1 FROM referral WHERE program = 'financial-counseling' AND state = 'accepted'")


async def test_what_breaks_one_desks_shift_leaves_the_others_open(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*given: object) -> BatchReport:
        raise LookupError(len(given))

    one_by_one = batches.work_one_by_one

    async def some(tools: Any, setup: Any) -> BatchReport:  # noqa: ANN401 - handed on as it came
        return await (refused() if setup.desk is Desk.INTAKE else one_by_one(tools, setup))

    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    async with shifts(ground, Desk.INTAKE, Desk.DEBT_RELIEF) as opened:
        # Both have looked once.
        await asyncio.sleep(0.3)
        monkeypatch.setattr("tasks.record.work_batch", refused)
        monkeypatch.setattr("tasks.record.work_one_by_one", some)
        await ground.put("agency:microfinance-desk", "accepted", number=number, hours=1)
        opened[Desk.DEBT_RELIEF][0].bell.set()
        await until(ground, "SELECT 1 FROM referral WHERE program = 'financial-counseling' AND state = 'accepted'")
        with pytest.raises(Broke):
            await opened[Desk.INTAKE][1]
        assert not opened[Desk.DEBT_RELIEF][1].done()


async def test_where_the_database_is_away_one_turn_is_enough_for_all_who_leave(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    async def away(*given: object) -> BatchReport:
        asked.append(len(given))
        raise OSError

    async with shifts(ground, *Desk) as opened:
        # All have looked once.
        await asyncio.sleep(0.5)
        monkeypatch.setattr("tasks.record.work_batch", away)
        for room, _ in opened.values():
            room.leaving = True
            room.bell.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*(working for _, working in opened.values()))
    assert 1 == len(asked)


async def test_where_the_database_goes_away_case_by_case_the_work_is_taken_up_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, once = batches.work_batch, asyncio.Event()

    async def refused(*given: Any) -> BatchReport:  # noqa: ANN401 - handed on as it came
        if not once.is_set():
            raise LookupError
        return await work(*given)

    async def away(*given: object) -> BatchReport:
        once.set()
        raise OSError(len(given))

    monkeypatch.setattr("tasks.record.LOOK_EVERY_SECONDS", 120.0)
    async with shifts(ground, Desk.INTAKE, Desk.DEBT_RELIEF) as opened:
        # Both have looked once.
        await asyncio.sleep(0.3)
        monkeypatch.setattr("tasks.record.work_batch", refused)
        monkeypatch.setattr("tasks.record.work_one_by_one", away)
        await ground.walks_in(Need.DEBT)
        opened[Desk.INTAKE][0].bell.set()
        await until(ground, "SELECT 1 FROM referral WHERE program = 'financial-counseling'")
        assert not any(working.done() for _, working in opened.values())
