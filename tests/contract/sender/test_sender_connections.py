"""What a connection may do to the letters that share it, and what is said of one that breaks."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from agencies.errors import TryAgain
from agencies.keys import Key
from agencies.sender import Delivered, Endpoint, Limits, OutgoingLetter, Senders
from tests.contract.sender.hostile import Behavior, Open, Visit, outcome

#: An answer that nobody asked for.
STRAY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN = HEAD + b"ZZZZ\r\nabc"


def one_try() -> Senders:
    return Senders(
        center="c", clock=lambda: datetime.now(UTC), limits=Limits(whole_seconds=5, tries=1, drain_seconds=0.05)
    )


async def at_once(visit: Visit) -> None:
    await visit.raw(STRAY + STRAY)


async def behind_a_body(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    await asyncio.sleep(0.05)
    await visit.raw(b"{}" + STRAY)


async def a_moment_later(visit: Visit) -> None:
    await visit.raw(STRAY)
    await asyncio.sleep(0.05)
    await visit.raw(STRAY)


async def nothing_more(visit: Visit) -> None:
    await visit.raw(STRAY)


async def wait_a_moment(_: Visit) -> None:
    await asyncio.sleep(0.2)


async def speak_unnoticed(visit: Visit) -> None:
    # It lies with the system when the next letter leaves: the event loop has had no turn to see it.
    visit.writer.write(STRAY)


@pytest.mark.parametrize(
    ("behavior", "meanwhile"),
    [
        (at_once, wait_a_moment),
        (behind_a_body, wait_a_moment),
        (a_moment_later, wait_a_moment),
        (nothing_more, speak_unnoticed),
    ],
)
async def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_letters(
    opened: Open, letter: OutgoingLetter, key: Key, behavior: Behavior, meanwhile: Callable[[Visit], Awaitable[None]]
) -> None:
    async def answer(visit: Visit) -> None:
        await (behavior(visit) if visit.number == 1 else visit.answer("503 Later"))

    agency = await opened(answer)
    async with one_try() as senders:
        assert Delivered(200) == await outcome(senders, letter, agency.endpoint, key)
        await meanwhile(agency.visits[0])

        assert "TryAgain: status-503" == str(await outcome(senders, letter, agency.endpoint, key))


@pytest.mark.parametrize("cut", range(1, len(BROKEN) + 1))
async def test_a_2xx_stands_wherever_the_segments_of_a_broken_body_end(
    opened: Open, letter: OutgoingLetter, key: Key, cut: int
) -> None:
    async def in_two_pieces(visit: Visit) -> None:
        await visit.raw(BROKEN[:cut])
        await asyncio.sleep(0.01)
        await visit.raw(BROKEN[cut:])

    agency = await opened(in_two_pieces)
    async with one_try() as senders:
        assert Delivered(200) == await outcome(senders, letter, agency.endpoint, key)


async def test_what_comes_unasked_ends_the_connection_at_once(opened: Open, letter: OutgoingLetter, key: Key) -> None:
    hung_up = asyncio.Event()

    async def and_go_on(visit: Visit) -> None:
        await visit.raw(STRAY)
        try:
            while True:
                await asyncio.sleep(0.01)
                await visit.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        except ConnectionError:
            hung_up.set()

    agency = await opened(and_go_on)
    async with one_try() as senders, asyncio.timeout(10):
        await senders.send(letter, agency.endpoint, [key])
        # Long before it would be for having been idle.
        await hung_up.wait()


async def test_a_letter_on_a_line_that_is_closed_meanwhile_goes_out_again_later(
    opened: Open, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(lambda visit: visit.answer("503 Later", headers="Retry-After: 1\r\n"))
    async with Senders(center="c", clock=lambda: datetime.now(UTC)) as senders:
        sending = asyncio.ensure_future(outcome(senders, letter, agency.endpoint, key))
        while not agency.visits:  # noqa: ASYNC110 - the pretend agency tells nobody
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await senders.aclose()

        assert TryAgain is type(await sending)


BARE = HEAD.replace(b"\r\n", b"\n") + b"ZZZZ\r\nabc"
MANY = HEAD.removesuffix(b"\r\n") + b"".join(b"x-%d: y\r\n" % nth for nth in range(500)) + b"\r\n0\r\n\r\n"
LONG = HEAD.removesuffix(b"\r\n") + b"x: " + b"y" * 30_000 + b"\r\n\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [BARE, MANY, LONG])
async def test_a_2xx_stands_however_its_head_is_written(
    opened: Open, letter: OutgoingLetter, key: Key, answer: bytes
) -> None:
    agency = await opened(lambda visit: visit.raw(answer))
    async with one_try() as senders:
        assert Delivered(200) == await outcome(senders, letter, agency.endpoint, key)


async def hang_up(visit: Visit) -> None:
    visit.writer.close()


async def reset(visit: Visit) -> None:
    visit.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.writer.close()


async def speak_of_something_else(visit: Visit) -> None:
    await visit.raw(b"220 mail.example.test ESMTP\r\n\r\n")


async def a_head_too_long(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("behavior", "why"),
    [
        (hang_up, "not-http"),
        (reset, "connection-broken"),
        (speak_of_something_else, "not-http"),
        (a_head_too_long, "not-http"),
    ],
)
async def test_it_is_said_how_a_line_broke(
    opened: Open, letter: OutgoingLetter, key: Key, behavior: Behavior, why: str
) -> None:
    agency = await opened(behavior)
    async with one_try() as senders:
        found = await outcome(senders, letter, agency.endpoint, key)

    assert (TryAgain, why) == (type(found), getattr(found, "why", None))


async def test_an_agency_that_takes_no_connection_in_time_is_said_to_be_slow_to_connect(
    letter: OutgoingLetter, key: Key
) -> None:
    limits = Limits(whole_seconds=5, connect_seconds=0.2, tries=1)
    # Its queue is full: the system lets further connections wait.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(("127.0.0.1", port))
        endpoint = Endpoint("deaf", f"http://127.0.0.1:{port}/", ("127.0.0.0/8",))
        async with Senders(center="c", clock=lambda: datetime.now(UTC), limits=limits) as senders:
            found = await outcome(senders, letter, endpoint, key)
        for each in waiting:
            each.close()

    assert "connect-timeout" == getattr(found, "why", None)


async def break_the_body(visit: Visit) -> None:
    await visit.raw(HEAD)
    await asyncio.sleep(0.05)
    await visit.raw(b"ZZZZ\r\nabc")


async def break_it_off(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")
    await asyncio.sleep(0.05)
    await reset(visit)


@pytest.mark.parametrize(
    ("behavior", "why"), [(hang_up, "not-http"), (break_the_body, "not-http"), (break_it_off, "not-http")]
)
async def test_a_question_whose_answer_breaks_is_asked_again_by_nobody_else(
    opened: Open, key: Key, behavior: Behavior, why: str
) -> None:
    agency = await opened(behavior)
    async with one_try() as senders:
        with pytest.raises(TryAgain) as broke:
            await senders.ask(agency.endpoint, agency.endpoint.url, "msg_1", [key])

    # At once, and not when the whole exchange is over.
    assert (why, 1) == (broke.value.why, len(agency.visits))
