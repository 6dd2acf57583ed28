"""The house on many machines, on one: every process that `deployments/compose.yaml` ships, as often as it ships it.

PostgreSQL is the private one, Redis is Debian's, started by hand; everything listens on loopback, keeps its files below
one folder and is ended by its process number, that of an earlier run that was cut off included.
"""

import asyncio
import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import asyncpg
import httpx
import orjson

from benchmarks.seal import plain
from deployments.cluster import Cluster
from deployments.occupied import Occupied, occupy
from deployments.postgres import PrivatePostgres
from deployments.processes import end, free_port, last_lines, run_whole
from settings import Settings
from tests.e2e.cluster import audit
from tests.e2e.cluster.balancer import Balancer
from tests.e2e.cluster.connected import Connected
from tests.e2e.cluster.earlier import NoSuchVersion, begin_with, runs_from
from tests.e2e.cluster.plan import HOW_MANY, Kind, Plan
from tests.e2e.cluster.process import Process
from tests.e2e.cluster.shipped import HOUSE, Shipped

DATABASE: Final = "cluster"
PREFECT_DATABASE: Final = "cluster_prefect"
#: Longer than any shift lingers in this test.
_LINGER_SECONDS: Final = 5
_LOOK_SECONDS: Final = 0.5
_PREFECT: Final = frozenset({Kind.REDIS, Kind.PREFECT_API, Kind.PREFECT_SERVICES})

Say = Callable[[str], None]


class CannotRun(Exception):  # noqa: N818 - it names what happened
    """Something is missing here, or does not come up; the text says what to do."""


class House:
    """All processes, for the length of an `async with` block."""

    def __init__(self, folder: Path, plan: Plan, say: Say) -> None:
        """Name the folder for everything that is written, and the plan."""
        self.folder, self.plan, self.say = folder, plan, say
        self.cluster = Cluster(Settings(state_folder=folder), say)
        #: The same server, to be stopped and started while the house works.
        self.postgres = PrivatePostgres(folder / "postgres")
        self.processes: list[Process] = []
        self.http = httpx.AsyncClient(timeout=5, trust_env=False)
        self.master_key, self.bearer = secrets.token_hex(32), secrets.token_urlsafe(32)
        self._prefect_template = f"prefect_{version('prefect').replace('.', '_')}"
        self._stack = AsyncExitStack()
        self._ports: set[int] = set()
        #: Where the code of the version lies that is begun with, if it is another.
        self._before = folder / "before"

    async def __aenter__(self) -> Self:
        """Start PostgreSQL and make both databases; the processes follow with `open`.

        Raises:
            CannotRun: Redis is not here, or the version to begin with cannot be had.
        """
        if self.plan.with_prefect and shutil.which("redis-server") is None:
            raise CannotRun("redis-server is not here; install it (Debian and Ubuntu: apt-get install redis-server)")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._stack.enter_context(occupy(self.folder / "lock", "cluster-test"))
        except Occupied:
            raise CannotRun(f"another run is at work in {self.folder}; wait for it, or end it with Ctrl-C") from None
        try:
            await self._end_leftovers()
            await self._stack.enter_async_context(self.cluster)
            self._stack.push_async_callback(self.http.aclose)
            for log in self.folder.glob("*.log"):
                log.unlink()
            for name in (DATABASE, PREFECT_DATABASE):
                await self.cluster.drop(name)
            self._stack.callback(shutil.rmtree, self._before, ignore_errors=True)
            await self._make_tables()
            async with self.connected() as connection:
                await audit.install(connection)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.close()
        finally:
            await self._stack.aclose()

    def connected(self, database: str = DATABASE) -> Connected:
        """Lend a connection of the reader's own."""
        return Connected(plain(self.cluster.url(database)))

    async def open(self) -> None:
        """Start every process and wait until each is ready.

        Raises:
            CannotRun: One does not come up.
        """
        self._lay_out()
        if self.plan.with_prefect:
            await self._make_prefect_database()
        self.say(f"starting {len(self.processes)} processes")
        for process in self.processes:
            process.start()
        self._remember()
        keeping = asyncio.create_task(self._keep())
        self._stack.callback(keeping.cancel)
        took = await asyncio.gather(*(process.ready(self.http) for process in self.processes))
        for process, seconds in zip(self.processes, took, strict=True):
            if seconds is None:
                raise CannotRun(f"{process.name} does not come up; see {process.log}\n{process.last_words()}")
        self.say(f"all are ready after {max(seconds or 0 for seconds in took):.0f} s")

    async def close(self) -> dict[str, int | None]:
        """End every process in order, those first that lean on others; return the exit codes."""
        codes: dict[str, int | None] = {}
        for kind in (Kind.DOORS, Kind.DESKS, Kind.PREFECT_SERVICES, Kind.PREFECT_API, Kind.REDIS):
            some = self.all_of(kind)
            ended = await asyncio.gather(*(process.end() for process in some))
            codes |= {process.name: code for process, code in zip(some, ended, strict=True)}
        self.processes = []
        (self.folder / "pids").unlink(missing_ok=True)
        return codes

    def all_of(self, kind: Kind) -> list[Process]:
        """Return the processes of a kind."""
        return [process for process in self.processes if process.kind is kind]

    async def wipe_prefect(self) -> None:
        """Put an empty database in the place of Prefect's, under its servers."""
        await self.cluster.drop(PREFECT_DATABASE)
        await self.cluster.ensure(PREFECT_DATABASE, self._prefect_template)

    def moved(self, process: Process) -> None:
        """Start a process of the earlier version again, as one of this version."""
        process.environment = runs_from(HOUSE, process.environment)
        self.restarted(process)

    def restarted(self, process: Process) -> None:
        """Start a process again and remember its number."""
        process.start()
        self._remember()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            before = [process.child for process in self.processes]
            for process in self.processes:
                process.look()
            if before != [process.child for process in self.processes]:
                self._remember()

    def _lay_out(self) -> None:
        redis, balanced = self._port(), self._port()
        apis = [self._port() for _ in range(HOW_MANY[Kind.PREFECT_API])]
        self._balanced = Balancer(balanced, apis)
        for kind, count in HOW_MANY.items():
            if kind in _PREFECT and not self.plan.with_prefect:
                continue
            for nth in range(count):
                self.processes.append(self._process(kind, nth, redis, balanced, apis))

    def _process(self, kind: Kind, nth: int, redis: int, balanced: int, apis: list[int]) -> Process:
        own = self.folder / f"{kind}-{nth + 1}"
        own.mkdir(exist_ok=True, mode=0o700)
        shipped = self._shipped(own, redis, balanced)
        process = Process(kind, nth, self.folder, self._command(kind, nth, shipped, redis, apis))
        port = self._port()
        process.environment = self._bare() | shipped.environment(kind) | {"PREFECT_HOME": str(own / "home")}
        match kind:
            case Kind.DOORS | Kind.DESKS:
                process.environment |= {
                    "IEUM_DOOR_PORT": str(port),
                    "IEUM_LINGER_SECONDS": str(_LINGER_SECONDS),
                    "CLUSTER_PLANT": self.plan.plant,
                }
                if self.plan.from_revision:
                    process.environment = runs_from(self._before, process.environment)
                process.ready_url = f"http://127.0.0.1:{port}/health/ready"
                process.says = "The desks are manned" if kind is Kind.DESKS else "The doors are open"
            case Kind.PREFECT_API:
                process.ready_url = f"http://127.0.0.1:{apis[nth]}/api/health"
            case _:
                pass
        return process

    def _command(self, kind: Kind, nth: int, shipped: Shipped, redis: int, apis: list[int]) -> list[str | Path]:
        bin_ = Path(sys.executable).parent
        program, *words = shipped.command(kind)
        match kind:
            case Kind.REDIS:
                where = ["--port", str(redis), "--bind", "127.0.0.1", "--dir", str(self.folder), "--daemonize", "no"]
                return [program, *words, *where]
            case Kind.PREFECT_API:
                swapped = {"4200": str(apis[nth]), "0.0.0.0": "127.0.0.1"}  # noqa: S104 - what is swapped out
                return [bin_ / program, *(swapped.get(word, word) for word in words)]
            case Kind.DOORS | Kind.DESKS if self.plan.plant:
                return [sys.executable, "-m", "tests.e2e.cluster.planted", *words]
            case _:
                return [bin_ / program, *words]

    def _shipped(self, own: Path, redis: int, balanced: int) -> Shipped:
        values = {
            "IEUM_DATABASE_URL": self.cluster.url(DATABASE),
            "IEUM_MASTER_KEY": self.master_key,
            "IEUM_API_TOKENS": orjson.dumps({"front-desk": self.bearer}).decode(),
            "IEUM_PREFECT_AUTH": f"admin:{self.bearer}",
            "PREFECT_DATABASE_URL": self.cluster.url(PREFECT_DATABASE),
        }
        places = {
            "redis://redis:6379": f"redis://127.0.0.1:{redis}",
            "http://prefect-api:4200": f"http://127.0.0.1:{balanced}",
            "/var/lib/ieum": str(own),
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - what is swapped out
        }
        return Shipped(values, places)

    def _bare(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
        return inherited | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(HOUSE)}

    async def _make_tables(self) -> None:
        """Make the tables of the version that is begun with, by its own command."""
        if not self.plan.from_revision:
            await self.cluster.migrated(DATABASE)
            return
        await self.cluster.ensure(DATABASE)
        log, environment = self.folder / "migrate.log", self._bare() | {"IEUM_DATABASE_URL": self.cluster.url(DATABASE)}
        try:
            named = await begin_with(self.plan.from_revision, self._before, environment, log)
        except NoSuchVersion as cannot:
            raise CannotRun(str(cannot)) from None
        self.say(f"doors and desks begin as they were at {named}")

    async def _make_prefect_database(self) -> None:
        """Copy an empty database with Prefect's tables; its own command makes the first."""
        await self._stack.enter_async_context(self._balanced)
        with suppress(asyncpg.PostgresError):
            await self._copy_prefect_database()
            return
        self.say("Prefect makes its tables, once (half a minute)")
        making = f"{self._prefect_template}_making"
        await self.cluster.drop(making)
        url = await self.cluster.ensure(making)
        shipped = self._shipped(self.folder, 0, 0)
        environment = (
            self._bare() | shipped.environment("prefect-migrate") | {"PREFECT_HOME": str(self.folder / "home")}
        )
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = url
        program, *words = shipped.command("prefect-migrate")
        set_here = [f"{name}={value}" for name, value in environment.items()]
        log = self.folder / "prefect-migrate.log"
        if await run_whole(["/usr/bin/env", *set_here, Path(sys.executable).parent / program, *words], log) != 0:
            raise CannotRun(f"Prefect's tables could not be made; see {log}\n{last_lines(log)}")
        async with self.connected("postgres") as connection:
            await connection.execute(f'ALTER DATABASE "{making}" RENAME TO "{self._prefect_template}"')
        await self._copy_prefect_database()

    async def _copy_prefect_database(self) -> None:
        async with self.connected("postgres") as connection:
            await connection.execute(f'CREATE DATABASE "{PREFECT_DATABASE}" TEMPLATE "{self._prefect_template}"')

    def _port(self) -> int:
        port = free_port()
        while port in self._ports:
            port = free_port()
        self._ports.add(port)
        return port

    def _remember(self) -> None:
        pids = [str(process.child.pid) for process in self.processes if process.child is not None]
        (self.folder / "pids").write_text(" ".join(pids), encoding="ascii")

    async def _end_leftovers(self) -> None:
        """End what a run left behind that could not end it: by number, and only where it is ours."""
        with suppress(FileNotFoundError):
            for pid in (self.folder / "pids").read_text(encoding="ascii").split():
                await end(int(pid), str(self.folder), [(signal.SIGKILL, 5.0)])
