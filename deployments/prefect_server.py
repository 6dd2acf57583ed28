"""The Prefect server: a child process on loopback, with its own database, our settings, and no calls home.

What Prefect 3.8.8 would send over the network, read in its source on 2026-11-22, and how it is kept from it:

- a heartbeat every ten minutes to Prefect's makers (server) - `PREFECT_SERVER_ANALYTICS_ENABLED=false`;
- usage events to Amplitude from whatever imports `prefect` - `DO_NOT_TRACK=1`;
- resource metrics of flow runs - `PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS=false`;
- what the UI's own pages ask of others through the visitor's browser - `deployments.prefect_pages`;
- the page `/docs` (not the UI) loads its script from a CDN when somebody opens it: no setting turns that off.

Prefect has no users. Without a password every web page that a member of staff visits could read its API through their
browser, so the server asks for one (user `admin`, generated password); the UI asks once and remembers.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Final

import httpx

from deployments.prefect_pages import forbid_calls_home
from deployments.processes import (
    Signals,
    end,
    end_child,
    free_port,
    last_lines,
    remembered_number,
    remembered_secret,
    spawn,
)
from tasks.nowhere import RESULTS

#: A cold machine needs 15 to 40 seconds for imports and migrations.
START_SECONDS: Final = 120.0

#: Seconds between two questions to a starting server.
ASK_SECONDS: Final = 0.25

#: Both ends: silence toward the makers.
SILENT: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}

#: The server: batches, which lower its CPU time per task from 32 ms to about 5 ms.
BATCHES: Final = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "50",
}

#: The desks: never wait for a Prefect that is away, and never write a result to disk.
DESKS: Final = {
    "PREFECT_CLIENT_MAX_RETRIES": "0",
    # The check asks with a blocking client: the doors beside it would stand still while Prefect is away.
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
    # A server that hangs is one that is away: a shift waits so long for it (60 s by default), then goes on without.
    "PREFECT_API_REQUEST_TIMEOUT": "10",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
    "PREFECT_RESULTS_LOCAL_STORAGE_PATH": RESULTS,
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


class PrefectServerError(Exception):
    """The Prefect server cannot be used; the text is one sentence with the remedy, then its last log lines."""


class PrefectServer:
    """One Prefect server whose files lie in `folder` (`home/`, `ui/`, `password`, `port`, `pid`, `server.log`)."""

    def __init__(self, folder: Path, database_url: str, port: int | None = None) -> None:
        """Name the folder, the server's own database (`postgresql+asyncpg://…`), and a port (None: any free one)."""
        self.folder = folder.resolve()
        self.home = self.folder / "home"
        self.log = self.folder / "server.log"
        self._pages = self.folder / "ui"
        self._database_url = database_url
        self._port = port
        self._child: subprocess.Popen[bytes] | None = None
        self._answered = False

    @property
    def ui_url(self) -> str:
        """The address for the browser; log in there with `login`."""
        return f"http://127.0.0.1:{remembered_number(self.folder / 'port')}"

    @property
    def api_url(self) -> str:
        """The address for Prefect's own client."""
        return f"{self.ui_url}/api"

    @property
    def login(self) -> str:
        """What the UI's login page asks for, `admin:PASSWORD`; show it in a terminal, never in a log."""
        return f"admin:{remembered_secret(self.folder / 'password')}"

    async def start(self, progress: Callable[[str], None] = lambda _: None) -> str:
        """Start the server and wait until it answers; return its API address.

        `progress` is called with a short sentence now and then. A server that a crash left behind is ended first.

        Raises:
            PrefectServerError: the port is taken, or the server ended or stayed silent for two minutes.
        """
        await self.launch()
        await self.until_healthy(progress)
        return self.api_url

    async def launch(self) -> None:
        """Start the server without waiting for its answer; its address and `client_settings` hold from now on.

        Raises:
            PrefectServerError: the port is taken, or a server that a crash left behind does not stop.
        """
        await self.stop()
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        port = free_port(self._port or remembered_number(self.folder / "port"))
        if self._port not in (None, port):
            taken = f"Port {self._port} for the Prefect server is taken"
            raise PrefectServerError(f"{taken}; stop what listens there, or name another port")
        (self.folder / "port").write_text(str(port), encoding="ascii")
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        self._child, self._answered = spawn(command, self.log, self._server_environment(port)), False
        (self.folder / "pid").write_text(str(self._child.pid), encoding="ascii")

    async def stop(self) -> None:
        """Stop the server: politely, then for good; quiet when it is not running.

        Raises:
            PrefectServerError: the process would not go.
        """
        steps = [(signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)]
        if self._child is None or self._answered:
            # SIGINT is what uvicorn answers by closing its connections and ending with 0. Before there is a uvicorn,
            # whatever is being imported may swallow it.
            steps = [(signal.SIGINT, 10.0), *steps]
        await self._end(steps)

    async def kill(self) -> None:
        """End the server as a crash would (SIGKILL)."""
        await self._end([(signal.SIGKILL, 10.0)])

    def client_settings(self) -> dict[str, str]:
        """Give the environment of a process that runs flows; it must be set *before* `prefect` is imported."""
        return {
            **SILENT,
            **DESKS,
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api_url,
            "PREFECT_API_AUTH_STRING": self.login,
        }

    def enter(self, environment: MutableMapping[str, str]) -> None:
        """Put `client_settings` into `environment` and take out every other PREFECT_* name that leaked in."""
        for name in [name for name in environment if name.startswith("PREFECT_")]:
            del environment[name]
        environment.update(self.client_settings())

    def _server_environment(self, port: int) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return {
            **inherited,
            **SILENT,
            **BATCHES,
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": self._database_url,
            "PREFECT_SERVER_API_AUTH_STRING": self.login,
            # Its own loopback client (services, UI settings) speaks to itself with the same password.
            "PREFECT_API_AUTH_STRING": self.login,
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port},http://localhost:{port}",
            "PREFECT_SERVER_UI_ENABLED": "true",
            # A copy of our own; by default it lies among the installed packages.
            "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(self._pages),
            # Its default names port 4200 whatever port the server has.
            "PREFECT_SERVER_UI_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
        }

    async def until_healthy(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Wait until the launched server answers.

        Raises:
            PrefectServerError: it ended, or stayed silent for two minutes.
        """
        began = told = time.monotonic()
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as asker:
            while time.monotonic() - began < START_SECONDS:
                if self._child is None or self._child.poll() is not None:
                    raise self._failure("The Prefect server stopped while starting")
                try:
                    if (await asker.get(f"{self.api_url}/health")).is_success:
                        self._answered = True
                        forbid_calls_home(self._pages)
                        return
                except httpx.HTTPError:
                    pass
                if time.monotonic() - told > 5:  # noqa: PLR2004 - a sign of life every five seconds
                    told = time.monotonic()
                    progress(f"Prefect server: starting for {told - began:.0f} s (the first start makes its tables)")
                await asyncio.sleep(ASK_SECONDS)
        failure = self._failure(f"The Prefect server did not answer within {START_SECONDS:.0f} seconds")
        await self.stop()
        raise failure

    async def _end(self, steps: Signals) -> None:
        if self._child is not None:
            if not await end_child(self._child, steps):
                raise self._failure(f"The Prefect server (process {self._child.pid}) does not stop")
            self._child = None
        pid = remembered_number(self.folder / "pid")
        if pid is not None and not await end(pid, str(self.home), steps):
            raise self._failure(f"The Prefect server (process {pid}) does not stop")

    def _failure(self, what: str) -> PrefectServerError:
        password = self._database_url.rpartition("@")[0].rpartition(":")[2]
        said = last_lines(self.log, secret=password)
        return PrefectServerError(f"{what}; see {self.log}, or run 'ieum doctor'.\n{said}")
