"""A hostile agency costs its own letters time and nobody anything else."""

import asyncio
import gzip
import pickle
import traceback
import tracemalloc
from datetime import UTC, datetime
from itertools import count

import pytest

from agencies.errors import NotDelivered, TellAPerson, TryAgain
from agencies.keys import Key
from agencies.sender import Delivered, Endpoint, Limits, OutgoingLetter, Senders
from tests.contract.sender.hostile import Behavior, Open, Visit, fine, outcome

# What hangs, drips or floods here never ends by itself: a test that comes to its end has cut it off.


async def hang(_: Visit) -> None:
    await asyncio.Event().wait()


async def drip_headers(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        await visit.raw(b"X")
        await asyncio.sleep(0.1)


async def close_at_once(visit: Visit) -> None:
    visit.writer.close()


async def close_mid_head(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nContent-")
    visit.writer.close()


async def speak_garbage(visit: Visit) -> None:
    await visit.raw(b"\x00\xffSSH-2.0-nonsense\r\n\r\n" * 10)
    visit.writer.close()


async def endless_head(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\n")
    for number in count():
        await visit.raw(f"x-{number}: {'y' * 1000}\r\n".encode())


async def endless_continue(visit: Visit) -> None:
    while True:
        await visit.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "behavior", [hang, drip_headers, close_at_once, close_mid_head, speak_garbage, endless_head, endless_continue]
)
async def test_no_status_line_means_try_again_at_the_deadline(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, behavior: Behavior
) -> None:
    agency = await opened(behavior)

    assert TryAgain is type(await outcome(senders, letter, agency.endpoint, key))


async def two_hundred_megabytes(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
    for _ in range(3200):
        await visit.raw(b"z" * 65536)


BOMB = gzip.compress(b"\0" * 20_000_000)


async def gzip_bomb(visit: Visit) -> None:
    await visit.answer("200 OK", headers="Content-Encoding: gzip\r\n", body=BOMB)


async def drip_body(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
    while True:
        await visit.raw(b"z")
        await asyncio.sleep(0.1)


async def close_mid_body(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
    visit.writer.close()


async def broken_chunks(visit: Visit) -> None:
    await visit.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\nabc")


async def unasked_cookies(visit: Visit) -> None:
    await visit.answer("200 OK", headers="Set-Cookie: spy=1; Path=/\r\n")


@pytest.mark.parametrize(
    "behavior",
    [two_hundred_megabytes, gzip_bomb, drip_body, close_mid_body, broken_chunks, unasked_cookies],
)
async def test_after_a_2xx_no_body_can_undo_the_delivery(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, behavior: Behavior
) -> None:
    agency = await opened(behavior)
    tracemalloc.start()

    delivered = [await senders.send(letter, agency.endpoint, [key]) for _ in range(2)]

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [200, 200] == [each.status for each in delivered]
    assert peak < 8_000_000
    assert all("cookie" not in visit.headers for visit in agency.visits)


async def test_a_2xx_just_before_the_deadline_stands(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, limits: Limits
) -> None:
    async def late_and_slow(visit: Visit) -> None:
        await asyncio.sleep(limits.whole_seconds - limits.drain_seconds / 2)
        await drip_body(visit)

    agency = await opened(late_and_slow)

    assert Delivered(200) == await senders.send(letter, agency.endpoint, [key])
    assert 1 == len(agency.visits)


async def test_a_huge_answer_is_not_read(opened: Open, senders: Senders, letter: OutgoingLetter, key: Key) -> None:
    written: list[int] = []

    async def flood(visit: Visit) -> None:
        await visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
        for _ in range(3200):
            await visit.raw(b"z" * 65536)
            written.append(65536)

    agency = await opened(flood)

    await senders.send(letter, agency.endpoint, [key])

    # What the two sockets hold in their buffers, and not the 200 MB.
    assert sum(written) < 20_000_000


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://[bad", "//169.254.169.254/", ""])
async def test_redirect_is_not_followed(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key, target: str
) -> None:
    agency = await opened(lambda visit: visit.answer("307 Elsewhere", headers=f"Location: {target}\r\n"))

    error = await outcome(senders, letter, agency.endpoint, key)

    assert ("status-307", 1) == (getattr(error, "why", None), len(agency.visits))
    assert TellAPerson is type(error)


async def test_nobody_listening_means_try_again(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(fine)
    nobody = Endpoint("nobody", "http://127.0.0.1:1/", ("127.0.0.0/8",))

    assert "TryAgain: no-connection" == str(await outcome(senders, letter, nobody, key))
    assert [] == agency.visits


async def test_one_bad_agency_does_not_slow_the_others(opened: Open, letter: OutgoingLetter, key: Key) -> None:
    full, well_again = asyncio.Event(), asyncio.Event()

    async def hang_until_well(visit: Visit) -> None:
        if visit.number == 4:
            full.set()
        await well_again.wait()
        await visit.answer("200 OK")

    bad, good = await opened(hang_until_well), await opened(fine)
    patient = Limits(whole_seconds=60)
    async with Senders(center="c", clock=lambda: datetime.now(UTC), limits=patient) as senders:
        stuck = [asyncio.ensure_future(senders.send(letter, bad.endpoint, [key])) for _ in range(8)]
        await full.wait()

        delivered = await asyncio.gather(*(senders.send(letter, good.endpoint, [key]) for _ in range(20)))

        assert (20, 4) == (len(delivered), len(bad.visits))
        assert not any(each.done() for each in stuck)
        well_again.set()
        assert [Delivered(200)] * 8 == await asyncio.gather(*stuck)


async def test_waiting_for_a_place_at_a_bad_agency_is_no_part_of_the_exchange(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    bad = await opened(hang)

    outcomes = await asyncio.gather(*(outcome(senders, letter, bad.endpoint, key) for _ in range(8)))

    assert {TryAgain} == {type(each) for each in outcomes}
    # The last four waited as long as an exchange may take, and were tried all the same.
    assert 8 == len(bad.visits)


async def test_at_most_four_calls_at_once(opened: Open, senders: Senders, letter: OutgoingLetter, key: Key) -> None:
    async def slowly(visit: Visit) -> None:
        await asyncio.sleep(0.02)
        await visit.answer("200 OK")

    agency = await opened(slowly)

    await asyncio.gather(*(senders.send(letter, agency.endpoint, [key]) for _ in range(30)))

    assert (4, 30) == (agency.most, len(agency.visits))
    assert agency.connections <= 4


async def test_a_failure_tells_nothing_of_the_letter(
    opened: Open, senders: Senders, letter: OutgoingLetter, key: Key
) -> None:
    agency = await opened(lambda visit: visit.answer("400 MARKER-ECHO", body=visit.body))
    gone = await opened(close_at_once)
    for endpoint in (agency.endpoint, gone.endpoint):
        error = await outcome(senders, letter, endpoint, key)
        assert isinstance(error, NotDelivered)
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(letter) + repr(endpoint)
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)

        assert "MARKER" not in told
        assert (None, None) == (error.__context__, error.__cause__)
        assert (type(error), error.why, error.status) == (type(again), again.why, again.status)


async def test_fuzzed_answers_never_raise_anything_else(opened: Open, letter: OutgoingLetter, key: Key) -> None:
    heads = [
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"HTTP/1.1 503 \xff\xfe\r\nRetry-After: \xff\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 No\r\nRetry-After: Mon, 99 Foo 99999 99:99:99 GMT\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 No\r\nRetry-After: 99999999999999999999999\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"",
    ]

    for head in heads:

        async def say(visit: Visit, head: bytes = head) -> None:
            await visit.raw(head)
            visit.writer.close()

        agency = await opened(say)
        once = Limits(whole_seconds=1, tries=1)
        async with Senders(center="c", clock=lambda: datetime.now(UTC), limits=once) as senders:
            found = await outcome(senders, letter, agency.endpoint, key)
        assert isinstance(found, Delivered | NotDelivered)
