"""Merging on a real PostgreSQL, while agencies speak, desks work and sessions die: the log explains the state."""

import asyncio
import contextlib
import random
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from tasks import merging_statements
from tasks.merging import NotMerged, merge
from tests.integration.ground import Ground, on_ground
from tests.properties.checker import check_log
from tests.properties.test_on_postgresql import kills, speak, works

PAIRS = 4
SAID = 160


async def merges(ground: Ground, chance: random.Random, pairs: list[tuple[UUID, UUID]], over: asyncio.Event) -> int:
    """Try to merge one pair after another, again and again; return how many could be."""
    done = set[str]()
    while not over.is_set():
        await asyncio.sleep(chance.uniform(0.05, 0.2))
        with contextlib.suppress(DBAPIError, TimeoutError, NotMerged):
            names = {row[0]: row[1] for row in await ground.rows("SELECT id, number FROM journey")}
            ends, stays = chance.sample(chance.choice(pairs), 2)
            merged = await merge(ground.engine, ground.tools, names[ends], names[stays], "staff:x", sure=False)
            done.add(merged.merged)
    return len(done)


async def left_behind(ground: Ground) -> list[str]:
    """Return what is still of a journey that ended in another one, or of a client whose journey it is not."""
    found = await ground.rows(
        "SELECT j.number || ' has ' || what FROM journey j JOIN ("
        " SELECT journey_id, 'a referral' AS what FROM referral"
        " UNION ALL SELECT journey_id, 'a letter' FROM letter"
        " UNION ALL SELECT journey_id, 'a notice' FROM notice"
        " UNION ALL SELECT journey_id, 'a set-aside desk' FROM set_aside"
        " UNION ALL SELECT journey_id, 'an agenda' FROM agenda"
        " UNION ALL SELECT journey_id, 'an event' FROM inbox_event WHERE fate IN ('waiting', 'held_back')"
        ") AS held ON held.journey_id = j.id WHERE j.merged_into IS NOT NULL"
        " UNION ALL SELECT r.number || ' is of another client' FROM referral r JOIN journey j ON j.id = r.journey_id"
        " WHERE r.client_id <> j.client_id"
    )
    return [row[0] for row in found]


@pytest.mark.parametrize(
    ("forgotten", "sentence"),
    [("UPDATE letter", "has a letter"), ("UPDATE referral", "has a referral"), ("UPDATE notice", "has a notice")],
)
async def test_what_a_merge_forgets_is_found(
    database_url: str, monkeypatch: pytest.MonkeyPatch, forgotten: str, sentence: str
) -> None:
    kept = tuple(move for move in merging_statements.MOVES if forgotten not in str(move))
    monkeypatch.setattr(merging_statements, "MOVES", kept)
    async with on_ground(database_url) as ground:
        one, two = await ground.walks_in(), await ground.walks_in()
        await ground.work()
        names = {row[0]: row[1] for row in await ground.rows("SELECT id, number FROM journey")}

        await merge(ground.engine, ground.tools, names[two], names[one], "staff:x", sure=False)
        left = await left_behind(ground)

    assert any(sentence in found for found in left)


@pytest.mark.parametrize("seed", [20181127, 20260218])
async def test_whoever_merges_whenever_the_log_explains_the_state(database_url: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it must be repeatable
    async with (
        on_ground(database_url, process=1) as one,
        on_ground(database_url, process=2) as other,
        on_ground(database_url, process=3) as outside,
    ):
        journeys = [await outside.walks_in(running=running) for running in range(1, 1 + 2 * PAIRS)]
        pairs = list(zip(journeys[::2], journeys[1::2], strict=True))
        over = asyncio.Event()
        at_work = [asyncio.create_task(works(ground, chance, over)) for ground in (one, other, one, other)]
        merging = asyncio.create_task(merges(other, chance, pairs, over))
        killer = asyncio.create_task(kills(outside, chance, over))
        for _ in range(SAID):
            with contextlib.suppress(DBAPIError, TimeoutError):
                await speak(outside, chance)
        over.set()
        await asyncio.gather(*at_work)
        merged, killed = await merging, await killer
        for ground in (one, other):
            await ground.engine.dispose()
        await one.work()

        async with one.engine.connect() as connection:
            contradictions = await check_log(connection)
        waiting = [fate for fate in (await one.fates()).values() if fate == "waiting"]
        set_aside = await one.rows("SELECT desk, reason, detail FROM set_aside WHERE reason <> 'unknown_word'")
        left = await left_behind(one)

    assert ([], [], [], []) == (contradictions, waiting, set_aside, left)
    assert killed > 3
    assert merged >= 1
