"""The budget of seconds for the database."""

import asyncio

import pytest

from web.reach import Budget, DatabaseAway


async def test_work_that_will_not_be_cancelled_is_left_behind() -> None:
    enough, ended = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await enough.wait()
            ended.set()

    with pytest.raises(DatabaseAway):
        await Budget(0.05).within(stubborn())

    assert not ended.is_set()
    enough.set()
    await ended.wait()


async def test_the_seconds_are_for_all_the_work_together() -> None:
    budget = Budget(0.2)
    await budget.within(asyncio.sleep(0.15))

    with pytest.raises(DatabaseAway):
        await budget.within(asyncio.sleep(0.15))


async def test_a_fault_of_ours_is_no_database_that_is_away() -> None:
    async def fault() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Budget(1).within(fault())
