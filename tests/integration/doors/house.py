"""A house with its doors open on loopback: a real uvicorn, a real database, one connected agency."""

import asyncio
import hashlib
import secrets
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
import uvicorn
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import SQLModel

from agencies import seal
from agencies.keyring import Keyring
from agencies.keys import Key
from catalog import load
from models.agency import Agency
from models.client import Client
from models.database import open_engine
from models.journey import Journey
from models.keys import uuid7
from models.numbers import Kind, spell
from models.referral import Referral
from web.app import create_app
from web.doors import Doors, Limits

AGENCY = "nhis"
TOKEN = "test-token-" + secrets.token_hex(8)
NOW = datetime(2017, 12, 4, 5, 0, tzinfo=UTC)
CATALOG = load()
REFERRAL = spell(Kind.REFERRAL, 2017, 108)


@dataclass
class House:
    """An open house. `now` may be set: it is the center's clock."""

    engine: AsyncEngine
    keyring: Keyring
    key: Key
    now: datetime = NOW
    base: str = ""
    http: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=20, trust_env=False))

    def event(self, event: str = "accepted", subject: str = REFERRAL, **data: object) -> dict[str, Any]:
        """Return an envelope with an id of its own."""
        return {
            "specversion": "1.0",
            "id": f"e_{uuid4().hex}",
            "source": f"/agencies/{AGENCY}",
            "type": f"ieum.referral.{event}.v1",
            "subject": subject,
            "datacontenttype": "application/json",
            "data": {"occurred_at": "2017-12-04T13:00:00+09:00", **data},
        }

    def sealed(self, id_: str, body: bytes, *keys: Key, timestamp: int | None = None) -> dict[str, str]:
        """Return the headers that go with a body."""
        at = int(self.now.timestamp()) if timestamp is None else timestamp
        return {
            "content-type": "application/cloudevents+json",
            "webhook-id": id_,
            "webhook-timestamp": str(at),
            "webhook-signature": seal.sign(keys or [self.key], id_, at, body),
        }

    async def post(self, event: Mapping[str, Any], *keys: Key) -> httpx.Response:
        """Send an event as the agency does."""
        body = orjson.dumps(event)
        return await self.send(body, self.sealed(str(event["id"]), body, *keys))

    async def send(self, body: bytes, headers: Mapping[str, str], agency: str = AGENCY) -> httpx.Response:
        """Send raw bytes to the agencies' door."""
        return await self.http.post(f"{self.base}/webhooks/{agency}", content=body, headers=dict(headers))

    async def api(
        self, method: str, path: str, body: object = None, *, key: str | None = None, token: str = TOKEN
    ) -> httpx.Response:
        """Call the staff's door."""
        headers = {"authorization": f"Bearer {token}"} | ({} if key is None else {"idempotency-key": key})
        return await self.http.request(method, f"{self.base}{path}", json=body, headers=headers)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a statement finds."""
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]

    async def change(self, sql: str) -> None:
        """Change something behind everybody's back."""
        async with self.engine.begin() as connection:
            await connection.execute(text(sql))

    async def kept(self) -> int:
        """Count what the doors have kept: events, journeys, clients and notices."""
        tables = ("inbox_event", "journey", "client", "notice", "consent", "household_member")
        found = await self.rows("SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in tables))  # noqa: S608
        return int(found[0][0])

    async def store(self, *rows: SQLModel) -> None:
        """Put rows into their tables, in order."""
        async with self.engine.begin() as connection:
            for row in rows:
                await connection.execute(type(row).__table__.insert(), row.model_dump())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]

    async def with_referral(self, program: str = "emergency-living-aid") -> str:
        """Store a journey with one referral; return the journey's number."""
        number = spell(Kind.JOURNEY, 2017, 42)
        client, journey = uuid7(self.now), uuid7(self.now)
        shared = {"birth_date": date(1976, 3, 2), "sex": "female", "created_at": self.now}
        await self.store(
            Client.model_validate({"id": client, "name": "홍길순", **shared}),
            Journey.model_validate(
                {
                    "id": journey,
                    "number": number,
                    "client_id": client,
                    "opened_on": date(2017, 12, 4),
                    "opened_at": self.now,
                    "needs": ["living"],
                    "facts": {"district": "mapo"},
                }
            ),
            Referral.model_validate(
                {
                    "id": uuid7(self.now),
                    "number": REFERRAL,
                    "journey_id": journey,
                    "client_id": client,
                    "desk": CATALOG.program(program).desk,
                    "program": program,
                    "agency": AGENCY,
                    "state": "received",
                    "application_date": date(2017, 12, 4),
                    "created_at": self.now,
                }
            ),
        )
        return number


@asynccontextmanager
async def open_house(database_url: str, *, limits: Limits | None = None, connect: bool = True) -> AsyncGenerator[House]:
    """Open the doors on a free port of loopback, with one agency connected."""
    engine = open_engine(database_url)
    house = House(engine, Keyring(secrets.token_hex(32)), Key.mint())
    doors = Doors(
        engine,
        CATALOG,
        lambda: house.now,
        house.keyring,
        {"tester": hashlib.sha256(TOKEN.encode()).hexdigest()},
        "seoul-west",
        limits or Limits(),
    )
    if connect:
        await house.store(Agency.model_validate({"code": AGENCY, "url": "http://127.0.0.1:1/", "added_at": NOW}))
        async with engine.begin() as connection:
            await house.keyring.add(connection, AGENCY, "inbound", house.key.written(), NOW)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(doors), log_level="warning", timeout_graceful_shutdown=1, lifespan="on")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    house.base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield house
    finally:
        await house.http.aclose()
        server.should_exit = True
        await serving
        listener.close()
        await engine.dispose()


def told(answer: httpx.Response) -> tuple[int, str]:
    """Return status and problem code of a refusal, after checking that it is a whole problem."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "fault", "remedy"} <= body.keys()
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"].removeprefix("/problems/")
