"""Half a request: who does not finish a head is hung up on, in time, and good traffic passes meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from deployments import doorway
from deployments.doorway import Doorway, PatientProtocol
from deployments.processes import free_port


@pytest_asyncio.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doorway]:
    """Open doors behind which nothing but one page stands, and that wait half a second for a head."""
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.5)
    app = FastAPI()
    app.add_api_route("/", lambda: {"well": True})
    async with Doorway(app, "127.0.0.1", free_port()) as opened:
        yield opened


async def come(door: Doorway) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = door.url.removeprefix("http://").partition(":")
    return await asyncio.open_connection(host, int(port))


@pytest.mark.parametrize(
    "said", [b"", b"GE", b"GET / HTTP/1.1\r\nhost: here\r\n"], ids=["nothing", "half a line", "no end"]
)
async def test_a_head_that_does_not_end_is_hung_up_on(door: Doorway, said: bytes) -> None:
    reader, writer = await come(door)
    writer.write(said)

    async with asyncio.timeout(10):
        assert b"" == await reader.read()
    writer.close()


async def test_a_head_that_drips_is_hung_up_on_however_long_it_drips(door: Doorway) -> None:
    reader, writer = await come(door)
    writer.write(b"GET / HTTP/1.1\r\nx-drip: ")

    async def drip() -> None:
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    with suppress(ConnectionError):
        async with asyncio.timeout(10):
            assert b"" == await reader.read()
    dripping.cancel()
    await asyncio.wait([dripping])
    writer.close()


async def test_a_second_request_on_one_connection_has_its_own_time(door: Doorway) -> None:
    async with httpx.AsyncClient(base_url=door.url, trust_env=False) as client:
        first = await client.get("/")
        await asyncio.sleep(1)
        second = await client.get("/")

    assert [200, 200] == [first.status_code, second.status_code]


async def test_hundreds_of_half_requests_do_not_shut_the_door(door: Doorway) -> None:
    async with AsyncExitStack() as crowd:
        for _ in range(300):
            _, writer = await come(door)
            crowd.callback(writer.close)
            writer.write(b"POST / HTTP/1.1\r\n")
        async with httpx.AsyncClient(base_url=door.url, trust_env=False) as client:
            assert 200 == (await client.get("/")).status_code


def test_there_are_places_for_as_many_as_the_files_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "OPEN_FILES", 200)

    assert 100 == doorway._places()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
