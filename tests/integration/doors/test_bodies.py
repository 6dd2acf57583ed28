"""Bodies that are too large, too slow or never whole, sent by hand over a socket to both doors."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.doors.house import AGENCY, TOKEN, House, open_house
from web.doors import Limits

PATHS = [f"/webhooks/{AGENCY}", "/api/journeys"]


@pytest_asyncio.fixture
async def hasty(database_url: str) -> AsyncIterator[House]:
    """Give a house that waits for a body for a third of a second."""
    async with open_house(database_url, limits=Limits(body_seconds=0.3)) as opened:
        yield opened


def head(path: str, *lines: str) -> bytes:
    """Return the head of a request."""
    fixed = ("Host: here", "Content-Type: application/json", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join([f"POST {path} HTTP/1.1", *fixed, *lines, "", ""]).encode()


async def talk(house: House, first: bytes, *, chunks: int = 0) -> tuple[bytes, int]:
    """Send bytes, then chunks of 64 kB until the door answers; return the answer and how many chunks were sent."""
    sent = 0
    port = int(house.base.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = asyncio.create_task(reader.read(100_000))
    try:
        for _ in range(chunks):
            writer.write(chunk)
            await writer.drain()
            sent += 1
            if answer.done():
                break
    except ConnectionError:
        pass
    said = await asyncio.wait_for(answer, 15)
    writer.close()
    return said, sent


def test_the_limits_are_those_of_the_design() -> None:
    assert (256 * 1024, 10.0) == (Limits().body_bytes, Limits().body_seconds)
    assert Limits().database_seconds < 2


@pytest.mark.parametrize("path", PATHS)
async def test_fifty_megabytes_announced_are_refused_before_they_are_sent(house: House, path: str) -> None:
    answer, _ = await talk(house, head(path, "Content-Length: 52428800"))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/too-large" in answer
    assert b"connection: close" in answer.lower()
    assert await house.kept() == 0


@pytest.mark.parametrize("path", PATHS)
async def test_fifty_megabytes_unannounced_are_refused_as_soon_as_they_exceed(house: House, path: str) -> None:
    answer, sent = await talk(house, head(path, "Transfer-Encoding: chunked"), chunks=800)

    assert answer.startswith(b"HTTP/1.1 413 ")
    # What the two sockets hold in their buffers, and not the 50 MB.
    assert sent < 400


@pytest.mark.parametrize("path", PATHS)
async def test_half_a_body_held_open_is_refused_at_the_deadline(hasty: House, path: str) -> None:
    # Half a body is all that is ever sent: only the deadline can bring an answer.
    answer, _ = await talk(hasty, head(path, "Content-Length: 1000") + b'{"half":')

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/too-slow" in answer
    assert await hasty.kept() == 0


async def test_many_half_bodies_do_not_keep_another_from_being_heard(house: House) -> None:
    port = int(house.base.rpartition(":")[2])
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in held:
        writer.write(head(PATHS[0], "Content-Length: 1000") + b'{"half":')

    answer = await house.post(house.event())

    for _, writer in held:
        writer.close()
    assert answer.status_code == 202


async def test_a_caller_who_hangs_up_half_way_leaves_nothing(house: House) -> None:
    port = int(house.base.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head(PATHS[0], "Content-Length: 1000") + b'{"half":')
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.1)

    assert await house.kept() == 0
    metrics = (await house.http.get(f"{house.base}/metrics")).text
    assert 'code="center-fault"' not in metrics
