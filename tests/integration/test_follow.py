"""The harness of a follow-up by itself, without Prefect: its row tells that it began, and how it ended."""

import asyncio
from collections.abc import Iterator

import pytest

from models.vocabulary import FollowUp
from tasks.follow import follow
from tasks.follow_runs import begin
from tasks.outline import Broke
from tasks.presence import is_held
from tasks.shiftbook import bury_the_dead
from tasks.toolbox import use
from tests.integration.ground import Ground
from tests.integration.smallest import break_down, go_on_for_ever, look_at_journeys


@pytest.fixture
def tools(ground: Ground) -> Iterator[Ground]:
    """Give a ground whose tools are in use."""
    use(ground.tools)
    yield ground
    use(None)


async def rows(ground: Ground) -> list[tuple[object, ...]]:
    return await ground.rows("SELECT follow_up, state, ended_at IS NOT NULL, process FROM follow_up_run")


async def test_a_run_that_came_to_its_end_tells_what_it_came_to(tools: Ground) -> None:
    await tools.walks_in()

    counts = await follow(FollowUp.REVIEWS, look_at_journeys, None)

    assert {"looked_at": 1} == counts
    assert [("reviews", "done", True, tools.tools.process)] == await rows(tools)


async def test_a_job_that_breaks_leaves_a_broken_run_and_an_outline(tools: Ground) -> None:
    with pytest.raises(Broke, match=r"^LookupError at ") as broke:
        await follow(FollowUp.REVIEWS, break_down, None)

    assert "김하늘" not in str(broke.value)
    assert [("reviews", "broken", True, tools.tools.process)] == await rows(tools)


async def test_a_run_that_is_broken_off_says_so(tools: Ground) -> None:
    working = asyncio.create_task(follow(FollowUp.REVIEWS, go_on_for_ever, None))
    while not await rows(tools):  # noqa: ASYNC110 - it is the row that tells
        await asyncio.sleep(0.05)

    working.cancel()
    await asyncio.wait([working])

    assert working.cancelled()
    assert [("reviews", "broken", True, tools.tools.process)] == await rows(tools)


async def test_a_run_in_a_process_without_a_hall_is_known_to_be_alive(tools: Ground) -> None:
    assert not is_held(tools.tools.process)
    working = asyncio.create_task(follow(FollowUp.REVIEWS, go_on_for_ever, None))
    while not await rows(tools):  # noqa: ASYNC110 - it is the row that tells
        await asyncio.sleep(0.05)

    async with tools.engine.begin() as connection:
        assert [] == await bury_the_dead(connection, 1, tools.now)
    suspected = await tools.rows("SELECT 1 FROM follow_up_run WHERE report <> '{}'")
    working.cancel()
    await asyncio.wait([working])

    assert [] == suspected


async def test_a_run_nobody_holds_is_suspected(tools: Ground) -> None:
    await begin(tools.tools, FollowUp.REVIEWS, None)

    async with tools.engine.begin() as connection:
        assert [] == await bury_the_dead(connection, 1, tools.now)

    assert 1 == len(await tools.rows("SELECT 1 FROM follow_up_run WHERE report ? 'suspected_at'"))
