"""After a commit that several shared the letterbox rests, and more share the next; after a lone event's it does not."""

import asyncio

import pytest

from tests.integration.ground import Ground
from web import letterbox as letterboxes
from web.letterbox import Arrival, Letterbox, Receipt
from web.reach import Budget

COMMITS = "SELECT count(DISTINCT xmin::text) FROM inbox_event WHERE source = 'agency:microfinance-desk'"


def a_word(ground: Ground, name: str) -> Arrival:
    return Arrival(
        source="agency:microfinance-desk",
        source_id=name,
        word="accepted",
        data={},
        digest="d",
        occurred_at=ground.now,
        received_at=ground.now,
        referral_number="R-2017-000001-0",
    )


async def put(letterbox: Letterbox, ground: Ground, *names: str) -> list[Receipt]:
    return await asyncio.gather(*(letterbox.put(a_word(ground, name), Budget(60)) for name in names))


async def test_what_comes_while_the_letterbox_rests_shares_a_commit(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letterboxes, "REST_SECONDS", 3.0)
    monkeypatch.setattr(letterboxes, "_REST", 1e9)
    letterbox = Letterbox(ground.engine, seconds=60)
    await put(letterbox, ground, "first", "second")
    later: list[asyncio.Task[list[Receipt]]] = []
    for nth in range(5):
        later.append(asyncio.create_task(put(letterbox, ground, f"later {nth}")))
        await asyncio.sleep(0.05)
    await asyncio.gather(*later)
    await letterbox.close()

    assert [(2,)] == await ground.rows(COMMITS)


async def test_nobody_waits_behind_a_lone_event(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letterboxes, "REST_SECONDS", 60.0)
    monkeypatch.setattr(letterboxes, "_REST", 1e9)
    letterbox = Letterbox(ground.engine, seconds=60)
    async with asyncio.timeout(30):
        for name in ("one", "two", "three"):
            await put(letterbox, ground, name)
        await letterbox.close()

    assert [(3,)] == await ground.rows(COMMITS)
