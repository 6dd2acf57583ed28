"""The peers as they are measured: how each is started, spoken to and asked whether it is done."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.center import CannotBeMeasured
from benchmarks.meters import Groups, tree
from benchmarks.seal import plain, seal
from benchmarks.wire import Caller
from benchmarks.work import TRANSITIONS, Letter, Stages
from deployments.cluster import Cluster
from deployments.processes import end_child, free_port, last_lines, spawn

PYTHON: Final = Path(".venv-bench/bin/python")
START_SECONDS: Final = 90.0
_FINE: Final = range(200, 300)


class Peer:
    """One peer for the length of a round."""

    name: str
    #: Module that answers at the port it is told.
    module: str

    def __init__(self, folder: Path, cluster: Cluster, postmaster: int) -> None:
        """Name its folder, the PostgreSQL it works on, and that server's process."""
        self._folder, self._cluster, self._postmaster = folder / self.name, cluster, postmaster
        self._key = secrets.token_bytes(32)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._port = free_port()
        self._door = Caller(f"http://127.0.0.1:{self._port}")
        self._redis = ""

    async def start(self, agencies_url: str, stages: Stages) -> None:
        """Start it on a fresh database.

        Raises:
            CannotBeMeasured: Something it needs is not there, or it does not come up.
        """
        if not PYTHON.exists():
            raise CannotBeMeasured("the peers' packages are not installed: run 'make bench-setup'")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        await self._cluster.drop(f"bench_{self.name}")
        database = plain(await self._cluster.ensure(f"bench_{self.name}"))
        await self._start_servers()
        told = {
            "port": self._port,
            "agencies": agencies_url,
            "database": database,
            "redis": self._redis,
            "key": self._key.hex(),
            "stages": stages,
        }
        environment = {**os.environ, "BENCH_ORDERS": orjson.dumps(told).decode(), "PYTHONPATH": str(Path.cwd())}
        for what, command in self._programs().items():
            self._spawn(what, [PYTHON, "-m", *command], environment)
        await self._until(self._is_up)

    def _programs(self) -> Mapping[str, Sequence[str]]:
        return {"program": [f"benchmarks.peers.{self.module}"]}

    async def _start_servers(self) -> None:
        """Start what it stands on besides PostgreSQL."""

    def _spawn(self, what: str, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._children[what] = spawn(command, self._folder / f"{what}.log", environment)

    async def _until(self, up: Callable[[], Any]) -> None:
        give_up = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                if await up():
                    return
            for what, child in self._children.items():
                if child.poll() is not None or time.monotonic() > give_up:
                    raise CannotBeMeasured(
                        f"{self.name}: its {what} did not come up\n{last_lines(self._folder / f'{what}.log')}"
                    )
            await asyncio.sleep(0.1)

    async def _is_up(self) -> bool:
        return (await self._door.call("GET", "/settled?first=0&count=1", {}))[0] in _FINE

    async def stop(self) -> None:
        """Stop everything that was started, the last first."""
        self._door.close()
        for child in reversed(self._children.values()):
            everything = tree(child.pid)
            await end_child(child, [(signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)])
            for pid in everything - {child.pid}:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        self._children.clear()

    async def open(self, journey: int) -> None:
        """Open a journey."""
        await self._post(self._door, "/journeys", {}, orjson.dumps({"journey": journey}))

    def asks_staff(self, stage: int) -> bool:
        """Every peer goes on by itself."""
        del stage
        return False

    async def go_on(self, journey: int, stage: int) -> None:
        """Never asked for."""

    async def say(self, letter: Letter, event: str) -> None:
        """Say it, sealed, as often as is asked for."""
        body = orjson.dumps({"journey": letter.journey, "program": letter.program, "event": event})
        id_, seconds = f"{letter.key}-{event}", str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": seconds,
            "webhook-signature": seal(self._key, id_, seconds, body),
        }
        await self._post(self._door, "/webhooks", headers, body)

    async def _post(self, door: Caller, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        while True:
            status, answer = await door.call("POST", path, headers, body)
            if status in _FINE:
                return answer
            if status != 503:  # noqa: PLR2004 - busy
                raise RuntimeError(f"{self.name} refused: {status} {answer[:200]!r}")
            await asyncio.sleep(0.2)

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Letter | None:
        """Read what it asks of an agency."""
        told = orjson.loads(body)
        return Letter(
            journey=told["journey"],
            program=told["program"],
            referral=f"{told['journey']}-{told['program']}",
            agency=path.split("/")[2],
            key=headers.get("idempotency-key", ""),
        )

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether everything is done and nothing waits."""
        return bool((await self._ask("settled", journeys))["settled"])

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """Return what is wrong with what it has written."""
        return list((await self._ask("faults", journeys))["faults"])

    async def _ask(self, what: str, journeys: Sequence[int]) -> dict[str, Any]:
        _, answer = await self._door.call("GET", f"/{what}?first={journeys[0]}&count={len(journeys)}", {})
        return dict(orjson.loads(answer))

    def groups(self) -> Groups:
        """Return its processes."""
        own = {what: tree(child.pid) for what, child in self._children.items()}
        return {**own, "postgres": tree(self._postmaster), "load": {os.getpid()}}


class BareLoop(Peer):
    """asyncio, one transaction a group."""

    name = "bare_group"
    module = "bare"


class Dbos(Peer):
    """DBOS on the same PostgreSQL."""

    name = "dbos"
    module = "dbos_peer"


class CeleryWithRedis(Peer):
    """Celery: its door, its worker with a process a core, and Redis with its append-only file."""

    name = "celery"
    module = "celery_door"

    async def _start_servers(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise CannotBeMeasured("redis-server is not installed (Debian: apt install redis-server)")
        port = free_port()
        durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""]
        place = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._folder)]
        self._spawn("redis", [program, *place, *durable], os.environ)
        self._redis = f"redis://127.0.0.1:{port}/0"

    def _programs(self) -> Mapping[str, Sequence[str]]:
        work = "benchmarks.peers.celery_work"
        pool = ["--concurrency", str(os.cpu_count() or 1), "--loglevel", "WARNING"]
        return {**super()._programs(), "worker": ["celery", "--app", work, "worker", *pool]}


class Restate(Peer):
    """Restate: its server from the npm package, and Python handlers under uvicorn."""

    name = "restate"
    module = "restate_peer"
    server = Path(".ieum/restate/node_modules/@restatedev/restate-server-linux-x64/bin/restate-server")

    def __init__(self, folder: Path, cluster: Cluster, postmaster: int) -> None:
        """As its peers; its door is its server's own ingress."""
        super().__init__(folder, cluster, postmaster)
        self._ingress_port, self._admin_port, self._node_port = free_port(), free_port(), free_port()
        self._ingress = Caller(f"http://127.0.0.1:{self._ingress_port}")
        self._admin = Caller(f"http://127.0.0.1:{self._admin_port}")
        self._done: dict[int, int] = {}

    async def _start_servers(self) -> None:
        if not self.server.exists():
            raise CannotBeMeasured("the server is not installed: 'make bench-setup' gets it with npm, which is missing")
        self._done.clear()
        environment = {
            **os.environ,
            "RESTATE_BASE_DIR": str(self._folder / "data"),
            "RESTATE_NODE_NAME": "bench",
            "RESTATE_CLUSTER_NAME": "bench",
            "RESTATE_DEFAULT_NUM_PARTITIONS": "4",
            "RESTATE_DISABLE_TELEMETRY": "true",
            "RESTATE_LISTEN_MODE": "tcp",
            "RESTATE_LOG_FILTER": "warn",
            "RESTATE_BIND_ADDRESS": f"127.0.0.1:{self._node_port}",
            "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{self._node_port}",
            "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{self._ingress_port}",
            "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{self._admin_port}",
        }
        self._spawn("server", [self.server.resolve(), "--no-logo"], environment)

    async def _is_up(self) -> bool:
        """Make its handlers known to its server, which shows that both are there."""
        where = {"uri": f"http://127.0.0.1:{self._port}", "use_http_11": True, "force": True}
        headers = {"content-type": "application/json"}
        status, _ = await self._admin.call("POST", "/deployments", headers, orjson.dumps(where))
        return status in _FINE and (await self._ingress.call("GET", "/restate/health", {}))[0] in _FINE

    async def stop(self) -> None:
        """Stop everything that was started, the last first."""
        self._ingress.close()
        self._admin.close()
        await super().stop()

    async def open(self, journey: int) -> None:
        """Open a journey."""
        await self._post(self._ingress, f"/journey/{journey}/run/send", {}, b"")

    async def say(self, letter: Letter, event: str) -> None:
        """Say it at the ingress, with the webhook's id as its key."""
        body = orjson.dumps({"program": letter.program, "event": event})
        headers = {"content-type": "application/json", "idempotency-key": f"{letter.key}-{event}"}
        await self._post(self._ingress, f"/journey/{letter.journey}/hear/send", headers, body)

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether every workflow has returned."""
        for journey in journeys:
            if journey not in self._done:
                status, answer = await self._ingress.call("GET", f"/restate/workflow/journey/{journey}/output", {})
                if status not in _FINE:
                    return False
                self._done[journey] = int(answer)
        return True

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """Return which workflows heard too little; its journal keeps every step once."""
        due = TRANSITIONS - TRANSITIONS // 3
        return [f"journey {nth}: {self._done[nth]} words" for nth in journeys if self._done[nth] != due]


PEERS: Final[tuple[type[Peer], ...]] = (BareLoop, Dbos, CeleryWithRedis, Restate)
