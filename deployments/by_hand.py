"""By hand: one run of a follow-up in a process of its own, for whoever does not want to wait for its hour."""

import asyncio

import httpx
from prefect.events.worker import EventsWorker
from prefect.exceptions import PrefectException
from prefect.logging.handlers import APILogWorker

from deployments.books import open_books
from deployments.clocks import machine_clock
from deployments.safe import open_safe
from deployments.tools import lay_out
from flows.follow_up import FLOWS
from flows.rounds import work_run
from models.vocabulary import FollowUp, FollowUpState
from settings import Settings
from tasks.follow_runs import begin, counts_of
from tasks.outline import Broke
from tasks.prefect_line import shared_client
from tasks.presence import Presence, holding
from tasks.runs import begin_run
from tasks.toolbox import Toolbox, use


class FollowUpBroke(Exception):  # noqa: N818 - it names what happened
    """A follow-up's job failed; the text is one sentence that says where to look."""


async def run_by_hand(settings: Settings, follow_up: FollowUp, *, shown: bool) -> dict[str, int]:
    """Run a follow-up once, whatever its hour, and return its counts.

    Args:
        settings: What this installation was told.
        follow_up: Which one.
        shown: Whether a Prefect server is there to show it; its environment must be set.

    Raises:
        FollowUpBroke: Its job failed.
        DatabaseAway, PostgresError: There is no database to work on.
    """
    async with open_books(settings, connections=8) as books:
        tools = lay_out(
            settings,
            books.engine,
            master_key=open_safe(settings).master_key,
            catalog=books.catalog,
            clock=machine_clock,
        )
        use(tools)
        try:
            presence = Presence(tools.engine, tools.process, lambda _: None)
            async with holding(presence, tools.process), shared_client(shown=shown):
                return await _run(tools, follow_up, shown=shown)
        finally:
            use(None)
            await tools.aclose()
            if shown:
                for worker in (APILogWorker, EventsWorker):
                    await asyncio.to_thread(worker.drain_all, timeout=5)


async def _run(tools: Toolbox, follow_up: FollowUp, *, shown: bool) -> dict[str, int]:
    """Write the run down, let Prefect have one of the same, and work it."""
    run = None
    if shown:
        try:
            # No run of the deployment, which a running house, or a worker, would take up for itself.
            run = await begin_run(FLOWS[follow_up], f"{follow_up} by hand", tools.process)
        except (PrefectException, httpx.HTTPError):
            run = None
    number = await begin(tools, follow_up, None if run is None else run.id)
    where = f"Run {number} of {follow_up} broke off"
    try:
        worked = await work_run(tools, follow_up, number, run)
    except Broke as broke:
        raise FollowUpBroke(f"{where} ({broke}); what it did not do is still due.") from None
    if worked.state is not FollowUpState.DONE:
        raise FollowUpBroke(f"{where}; its run in Prefect says where, and what it did not do is still due.")
    return await counts_of(tools, number)
