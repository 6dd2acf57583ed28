"""The line to Prefect: what every flow of the house has in common, and one API client for the life of a process."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import ParamSpec, TypeVar

from prefect import Flow, flow, flow_engine
from prefect.context import AsyncClientContext, SyncClientContext

from tasks.nowhere import RESULTS

P = ParamSpec("P")
R = TypeVar("R")


def our_flow(name: str, name_of_run: Callable[[], str]) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Make a flow whose results are kept nowhere, and which never asks Prefect where else.

    For a flow that names no place, Prefect 3.8.8 asks its server for one with a *blocking* call as each run begins
    (flow_engine.py, `begin_run`; results.py, `_get_default_result_storage`): beside a server that hangs, the doors and
    all other desks of the process would stand still until the call gives up.

    Args:
        name: Of the flow, as Prefect lists it.
        name_of_run: Called inside each run.
    """
    return flow(
        name=name,
        flow_run_name=name_of_run,
        persist_result=False,
        result_storage=Path(RESULTS),
        validate_parameters=False,
    )


@asynccontextmanager
async def shared_client(*, shown: bool = True) -> AsyncGenerator[None]:
    """Let every flow and task called in this block share one API client (measured: twice the throughput).

    By default each flow would open its own.

    Args:
        shown: Whether there is a Prefect server at all; without one the block has nothing to share.
    """
    if not shown:
        yield
        return
    with _own_sigterm(), SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create():
            yield


@contextmanager
def _own_sigterm() -> Generator[None]:
    """Keep SIGTERM with the process that runs the hall.

    Prefect 3.8.8 takes it for as long as a flow runs, and ends every open shift as crashed (flow_engine.py,
    `capture_sigterm`). A hall closes its shifts in order instead.
    """
    taken = flow_engine.capture_sigterm  # pyright: ignore[reportPrivateImportUsage]
    flow_engine.capture_sigterm = nullcontext  # pyright: ignore[reportPrivateImportUsage]
    try:
        yield
    finally:
        flow_engine.capture_sigterm = taken  # pyright: ignore[reportPrivateImportUsage]
