"""A real sandbox process on loopback, a center's end of the wire to write letters with, and a door that listens."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[3]
WELFARE, COURT, NHIS = "a-welfare-team", "a-court", "an-insurer"
AGENCIES = """
agencies:
  a-welfare-team: {kind: welfare_team, programs: [emergency-living-aid, copay-relief], protocol: webhook}
  an-insurer: {kind: nhis, programs: [], protocol: webhook}
  a-court: {kind: court, programs: [], protocol: mirror}
"""
SCRIPTS = """
programs:
  emergency-living-aid:
    requires: [name, crisis]
    steps:
      - {after: 1, event: received}
      - {after: 1, event: accepted}
      - {after: 1, event: completed, outcome: granted}
  copay-relief:
    requires: [name]
    steps:
      - {after: 1, event: accepted}
      - {after: 1, event: completed, outcome: recognized, as: an-insurer}
when_cancel_requested:
  - {after: 1, event: cancelled, reason: client_withdrew}
when_reminded:
  - {after: 1, event: accepted}
"""


def secret(letter: str) -> str:
    """Make a pretend key."""
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


IN, OUT = secret("i"), secret("o")


def free_port() -> int:
    """Find a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Door:
    """The center's door as the sandbox sees it: keeps what it hears, answers what the test says."""

    url: str
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list[tuple[str, dict[str, str], bytes]])
    #: Statuses for the next messages; then 202.
    answers: list[int] = field(default_factory=list[int])
    rang: asyncio.Event = field(default_factory=asyncio.Event)

    def events(self) -> list[str]:
        """Return the events heard, in order."""
        return [json.loads(body)["type"].split(".")[2] for _, _, body in self.heard]

    async def until(self, count: int, seconds: float = 10) -> None:
        """Wait until so many messages were heard."""
        await self._until(lambda: len(self.heard) >= count, seconds)

    async def until_event(self, event: str, seconds: float = 10) -> None:
        """Wait until an event was heard."""
        await self._until(lambda: event in self.events(), seconds)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self.rang.clear()
                await self.rang.wait()


@pytest.fixture
async def door(door_port: int) -> AsyncIterator[Door]:
    """Open a real door on loopback."""
    opened = Door(f"http://127.0.0.1:{door_port}")

    async def hear(request: Request) -> Response:
        opened.heard.append((request.path_params["agency"], dict(request.headers), await request.body()))
        opened.rang.set()
        status = opened.answers.pop(0) if opened.answers else 202
        return JSONResponse({"status": "accepted"}, status)

    application = Starlette(routes=[Route("/webhooks/{agency}", hear, methods=["POST"])])
    config = uvicorn.Config(application, host="127.0.0.1", port=door_port, log_level="critical", lifespan="off")
    serving = uvicorn.Server(config)
    task = asyncio.create_task(serving.serve())
    async with asyncio.timeout(10):
        while not serving.started:  # noqa: ASYNC110 (uvicorn offers no event)
            await asyncio.sleep(0.01)
    yield opened
    serving.should_exit = True
    await task


@dataclass
class Sandbox:
    """A running sandbox and the center's hand that writes to it."""

    process: subprocess.Popen[str]
    http: httpx.AsyncClient
    folder: Path

    def letter(
        self,
        number: str = "R-2018-000001",
        program: str = "emergency-living-aid",
        data: dict[str, object] | None = None,
        **changed: object,
    ) -> bytes:
        """Write a request's body; `changed` replaces envelope attributes, `data` parts of the data."""
        content: dict[str, object] = {
            "referral": number,
            "program": program,
            "application_date": "2018-01-08",
            "urgency": "urgent",
            "basis": {"kind": "consent", "cite": "PIPA 17"},
            "items": {"name": "Kim Invented", "crisis": "job_loss"},
        }
        envelope: dict[str, object] = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": "/centers/seoul-west",
            "type": "ieum.referral.requested.v1",
            "subject": number,
            "time": "2018-01-08T00:00:00Z",
            "datacontenttype": "application/json",
            "data": content | (data or {}),
        }
        return json.dumps(envelope | changed).encode()

    def reminder(self, *numbers: str, **changed: object) -> bytes:
        """Write a reminder of these referrals; `changed` replaces parts of its lines."""
        line: dict[str, object] = {
            "program": "emergency-living-aid",
            "waits_for": "D35-answer-urgent",
            "label": {"ko": "긴급 수락·거절(24시간)", "en": "accepted or declined within 24 hours"},
            "due_on": "2018-01-09",
            "reminder": 1,
        }
        envelope = json.loads(self.letter(type="ieum.referral.reminded.v1"))
        del envelope["subject"]
        envelope["data"] = {"referrals": [line | {"referral": number} | changed for number in numbers]}
        return json.dumps(envelope).encode()

    def headers(self, body: bytes, at: datetime, key: str = OUT) -> dict[str, str]:
        """Write the headers of a sealed letter."""
        try:
            message_id = str(json.loads(body)["id"])
        except (ValueError, KeyError, TypeError, RecursionError):
            message_id = "no-id"
        return {
            "content-type": "application/cloudevents+json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(key).sign(message_id, at, body.decode()),
            "idempotency-key": message_id,
        }

    async def send(
        self, body: bytes, agency: str = WELFARE, *, key: str = OUT, at: datetime | None = None, **headers: str
    ) -> httpx.Response:
        """Send a body as the center does; `headers` (with underscores) replace the true ones."""
        sent = self.headers(body, at or datetime.now(UTC), key)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(f"/agencies/{agency}/referrals", content=body, headers=sent)

    async def weather(self, agency: str = WELFARE, **weather: object) -> None:
        """Set an agency's weather."""
        answered = await self.http.put(f"/control/weather/{agency}", json=weather)
        assert answered.status_code == 200, answered.text

    async def say(self, **wish: object) -> httpx.Response:
        """Make an agency speak."""
        return await self.http.post("/control/say", json={"agency": WELFARE, **wish})

    async def letters(self, **filters: str) -> list[dict[str, object]]:
        """Read the letters received."""
        return (await self.http.get("/control/letters", params=filters)).json()["letters"]

    async def totals(self) -> dict[str, object]:
        """Read the counts."""
        return (await self.http.get("/control/letters")).json()["totals"]


def start(folder: Path, door_url: str, *flags: str) -> tuple[subprocess.Popen[str], str]:
    """Start a sandbox process and wait until it answers; return it and its address."""
    (folder / "agencies.yaml").write_text(AGENCIES)
    (folder / "scripts.yaml").write_text(SCRIPTS)
    (folder / "keys.json").write_text(json.dumps({a: {"inbound": IN, "outbound": OUT} for a in (WELFARE, NHIS)}))
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--door", door_url, "--catalog", str(folder)]
    command += ["--keys", str(folder / "keys.json"), "--scripts", str(folder / "scripts.yaml"), *flags]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, text=True, env={**os.environ})
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{address}/control/health", timeout=1, trust_env=False)
        except httpx.TransportError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            return process, address
    raise AssertionError((folder / "log").read_text())


def stop(process: subprocess.Popen[str]) -> int:
    """Ask it to end, and wait."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=10)


@pytest.fixture(scope="module")
def flags() -> tuple[str, ...]:
    """Name further flags of the module's sandbox."""
    return ("--speed", "50")


@pytest.fixture(scope="module")
def door_port() -> int:
    """Choose the door's port once per module, because the sandbox outlives a test's door."""
    return free_port()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, flags: tuple[str, ...], door_port: int
) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """Run one sandbox for a module."""
    folder = tmp_path_factory.mktemp("sandbox")
    process, address = start(folder, f"http://127.0.0.1:{door_port}", *flags)
    yield process, address, folder
    assert stop(process) == 0


@pytest.fixture
async def sandbox(running: tuple[subprocess.Popen[str], str, Path]) -> AsyncIterator[Sandbox]:
    """Hand out the module's sandbox, empty."""
    process, address, folder = running
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=10) as http:
        await http.delete("/control/state")
        yield Sandbox(process, http, folder)
