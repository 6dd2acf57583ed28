"""A shift that breaks: it is closed as broken, with the outline of what broke it, and its desk goes on."""

import asyncio

from flows.hall import Hall
from models.vocabulary import Desk, Need
from tasks.shiftbook import open_row
from tasks.toolbox import use
from tests.integration.ground import Ground


async def broken(ground: Ground) -> list[tuple[object, ...]]:
    return await ground.rows("SELECT state, closed_at IS NOT NULL, report ->> 'broke' FROM shift ORDER BY number")


async def test_a_shift_that_breaks_is_closed_as_broken_and_its_desk_rests(ground: Ground) -> None:
    await ground.walks_in(Need.JOB)
    await ground.work()
    await ground.change("UPDATE letter SET type = 'nonsense'")
    use(ground.tools)
    async with Hall(ground.tools, with_prefect=False) as hall:
        hall.ring()
        async with asyncio.timeout(10):
            while not hall.broken:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.02)
    use(None)

    rows = await broken(ground)
    assert {("broken", True)} == {row[:2] for row in rows}
    assert str(rows[0][2]).startswith("ValueError at ")


async def test_a_shift_that_broke_while_the_database_was_away_is_closed_by_the_next(ground: Ground) -> None:
    async with ground.engine.begin() as connection:
        for _ in range(2):
            await open_row(connection, Desk.INTAKE, ground.tools.process, ground.now)
        await open_row(connection, Desk.DEBT_RELIEF, ground.tools.process, ground.now)

    assert [("broken", True), ("open", False), ("open", False)] == [row[:2] for row in await broken(ground)]
