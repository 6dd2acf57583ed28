"""The pretend agencies: the sandbox as a child process, and how this installation is connected to it."""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Direction, Keyring
from agencies.mailbox import written
from agencies.post import MailServer
from catalog import Catalog
from deployments.processes import (
    LOOK_SECONDS,
    Signals,
    end,
    end_child,
    free_port,
    last_lines,
    remembered_number,
    spawn,
)
from deployments.safe import pretend_keys
from models.agency import Agency
from tasks.toolbox import Clock

START_SECONDS: Final = 20.0
_SIGNALS: Final[Signals] = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
DIRECTIONS: Final[tuple[Direction, ...]] = ("inbound", "outbound")


class SandboxError(Exception):
    """The sandbox cannot be used; the text is one sentence with the remedy, then its last log lines."""


class PretendAgencies:
    """Every agency of the catalog in one child process, for the length of an `async with` block."""

    def __init__(self, folder: Path, catalog: Catalog, door_url: str, *, scripted: bool = False) -> None:
        """Name the folder for keys and log, and where the agencies find our doors."""
        self._folder = folder
        self._door = door_url
        self._scripted = scripted
        self._codes = sorted(agency.code for agency in catalog.agencies.values() if agency.protocol == "webhook")
        self._mailboxes = {
            agency.code: written(agency.mailbox)
            for agency in sorted(catalog.agencies.values(), key=lambda agency: agency.code)
            if agency.protocol == "mail" and agency.mailbox is not None
        }
        #: Where their mailboxes take mail.
        self.mail_port = 0
        self._keys_file = folder / "sandbox-keys.json"
        self._log = folder / "sandbox.log"
        self._child: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.control = httpx.AsyncClient()

    async def __aenter__(self) -> Self:
        """Start the sandbox and wait until it answers; one that a crash left behind is ended first.

        Raises:
            SandboxError: it ended or stayed silent.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        left_behind = remembered_number(self._folder / "sandbox.pid")
        if left_behind is not None and not await end(left_behind, str(self._keys_file), _SIGNALS):
            raise SandboxError(f"The sandbox (process {left_behind}) does not end; end it and start again.")
        self._keys = pretend_keys(self._keys_file, self._codes)
        port = free_port(remembered_number(self._folder / "sandbox.port"))
        (self._folder / "sandbox.port").write_text(str(port), encoding="ascii")
        self.mail_port = free_port(remembered_number(self._folder / "sandbox.mail-port"))
        (self._folder / "sandbox.mail-port").write_text(str(self.mail_port), encoding="ascii")
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "--port",
            str(port),
            "--door",
            self._door,
            "--keys",
            self._keys_file,
            "--mail-port",
            str(self.mail_port),
        ]
        self.url = f"http://127.0.0.1:{port}"
        await self.control.aclose()
        self.control = httpx.AsyncClient(base_url=f"{self.url}/control", timeout=60, trust_env=False)
        self._child = spawn([*command, *(["--scripted"] if self._scripted else [])], self._log)
        try:
            (self._folder / "sandbox.pid").write_text(str(self._child.pid), encoding="ascii")
            await self._until_healthy(self._child)
        except BaseException:
            # Ctrl-C may come just now, and nobody else knows of the child yet.
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the sandbox."""
        await self.control.aclose()
        if self._child is not None:
            if not await end_child(self._child, _SIGNALS):
                raise SandboxError(f"The sandbox (process {self._child.pid}) does not end; end it and start again.")
            self._child = None

    async def connect(self, engine: AsyncEngine, keyring: Keyring, clock: Clock) -> None:
        """Make a database's agencies those of this sandbox: their addresses, and keys in both directions.

        Keys that the database holds already stay; a second run adds nothing.
        """
        endpoints = {code: f"{self.url}/agencies/{code}/referrals" for code in self._codes} | self._mailboxes
        async with engine.begin() as connection:
            for code, url in endpoints.items():
                row = {"code": code, "url": url, "added_at": clock()}
                statement = insert(Agency).values(row)
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=["code"], set_={"url": statement.excluded.url})
                )
                for direction in DIRECTIONS if code in self._codes else ():
                    if not await keyring.keys(connection, code, direction, clock()):
                        await keyring.add(connection, code, direction, self._keys[code][direction], clock())

    @property
    def mail_server(self) -> MailServer:
        """The server their mail arrives by."""
        return MailServer(host="127.0.0.1", port=self.mail_port, tls="none", sender="ieum@center.example")

    async def _until_healthy(self, child: "subprocess.Popen[bytes]") -> None:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up and child.poll() is None:
            try:
                if (await self.control.get("/health")).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(LOOK_SECONDS)
        raise SandboxError(f"The sandbox did not start; see {self._log}.\n{last_lines(self._log)}")
