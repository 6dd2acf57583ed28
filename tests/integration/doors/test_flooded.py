"""A flood at the doors: what they hold is bounded, and who is too much is told so before anything of theirs is kept."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import httpx
import orjson
import pytest

from tests.integration.doors.house import House, open_house, told
from web.doors import Limits

pytestmark = pytest.mark.timeout(60)

#: Small enough to be flooded by one test. The database may take long, where other tests want the machine too.
SMALL = Limits(calls=60, bodies_bytes=400_000, letterbox=20, body_seconds=5.0, database_seconds=4.0, keys_seconds=60.0)


async def measured(house: House) -> dict[str, float]:
    """Return what the doors hold now, and how many they have sent away, by name."""
    page = (await house.http.get(f"{house.base}/metrics")).text
    lines = [line.rpartition(" ") for line in page.splitlines() if line.startswith("ieum_door_")]
    return {name: float(value) for name, _, value in lines}


async def test_a_flood_over_a_slow_database_is_sent_away_before_it_is_held(database_url: str) -> None:
    async with open_house(database_url, limits=SMALL) as house:
        assert (await house.post(house.event())).status_code == 202
        async with house.engine.connect() as connection:
            # Whoever inserts waits for us: a database that is slow, and not away.
            await connection.exec_driver_sql("LOCK TABLE inbox_event IN SHARE MODE")

            most, flood = 0.0, [asyncio.create_task(house.post(house.event())) for _ in range(50)]
            while most < SMALL.letterbox:
                most = max(most, (await measured(house))["ieum_door_letterbox_events"])
                assert not all(post.done() for post in flood)
            ready = await house.http.get(f"{house.base}/health/ready")
            alive = await house.http.get(f"{house.base}/health/live")
            answers = await asyncio.gather(*flood)
            # Whoever has an answer is held no longer, although the database still hangs.
            while (after := await measured(house))["ieum_door_letterbox_events"]:
                most = max(most, after["ieum_door_letterbox_events"])

        told_what = Counter(told(answer) for answer in answers)
        assert SMALL.letterbox == most
        assert (503, "not-ready") == told(ready)
        assert 200 == alive.status_code
        assert {(429, "too-busy"), (503, "database-away")} == set(told_what)
        assert 25 <= told_what[429, "too-busy"] <= 30
        assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
        assert told_what[429, "too-busy"] == after['ieum_door_shed_total{bound="letterbox",door="webhooks"}']

        while (again := await house.post(house.event())).status_code != 202:
            assert 503 == again.status_code
        assert 200 == (await house.http.get(f"{house.base}/health/ready")).status_code


async def test_bodies_that_come_slowly_are_bounded_together(database_url: str) -> None:
    async with open_house(database_url, limits=SMALL) as house:
        host, port = house.base.removeprefix("http://").split(":")
        half = b"x" * 100_000

        async def half_a_body() -> int:
            """Send half a body and wait; return the status of the answer."""
            reader, writer = await asyncio.open_connection(host, int(port))
            head = f"POST /webhooks/nhis HTTP/1.1\r\nhost: {host}\r\ncontent-length: {2 * len(half)}\r\n\r\n"
            writer.write(head.encode() + half)
            try:
                return int((await reader.readline()).split()[1])
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

        assert 202 == (await house.post(house.event())).status_code
        slow = [asyncio.create_task(half_a_body()) for _ in range(10)]
        while (held := await measured(house)).get('ieum_door_shed_total{bound="bodies",door="webhooks"}', 0) < 6:
            assert held["ieum_door_body_bytes"] <= SMALL.bodies_bytes
        good = await house.post(house.event())
        answers = Counter(await asyncio.gather(*slow))

        # Four are held until the deadline, then told that they are too slow.
        assert {429: 6, 408: 4} == answers
        # What is full is full for everybody: it is sent away, and told when to come again.
        assert (429, "too-busy") == told(good)
        assert 0 == (await measured(house))["ieum_door_body_bytes"]
        assert 202 == (await house.post(house.event())).status_code


async def test_more_calls_than_may_be_under_way_are_sent_away_and_watchers_get_in(database_url: str) -> None:
    async with open_house(database_url, limits=SMALL) as house:
        host, port = house.base.removeprefix("http://").split(":")
        head = b"POST /webhooks/nhis HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n"
        dripping: list[asyncio.StreamWriter] = []
        for _ in range(SMALL.calls):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head)
            dripping.append(writer)
        while (held := await measured(house))["ieum_door_requests_in_flight"] < SMALL.calls:
            pass

        posted = await house.post(house.event())
        asked = await house.api("GET", "/api/journeys")
        ready = await house.http.get(f"{house.base}/health/ready")
        for writer in dripping:
            writer.close()

        assert SMALL.calls == held["ieum_door_requests_in_flight"] == held["ieum_door_requests_in_flight_limit"]
        assert {(429, "too-busy")} == {told(posted), told(asked)}
        assert (503, "not-ready") == told(ready)
        while (await measured(house))["ieum_door_requests_in_flight"]:
            pass
        assert 202 == (await house.post(house.event())).status_code


async def test_a_flood_of_the_largest_bodies_over_a_frozen_database_holds_what_is_allowed() -> None:
    """Nothing of 300 bodies of 256 kB is held where the keys cannot even be read."""

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql+asyncpg://ieum:x@127.0.0.1:{port}/ieum"
    body = orjson.dumps({"data": "x" * 200_000})
    async with open_house(url, connect=False, limits=replace(SMALL, database_seconds=1.0)) as house:
        house.http = httpx.AsyncClient(timeout=20, trust_env=False, limits=httpx.Limits(max_connections=None))
        flood = [asyncio.create_task(house.send(body, house.sealed("e_1", body))) for _ in range(300)]
        most = 0.0
        while not all(post.done() for post in flood):
            held = await measured(house)
            most = max(most, held["ieum_door_body_bytes"])
            assert held["ieum_door_requests_in_flight"] <= SMALL.calls
        answers = Counter(told(post.result()) for post in flood)
    server.close()

    assert most <= SMALL.bodies_bytes
    assert {(429, "too-busy"), (503, "database-away")} == set(answers)
    assert answers[429, "too-busy"] >= 50
