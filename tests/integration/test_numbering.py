"""Numbers are given by short transactions of their own: unique, in order, and held by nobody's batch."""

import asyncio

import pytest
from sqlalchemy import event, text

from models.numbering import next_numbers
from models.numbers import Kind, read
from tests.integration.ground import Ground

YEAR = 2031


async def test_who_asks_at_the_same_moment_shares_a_transaction_and_no_number_is_given_twice(ground: Ground) -> None:
    statements: list[str] = []
    event.listen(ground.engine.sync_engine, "before_cursor_execute", lambda *told: statements.append(str(told[2])))

    given = await asyncio.gather(*(next_numbers(ground.engine, Kind.REFERRAL, YEAR, n % 4) for n in range(40)))

    assert 1 == sum("number_series" in statement for statement in statements)
    flat = [number for numbers in given for number in numbers]
    assert 60 == len(flat) == len(set(flat))
    assert flat == sorted(flat), "in the order in which they were asked for"
    assert all(read(Kind.REFERRAL, number) == number for number in flat)
    assert [(60,)] == await ground.rows("SELECT last FROM number_series WHERE year = :y", y=YEAR)


async def test_a_batch_that_holds_on_to_its_transaction_keeps_nobody_from_a_number(ground: Ground) -> None:
    async with ground.engine.begin() as slow:
        await slow.execute(text("SELECT 1"))
        mine = await next_numbers(slow.engine, Kind.JOURNEY, YEAR, 1)
        async with asyncio.timeout(5):
            yours = await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1)
        await slow.rollback()

    anybody = await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1)
    assert 3 == len({*mine, *yours, *anybody}), "a number whose batch was rolled back stays unused"


async def test_numbers_that_cannot_be_had_are_an_error_for_everyone_who_asked_and_can_be_asked_for_again(
    ground: Ground,
) -> None:
    await ground.change("ALTER TABLE number_series RENAME TO elsewhere")
    asked = [next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1) for _ in range(3)]
    failed = await asyncio.gather(*asked, return_exceptions=True)
    await ground.change("ALTER TABLE elsewhere RENAME TO number_series")

    assert 3 == sum(isinstance(error, Exception) for error in failed)
    assert 1 == len(await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1))


async def test_whoever_goes_away_while_he_waits_takes_nobodys_number_along(ground: Ground) -> None:
    asked = [asyncio.create_task(next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1)) for _ in range(5)]
    await asyncio.sleep(0)
    asked[2].cancel()
    given = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(given[2], asyncio.CancelledError)
    assert 4 == len({number for numbers in given if isinstance(numbers, list) for number in numbers})


async def test_a_series_that_hangs_is_an_error_in_time_and_works_again_afterwards(ground: Ground) -> None:
    async with ground.engine.begin() as holding:
        await holding.execute(text("LOCK TABLE number_series"))
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError, match="the numbers"):
                await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1)
            with pytest.raises(TimeoutError, match="the numbers"):
                await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1)
    assert 1 == len(await next_numbers(ground.engine, Kind.JOURNEY, YEAR, 1))
