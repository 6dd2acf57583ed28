"""The watch: work that goes from hand to hand is never out of sight."""

import asyncio
from contextlib import suppress
from itertools import count

from sqlalchemy import text

from models.vocabulary import Need
from tasks.watch import look_out
from tests.integration.ground import Ground

#: A letter under way, and in the same moment its answer in the inbox and the letter done; and back.
_ANSWERED = text("""
    WITH sent AS (UPDATE letter SET state = 'sent', leased_until = NULL)
    UPDATE inbox_event SET fate = 'waiting'
""")
_UNDER_WAY = text("""
    WITH taken AS (UPDATE letter SET state = 'waiting', leased_until = '2018-12-31')
    UPDATE inbox_event SET fate = 'applied'
""")


async def test_there_is_always_something_to_do_while_a_letter_turns_into_an_event_and_back(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()

    async def hand_on() -> None:
        for nth in count():
            # Now sooner, now later: the moment of change falls anywhere between two statements of a look.
            await asyncio.sleep(nth % 23 / 1000)
            async with ground.engine.begin() as connection:
                await connection.execute((_UNDER_WAY, _ANSWERED)[nth % 2])

    async with ground.engine.begin() as connection:
        await connection.execute(_UNDER_WAY)
    handing_on = asyncio.create_task(hand_on())
    looks = [await look_out(ground.tools) for _ in range(600)]
    handing_on.cancel()
    with suppress(asyncio.CancelledError):
        await handing_on

    assert {True, False} == {look.sending for look in looks}
    assert [] == [look for look in looks if look.quiet]
