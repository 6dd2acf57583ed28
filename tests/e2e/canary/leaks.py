"""The planted leaks: real flows on a real Prefect server that put a canary each where Prefect keeps things."""

import base64
import gzip
import json
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import Final, cast

from prefect import flow, tags, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.filesystems import LocalFileSystem
from prefect.logging import get_run_logger
from prefect.states import Completed
from prefect.variables import Variable

from tests.e2e.canary.markers import Canary

#: Kind of leak by the string that is planted there.
PLANTED: Final = {
    kind: Canary(kind, f"심은 씨앗 {nth:02d} {kind}")
    for nth, kind in enumerate(
        (
            "flow parameter",
            "task parameter in a log line",
            "log line",
            "printed line",
            "exception message",
            "run name",
            "tag",
            "artifact",
            "pickled result",
            "base64 in a log line",
            "zip in a variable",
            "event payload",
            "state message",
            "file name",
            "log file",
        )
    )
}


def _said(kind: str) -> str:
    return PLANTED[kind].text


@task(persist_result=False)
async def leaking_task(words: str) -> None:
    """Say what one was given."""
    get_run_logger().info("working on %s", words)


@flow(name="leaking", flow_run_name="about {name}", log_prints=True, persist_result=False)
async def leaking(words: str, name: str) -> None:
    """Leak in every ordinary way that does not end the run."""
    del words, name
    logger = get_run_logger()
    logger.warning(_said("log line"))
    print(_said("printed line"))  # noqa: T201 - Prefect keeps what is printed
    logger.info("sealed: %s", base64.urlsafe_b64encode(_said("base64 in a log line").encode()).decode())
    await leaking_task(_said("task parameter in a log line"))
    await acreate_markdown_artifact(_said("artifact"), key="leaking")
    emit_event("leaking.happened", resource={"prefect.resource.id": "leaking"}, payload={"why": _said("event payload")})


@flow(name="raising", persist_result=False)
async def raising() -> None:
    """Raise with a client in the text."""
    raise LookupError(_said("exception message"))


async def leak_everything(home: Path) -> None:
    """Plant every kind once."""
    with tags(_said("tag")):
        await leaking(_said("flow parameter"), _said("run name"))
    await _final_state(raising(return_state=True))
    storage = LocalFileSystem(basepath=str(home / "storage"))
    await storage.asave("leaking-results", overwrite=True)

    @flow(name="keeping", persist_result=True, result_storage=storage)
    async def keeping() -> dict[str, str]:
        return {"client": _said("pickled result")}

    await keeping()
    zipped = base64.b64encode(gzip.compress(_said("zip in a variable").encode())).decode()
    await Variable.aset("leaking", zipped, overwrite=True)
    await _set_state_message()
    (home / f"{_said('file name')}.txt").touch()
    (home / "some.log").write_text(json.dumps({"line": _said("log file")}), encoding="ascii")
    logging.getLogger(__name__).debug("planted")


async def _final_state(running: object) -> State[object]:
    """Await a flow called with `return_state=True`, which Prefect types as if it were no coroutine."""
    return await cast("Awaitable[State[object]]", running)


async def _set_state_message() -> None:
    state = await _final_state(leaking_nothing(return_state=True))
    run = state.state_details.flow_run_id
    assert run is not None
    async with get_client() as prefect:
        await prefect.set_flow_run_state(run, Completed(message=_said("state message")), force=True)


@flow(name="leaking-nothing", persist_result=False)
async def leaking_nothing() -> None:
    """Do nothing."""
