"""The ground: the servers and child processes that stand as long as one `ieum` command runs.

PostgreSQL first; then the Prefect server, which takes longest, and beside it everything that does not need it.
Whatever was started is stopped in reverse, on success, error and Ctrl-C alike.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Final

import catalog
from deployments.cluster import Cluster
from deployments.occupied import occupy
from deployments.prefect_server import DESKS, SILENT, PrefectServer
from deployments.pretend import PretendAgencies
from deployments.processes import free_port
from deployments.progress import Say, step
from deployments.safe import open_safe
from deployments.standing import Standing
from settings import Settings

#: The last port a remembered one is looked for under, so that `demo` never takes the port of `up`.
LOOPBACK: Final = "127.0.0.1"


class NotInProduction(Exception):  # noqa: N818
    """Pretend agencies may not touch the database of real people; the text is one sentence with the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall stand.

    Attributes:
        name: The command; its files lie in the state folder under this name.
        prefect: Whether shifts are Prefect flow runs.
        sandbox: Whether the pretend agencies play.
        scripted: Whether they answer by themselves.
        sole: Whether only one such command may run at a time.
        own_port: Whether the doors take a free port of their own instead of the settings'.
        follow_ups: Whether the follow-ups run, each at its hour.
    """

    name: str
    prefect: bool
    sandbox: bool
    scripted: bool = False
    sole: bool = True
    own_port: bool = False
    follow_ups: bool = False


class Ground(Standing):
    """What one command stands on, for the length of an `async with` block."""

    def __init__(self, settings: Settings, plan: Plan, say: Say) -> None:
        """Plan it; nothing is started yet."""
        super().__init__()
        self.settings = settings
        self.plan = plan
        self.say = say
        self.folder = (settings.state_folder / plan.name).resolve()
        self.catalog = catalog.load()
        self.safe = open_safe(settings)
        self.cluster = Cluster(settings, say)
        self.prefect: PrefectServer | None = None
        self.sandbox: PretendAgencies | None = None
        self.door_port = free_port() if plan.own_port else settings.door_port

    @property
    def door_host(self) -> str:
        """Where the doors listen: as set, but a command with a port of its own stays on loopback."""
        return LOOPBACK if self.plan.own_port else self.settings.door_host

    @property
    def door_url(self) -> str:
        """Where the doors are reached on this machine."""
        host = LOOPBACK if self.door_host in {"0.0.0.0", "::"} else self.door_host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.door_port}"

    async def _build(self) -> None:
        """Start everything that was planned.

        Raises:
            NotInProduction: pretend agencies were planned.
            Occupied: the same command runs already.
            PostgresError, DatabaseAway, PrefectServerError, SandboxError: that part cannot be had.
        """
        if self.plan.sandbox and self.settings.environment == "production":
            raise NotInProduction(
                "Pretend agencies do not play in production; unset IEUM_ENVIRONMENT and try elsewhere."
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.plan.sole:
            self._stack.enter_context(occupy(self.folder / "lock", self.plan.name))
        await self._stack.enter_async_context(self.cluster)
        await _together(self._start_prefect(), self._start_sandbox())

    async def _start_prefect(self) -> None:
        named = self.settings.prefect_api_url
        if not self.plan.prefect or named is not None:
            auth = self.settings.prefect_auth
            _enter({
                "PREFECT_HOME": str(self.folder / "prefect-home"),
                "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
                **({"PREFECT_API_URL": named} if named and self.plan.prefect else {}),
                **({"PREFECT_API_AUTH_STRING": auth.get_secret_value()} if auth and self.plan.prefect else {}),
            })  # fmt: skip
            importlib.import_module("flows.hall")
            return
        suffix = "" if self.plan.name == "up" else f"_{self.plan.name}"
        database = await self.cluster.ensure(f"{self.cluster.main}_prefect{suffix}")
        self.prefect = PrefectServer(self.folder / "prefect", database, self.settings.prefect_port)
        self._stack.push_async_callback(self._stop_prefect, self.prefect)
        with step(self.say, "The Prefect server is up"):
            await self.prefect.launch()
            # Prefect reads its settings when it is imported, which takes two seconds that the server needs anyway.
            self.prefect.enter(os.environ)
            importlib.import_module("flows.hall")
            await self.prefect.until_healthy(self.say)

    async def _stop_prefect(self, server: PrefectServer) -> None:
        await hand_over_logs()
        await server.stop()
        self.say("The Prefect server has stopped")

    async def _start_sandbox(self) -> None:
        if not self.plan.sandbox:
            return
        sandbox = PretendAgencies(self.folder, self.catalog, self.door_url, scripted=self.plan.scripted)
        with step(self.say, "The pretend agencies are up"):
            self.sandbox = await self._stack.enter_async_context(sandbox)


def _enter(settings: dict[str, str]) -> None:
    """Set Prefect's environment for this process, without whatever PREFECT_* leaked in."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    os.environ.update({**SILENT, **DESKS, **settings})


async def hand_over_logs() -> None:
    """Let Prefect's own threads hand over what they still hold, before the server goes."""
    if "flows.hall" not in sys.modules:
        return
    from prefect.events.worker import EventsWorker  # noqa: PLC0415
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

    for worker in (APILogWorker, EventsWorker):
        await asyncio.to_thread(worker.drain_all, timeout=5)


async def _together(*parts: Coroutine[object, object, None]) -> None:
    """Run all at once; the first error ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
