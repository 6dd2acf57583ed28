"""A crowd before one desk: a flood on one case, and a case that somebody else holds when the shift must go."""

import asyncio

import pytest
from sqlalchemy import text

from models.vocabulary import Desk, Need
from tasks.batch import work_batch
from tasks.claims import PER_JOURNEY
from tasks.record import by, record
from tasks.room import enter, leave
from tasks.shifts import new_shift
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.properties.checker import check_log

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"


async def fates_of(ground: Ground, number: str) -> list[str]:
    rows = await ground.rows("SELECT fate FROM inbox_event WHERE referral_number = :n ORDER BY id", n=number)
    return [fate for (fate,) in rows]


async def test_a_flood_on_one_case_takes_its_share_of_a_batch_and_the_next_client_is_worked(ground: Ground) -> None:
    flooded, other = await ground.walks_in(Need.DEBT), await ground.walks_in(Need.DEBT)
    await ground.work()
    number, beside = await ground.number(COUNSELING, flooded), await ground.number(COUNSELING, other)
    flood = PER_JOURNEY + 40
    sent = [
        await ground.put(AGENCY, "resumed" if nth % 2 else "held", number=number, hours=nth / 100)
        for nth in range(flood)
    ]
    await ground.put(AGENCY, "accepted", number=beside, hours=2)

    first = await work_batch(ground.tools, ground.setup(Desk.DEBT_RELIEF))

    assert PER_JOURNEY + 1 == first.events
    assert ["applied"] == await fates_of(ground, beside)
    assert ["applied"] * PER_JOURNEY + ["waiting"] * 40 == await fates_of(ground, number)

    await ground.work()

    causes = await ground.rows(
        "SELECT cause FROM transition JOIN referral ON referral.id = referral_id"
        " WHERE number = :n AND cause LIKE 'event:%' ORDER BY sequence",
        n=number,
    )
    assert [(f"event:{key}",) for key in sent] == causes
    async with ground.engine.connect() as connection:
        assert [] == await check_log(connection)


@pytest.mark.parametrize("sending", [0, 1], ids=["nothing under way", "a letter under way"])
async def test_a_leaving_shift_does_not_wait_for_a_case_that_is_held_elsewhere(ground: Ground, sending: int) -> None:
    held = await ground.walks_in(Need.JOB)
    use(ground.tools)
    room = await new_shift(Desk.INTAKE)
    # Nobody delivers here.
    room.lets_lie = True
    enter(room)
    by(ground.setup(Desk.INTAKE))
    room.sending = sending

    async with ground.engine.begin() as holder:
        await holder.execute(text("SELECT 1 FROM journey WHERE id = :id FOR NO KEY UPDATE"), {"id": held})
        working = asyncio.create_task(record.fn(room.shift))
        # Before it must leave, it waits for the case to be free again.
        await asyncio.sleep(0.3)
        assert not working.done()
        room.leaving = True
        room.bell.set()
        if sending:
            await asyncio.sleep(0.3)
            assert not working.done()
            room.sending = 0
        async with asyncio.timeout(20):
            moves = await working
    leave(room)
    use(None)

    assert (0, True) == (moves, room.closing.is_set())
    # Nothing was lost: whoever comes next finds the event where it lay.
    assert [("waiting",)] == await ground.rows("SELECT fate FROM inbox_event WHERE journey_id = :j", j=held)
    assert 1 == (await work_batch(ground.tools, ground.setup(Desk.INTAKE))).events
