"""Two who pass each other: a person who mends while a desk works, and a word that comes while its referral is born."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from models.vocabulary import Desk, Need
from tasks.batch import BatchReport, work_batch
from tasks.mending import replay, set_event_aside, take_up_forgotten
from tests.integration.ground import Ground, on_ground
from web.letterbox import Arrival, Letterbox
from web.reach import Budget

COUNSELING = "financial-counseling"
AGENCY = "agency:microfinance-desk"
WHO = "staff:front-desk"
UNSEEN = (
    "SELECT id FROM inbox_event AS e WHERE fate = 'held_back'"
    " AND NOT EXISTS (SELECT 1 FROM set_aside AS s WHERE s.journey_id = e.journey_id AND s.desk = e.desk)"
)


async def until_waiting(ground: Ground, sessions: int, *, unless: asyncio.Task[None] | None = None) -> None:
    """Wait until so many sessions wait for a lock, or until a task is done."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(20):
        while len(await ground.rows(waiting)) < sessions and not (unless is not None and unless.done()):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def at_its_last_statement(one: Ground, other: Ground, desk: Desk, event: int) -> AsyncGenerator[None]:
    """Let a desk work up to where it writes an event's fate, and commit at the end."""
    async with other.engine.connect() as holder:
        await holder.execute(text("SELECT id FROM inbox_event WHERE id = :id FOR UPDATE"), {"id": event})
        working: asyncio.Task[BatchReport] = asyncio.create_task(work_batch(one.tools, one.setup(desk)))
        await until_waiting(other, 1)
        yield
        await holder.rollback()
    assert (await working).events


@pytest.mark.parametrize("mends", ["replay", "set aside"])
async def test_what_a_desk_holds_back_while_a_person_mends_is_heard(database_url: str, mends: str) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        await one.walks_in(Need.DEBT)
        await one.work()
        number = await one.number(COUNSELING)
        strange = await one.put(AGENCY, "progressed", number=number, milestone="pondered") or 0
        await one.work()
        later = await one.put(AGENCY, "accepted", number=number, hours=1) or 0

        async def mend() -> None:
            async with other.engine.begin() as connection:
                if mends == "replay":
                    await replay(connection, strange, WHO, one.now)
                else:
                    await set_event_aside(connection, strange, WHO, "no such milestone", one.now)

        async with at_its_last_statement(one, other, Desk.DEBT_RELIEF, later):
            mending = asyncio.create_task(mend())
            await until_waiting(other, 2, unless=mending)
        await mending

        assert [] == await one.rows(UNSEEN)
        assert "waiting" == (await one.fates())[later]


async def test_a_word_that_comes_while_its_referral_is_born_is_heard(database_url: str) -> None:
    async with on_ground(database_url, process=1) as one, on_ground(database_url, process=2) as other:
        await one.walks_in(Need.DEBT)
        [(opened,)] = await one.rows("SELECT id FROM inbox_event")
        letterbox = Letterbox(other.engine, seconds=5)
        word = Arrival(
            source="agency:seoul-west-employment-center",
            source_id="early",
            word="accepted",
            data={},
            digest="d",
            occurred_at=one.now,
            received_at=one.now,
            referral_number="R-2017-000001-0",
        )

        async with at_its_last_statement(one, other, Desk.INTAKE, opened):
            receipt = await letterbox.put(word, Budget(5))
            assert "parked: unknown_referral" == (await other.fates())[receipt.id]
        await letterbox.close()

        assert "waiting" == (await one.fates())[receipt.id]
        await one.work()
        assert "applied" == (await one.fates())[receipt.id]


async def test_what_waits_for_nothing_any_more_is_found_and_heard(ground: Ground) -> None:
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    strange = await ground.put(AGENCY, "progressed", number=number, milestone="pondered") or 0
    await ground.work()
    early = await ground.put("agency:seoul-west-employment-center", "accepted", number="R-2017-000001-0") or 0
    await ground.change(
        "UPDATE inbox_event SET fate = 'parked', fate_reason = 'unknown_referral', desk = NULL, journey_id = NULL"
        " WHERE id = :id",
        id=early,
    )

    async with ground.engine.begin() as connection:
        assert 1 == await take_up_forgotten(connection)
    assert ["held_back: unknown_word", "waiting"] == [(await ground.fates())[event] for event in (strange, early)]

    await ground.change("DELETE FROM set_aside")
    async with ground.engine.begin() as connection:
        assert 1 == await take_up_forgotten(connection)
    await ground.work()
    assert ["held_back: unknown_word", "applied"] == [(await ground.fates())[event] for event in (strange, early)]
