"""Runs of follow-ups in this process: which are due, and the row of each, from before it begins until it has ended.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from datetime import timedelta
from uuid import UUID

from models.schedules import last_hour
from models.vocabulary import FollowUp, FollowUpState
from tasks.follow_book import begin_run, end_run, forget_run, report_of, standings, state_of
from tasks.toolbox import Toolbox


async def due_now(tools: Toolbox, grace: timedelta) -> list[FollowUp]:
    """Return the follow-ups that should have begun some time (`grace`) ago and have not.

    Args:
        tools: Database and clock.
        grace: What Prefect's schedule is given to begin them itself.
    """
    now = tools.clock()
    async with tools.engine.connect() as connection:
        found = await standings(connection, now)
    return [each.follow_up for each in found if each.due and now - last_hour(each.follow_up, now) > grace]


async def begin(tools: Toolbox, follow_up: FollowUp, flow_run_id: UUID | None) -> int:
    """Write down that this process begins a run, and return its number."""
    async with tools.engine.begin() as connection:
        return await begin_run(connection, follow_up, tools.process, flow_run_id, tools.clock())


async def withdraw(tools: Toolbox, number: int) -> None:
    """Take out a run that somebody else works."""
    async with tools.engine.begin() as connection:
        await forget_run(connection, number)


async def is_open(tools: Toolbox, number: int) -> bool:
    """Say whether a run has not ended."""
    async with tools.engine.connect() as connection:
        return await state_of(connection, number) is FollowUpState.OPEN


async def settle(tools: Toolbox, number: int) -> FollowUpState | None:
    """Write down that a run which is open still was broken off, and return how it ended; None if it was withdrawn."""
    async with tools.engine.begin() as connection:
        await end_run(connection, number, FollowUpState.BROKEN, {}, tools.clock())
        return await state_of(connection, number)


async def counts_of(tools: Toolbox, number: int) -> dict[str, int]:
    """Return what a run came to."""
    async with tools.engine.connect() as connection:
        return await report_of(connection, number)
