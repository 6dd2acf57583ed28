"""The stage of a simulation: a fresh database beside the others, a toolbox on the simulation's clock, and one year."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import catalog
from deployments.cluster import Cluster
from deployments.progress import Say
from deployments.safe import open_safe
from deployments.simulation.clock import SteppedClock
from deployments.simulation.year import Year
from models.counting import SEOUL
from models.database import open_engine
from settings import Settings
from tasks.linkage import LinkageReport, report
from tasks.still_owed import without_a_step_ahead
from tasks.toolbox import Toolbox, use


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is simulated."""

    clients: int
    days: int
    seed: int
    first: date

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=self.days - 1)


@asynccontextmanager
async def staged(settings: Settings, setup: Setup, database: str, say: Say) -> AsyncGenerator[tuple[Year, Toolbox]]:
    """Give a year that has not begun, on a fresh database of this name; it is dropped at the end.

    Raises:
        PostgresError, DatabaseAway: The database cannot be had.
    """
    # Prefect is imported with the desks; a simulation shows nothing there.
    from deployments.tools import lay_out  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(Cluster(settings, say))
        folder = settings.state_folder / "simulate"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{cluster.main}_{database}"
        template = await cluster.template(folder)
        await cluster.drop(name)
        stack.push_async_callback(cluster.drop, name)
        clock = SteppedClock(datetime.combine(setup.first, time(), SEOUL))
        tools = lay_out(
            settings,
            # It is thrown away at the end: no commit waits for the disk.
            open_engine(await cluster.ensure(name, template), durable=False),
            master_key=open_safe(settings).master_key,
            catalog=catalog.load(),
            clock=clock,
            linger_seconds=0,
        )
        stack.push_async_callback(tools.aclose)
        use(tools)
        stack.callback(use, None)
        yield (
            Year(tools, clock, seed=setup.seed, clients=setup.clients, first=setup.first, days=setup.days),
            tools,
        )


async def closing_report(tools: Toolbox, setup: Setup) -> LinkageReport:
    """Return the report of everything that was simulated, as of the last moment of the last day.

    Whether a referral is lost sight of is asked twice: of the agenda, and of each referral's own deadlines.
    """
    ends = datetime.combine(setup.last, time(23, 59, 59), SEOUL)
    counted = await report(tools.engine, tools.catalog, setup.first, setup.last, ends)
    return counted.also_orphaned(await without_a_step_ahead(tools.engine, tools.catalog, ends))
