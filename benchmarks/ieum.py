"""Ieum as it is measured: `ieum up` on the PostgreSQL it is given, met through doors of a process of their own.

So docs/operations.md advises where more than a few clients walk in: with doors and desks apart, two cores are used.
"""

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson
from sqlalchemy.dialects.postgresql import insert

import catalog
from agencies.keyring import Keyring
from benchmarks.away import one_agency_away
from benchmarks.center import CannotBeMeasured
from benchmarks.client import FAR_OFFICE, LEGS, intake, is_far, number_of
from benchmarks.meters import Groups, cpu_seconds, titled, tree
from benchmarks.seal import plain, seal
from benchmarks.seeding import is_seeded, seed
from benchmarks.self_check import faults_in
from benchmarks.wire import Caller
from benchmarks.work import OUTCOMES, PROGRAMS, Letter, Stages
from deployments.cluster import Cluster
from deployments.processes import end_child, free_port, last_lines, spawn
from deployments.safe import fresh_webhook_secret
from models.agency import Agency, AgencyKey
from models.columns import table_of
from models.counting import day_of
from models.database import close_engine, open_engine

#: Its database; with journeys that are open already, their number stands behind.
DATABASE: Final = "bench_ieum"
START_SECONDS: Final = 150.0
_REQUESTED: Final = "ieum.referral.requested.v1"
_AGAIN: Final = frozenset({429, 503})
_STALE_SECONDS: Final = 300

#: What `ieum up` says when nothing of its own beginning is left but the follow-ups it has missed.
_DEPLOYED: Final = "are deployed ("
_CALM_LOOKS: Final = 5

_FOLLOW_UPS: Final = "SELECT EXISTS (SELECT 1 FROM follow_up_run WHERE state = 'open')"
_SHIFTS: Final = "SELECT EXISTS (SELECT 1 FROM shift WHERE state = 'open')"
_DONE: Final = """
SELECT (SELECT count(*) FROM referral JOIN journey ON journey.id = referral.journey_id
        WHERE journey.number = ANY($1::text[]) AND referral.state = 'completed')
"""
_WAITS: Final = """
SELECT EXISTS (SELECT 1 FROM inbox_event WHERE fate = 'waiting')
    OR EXISTS (SELECT 1 FROM letter WHERE state = 'waiting' AND next_attempt_at <= now() AND agency <> $1)
"""


class Ieum:
    """One center of the product, for the length of a round."""

    name = "ieum"

    def __init__(self, folder: Path, cluster: Cluster, postmaster: int, *, open_already: int = 0) -> None:
        """Name its folder, the PostgreSQL it works on, that server's process, and what is open before it begins."""
        self._folder, self._cluster, self._postmaster = folder / "ieum", cluster, postmaster
        self._open_already = open_already
        self._database = f"{DATABASE}_{open_already}" if open_already else DATABASE
        self._stages: Stages = ()
        self._numbers: dict[int, str] = {}
        #: `ieum up`, then `ieum doors`.
        self._running: list[subprocess.Popen[bytes]] = []
        self._door: Caller | None = None
        self._reader: asyncpg.Connection[Any] | None = None
        self._bearer = secrets.token_urlsafe(32)
        self._keys: dict[str, dict[str, bytes]] = {}

    async def prepare(self) -> None:
        """Make its database anew: today's tables, empty, or seeded with what shall be open already.

        What was seeded before is used again: what earlier runs have added to it is done.
        """
        if self._open_already and await is_seeded(plain(self._cluster.url(self._database)), self._open_already):
            return
        await self._cluster.drop(self._database)
        url = plain(await self._cluster.migrated(self._database))
        if self._open_already:
            await seed(url, self._open_already, intake(0, day_of(datetime.now(UTC)), in_legs=False)["facts"])

    async def start(self, agencies_url: str, stages: Stages) -> None:
        """Start `ieum up`, and `ieum doors` beside it, on the prepared database.

        Raises:
            CannotBeMeasured: They do not come up.
        """
        self._stages = stages
        url, master_key = self._cluster.url(self._database), secrets.token_hex(32)
        await self._connect(url, Keyring(master_key), agencies_url)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("IEUM_", "PREFECT_"))}
        environment |= {
            "IEUM_DATABASE_URL": url,
            "IEUM_STATE_FOLDER": str(self._folder),
            "IEUM_MASTER_KEY": master_key,
            "IEUM_API_TOKENS": orjson.dumps({"front-desk": self._bearer}).decode(),
        }
        give_up = time.monotonic() + START_SECONDS
        # The doors of `ieum up` are open, too; nobody knocks there.
        (await self._come_up("up", environment, give_up)).close()
        self._door = await self._come_up("doors", environment, give_up)
        self._reader = await asyncpg.connect(plain(url))
        await self._until_quiet(self._folder / "up.log", self._reader, give_up)

    async def _come_up(self, command: str, environment: Mapping[str, str], give_up: float) -> Caller:
        """Start a command of Ieum and wait until its door is ready; return the door."""
        log, port = self._folder / f"{command}.log", free_port()
        log.unlink(missing_ok=True)
        own = {**environment, "IEUM_DOOR_PORT": str(port)}
        self._running.append(child := spawn([Path(sys.executable).parent / "ieum", command], log, own))
        door = Caller(f"http://127.0.0.1:{port}")
        while not await self._is_ready(door):
            if child.poll() is not None or time.monotonic() > give_up:
                raise CannotBeMeasured(f"ieum {command} did not come up\n{last_lines(log)}")
            await asyncio.sleep(0.2)
        return door

    async def _until_quiet(self, log: Path, reader: "asyncpg.Connection[Any]", give_up: float) -> None:
        """Wait until the deployments are made and what was missed while it was down is made up for."""
        calm = 0
        while calm < _CALM_LOOKS and time.monotonic() < give_up:
            deployed = _DEPLOYED in last_lines(log, 20)
            calm = calm + 1 if deployed and not await reader.fetchval(_FOLLOW_UPS) else 0
            await asyncio.sleep(0.5)

    async def _is_ready(self, door: Caller) -> bool:
        try:
            return (await door.call("GET", "/health/ready", {}))[0] == 200  # noqa: PLR2004 - fine
        except OSError:
            return False

    async def _connect(self, url: str, keyring: Keyring, agencies_url: str) -> None:
        """Make every agency of the catalog one of the load generator's."""
        engine, now = open_engine(url), datetime.now(UTC)
        codes = [agency.code for agency in catalog.load().agencies.values() if agency.protocol == "webhook"]
        try:
            async with engine.begin() as connection:
                # A round before this one had keys of its own.
                await connection.execute(table_of(AgencyKey).delete())
                for code in codes:
                    row = {"code": code, "url": f"{agencies_url}/agencies/{code}/referrals", "added_at": now}
                    added = insert(table_of(Agency)).values(row)
                    await connection.execute(
                        added.on_conflict_do_update(index_elements=["code"], set_={"url": added.excluded.url})
                    )
                    self._keys[code] = {}
                    for direction in ("inbound", "outbound"):
                        text = fresh_webhook_secret()
                        await keyring.add(connection, code, direction, text, now)
                        self._keys[code][direction] = base64.b64decode(text.removeprefix("whsec_"))
        finally:
            await close_engine(engine)

    async def stop(self) -> None:
        """Stop it in order."""
        if self._reader is not None:
            await self._reader.close()
            self._reader = None
        if self._door is not None:
            self._door.close()
        while self._running:
            await end_child(self._running[-1], [(signal.SIGTERM, 60.0), (signal.SIGKILL, 10.0)])
            self._running.pop()
        self._numbers.clear()

    async def open(self, journey: int) -> None:
        """Open a journey at the staff's door."""
        body = intake(journey, day_of(datetime.now(UTC)), in_legs=len(self._stages[0]) == 1)
        answer = await self._staff("/api/journeys", f"bench-{journey}", body)
        self._numbers[journey] = orjson.loads(answer)["number"]

    def asks_staff(self, stage: int) -> bool:
        """In legs, staff say what else is needed; by the house's own rules nobody must."""
        return len(self._stages[0]) == 1 and stage in LEGS

    async def go_on(self, journey: int, stage: int) -> None:
        """Say what else is needed."""
        await self._staff(f"/api/journeys/{self._numbers[journey]}/events", f"bench-{journey}-{stage}", LEGS[stage])

    async def _staff(self, path: str, key: str, body: Mapping[str, Any]) -> bytes:
        headers = {
            "authorization": f"Bearer {self._bearer}",
            "content-type": "application/json",
            "idempotency-key": key,
        }
        return await self._post(path, headers, orjson.dumps(body))

    async def say(self, letter: Letter, event: str) -> None:
        """Say it at the agencies' door, sealed as the standard has it, as often as the door asks for."""
        now = datetime.now(UTC)
        moment = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        data = {"occurred_at": moment} | ({"outcome": OUTCOMES[letter.program]} if event == "completed" else {})
        id_ = f"msg_{letter.referral}_{event}"
        body = orjson.dumps(
            {
                "specversion": "1.0",
                "id": id_,
                "source": f"/agencies/{letter.agency}",
                "type": f"ieum.referral.{event}.v1",
                "subject": letter.referral,
                "time": moment,
                "datacontenttype": "application/json",
                "data": data,
            }
        )
        seconds = str(int(now.timestamp()))
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": id_,
            "webhook-timestamp": seconds,
            "webhook-signature": seal(self._keys[letter.agency]["inbound"], id_, seconds, body),
        }
        await self._post(f"/webhooks/{letter.agency}", headers, body)

    async def _post(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        assert self._door is not None, "it was started"  # noqa: S101 - a fault of the caller
        while True:
            status, answer = await self._door.call("POST", path, headers, body)
            if status < 300:  # noqa: PLR2004 - any 2xx
                return answer
            if status not in _AGAIN:
                raise RuntimeError(f"the door refused {path.split('/')[1]}: {status} {answer[:300]!r}")
            await asyncio.sleep(0.2)

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Letter | None:
        """Check the seal of a letter and read it.

        Raises:
            ValueError: The seal is not the center's, or the letter none.
        """
        agency = path.split("/")[2]
        id_, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        expected = seal(self._keys[agency]["outbound"], id_, seconds, body)
        if expected not in headers.get("webhook-signature", "").split(" "):
            raise ValueError("bad seal")
        if abs(time.time() - int(seconds)) > _STALE_SECONDS:
            raise ValueError("stale seal")
        letter = orjson.loads(body)
        if letter["type"] != _REQUESTED or is_far(letter["data"]["items"]["name"]):
            return None
        return Letter(
            journey=number_of(letter["data"]["items"]["name"]),
            program=letter["data"]["program"],
            referral=letter["subject"],
            agency=agency,
            key=headers.get("idempotency-key", ""),
        )

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether every referral is completed, every event heard and every letter sent."""
        assert self._reader is not None, "it was started"  # noqa: S101 - a fault of the caller
        done = await self._reader.fetchval(_DONE, [self._numbers[journey] for journey in journeys])
        return done >= len(PROGRAMS) * len(journeys) and not await self._reader.fetchval(_WAITS, FAR_OFFICE)

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """Hold the log, the referrals and the letters of these journeys against the reference work."""
        assert self._reader is not None, "it was started"  # noqa: S101 - a fault of the caller
        return await faults_in(self._reader, [self._numbers[journey] for journey in journeys])

    def one_agency_away(self, first: int, clients: int) -> AbstractAsyncContextManager[None]:
        """Let an agency hang while so many clients wait for it, numbered from `first` (`benchmarks.away`)."""
        assert self._reader is not None, "it was started"  # noqa: S101 - a fault of the caller
        return one_agency_away(self._reader, self._staff, range(first, first + clients))

    async def until_cold(self) -> None:
        """Wait until every shift has lingered and closed."""
        assert self._reader is not None, "it was started"  # noqa: S101 - a fault of the caller
        while await self._reader.fetchval(_SHIFTS):  # noqa: ASYNC110 - the desks tell nobody
            await asyncio.sleep(0.2)

    def groups(self) -> Groups:
        """Return the processes: desks and follow-ups, Prefect's server, which is their child, and the doors."""
        up, doors = self._running
        return {
            "desks": {up.pid},
            "doors": {doors.pid},
            "prefect_server": tree(up.pid) - {up.pid},
            "postgres": tree(self._postmaster),
            "load": {os.getpid()},
        }

    def prefect_database_seconds(self) -> float:
        """Return the CPU time of the connections to Prefect's own database; part of `postgres` above."""
        return cpu_seconds(titled(tree(self._postmaster), f"{self._database}_prefect"))
