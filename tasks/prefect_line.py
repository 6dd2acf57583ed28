"""The line to Prefect: what every flow of the house has in common, and one API client for the life of a process."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

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
    with _own_process(), SyncClientContext.get_or_create():
        async with AsyncClientContext.get_or_create():
            yield


@contextmanager
def _own_process() -> Generator[None]:
    """Keep what Prefect 3.8.8 would take of the process for as long as a flow runs (flow_engine.py).

    - SIGTERM (`capture_sigterm`), to end every open shift as crashed: a hall closes its shifts in order instead.
    - The event loop's thread, where the run is of a deployment (`observe_flow_run_suspension`): it waits for another
      thread, which asks the server until it gets an answer. Beside a server that is away, doors and desks would stand
      still for as long. So nobody watches whether a run is suspended in Prefect's UI; a follow-up takes seconds.
    """
    engine: Any = flow_engine
    taken = engine.capture_sigterm, engine.observe_flow_run_suspension
    engine.capture_sigterm, engine.observe_flow_run_suspension = nullcontext, _unobserved
    try:
        yield
    finally:
        engine.capture_sigterm, engine.observe_flow_run_suspension = taken


@contextmanager
def _unobserved(run: UUID, request: object) -> Generator[None]:
    del run, request
    yield
