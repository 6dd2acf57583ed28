"""`python -m benchmarks.transports`: what a letter costs the safe sender, over httpx's own transport and over ours.

CPU of the sender's process alone, in turn, in one run; the agency is another process that answers at once.
"""

import asyncio
import contextlib
import multiprocessing
import ssl
import statistics
import sys
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Final

import httpx

from agencies.keys import Key
from agencies.line import Limits, Line
from agencies.sender import Endpoint, OutgoingLetter, Senders
from benchmarks.wire import Server

LETTERS: Final = 2_000
AGENCIES: Final = 12
AT_ONCE: Final = 240
ROUNDS: Final = 5
_BODY: Final = b"x" * 1_200


class _OverHttpx(Senders):
    """The safe sender as it was: each line on the transport that httpx ships."""

    def _line_to(self, endpoint: Endpoint) -> Line:
        line = super()._line_to(endpoint)
        if not isinstance(line.transport, httpx.AsyncHTTPTransport):
            limits = httpx.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=15.0)
            tls = ssl.create_default_context()
            line.transport = httpx.AsyncHTTPTransport(  # pyright: ignore[reportAttributeAccessIssue] - the other one
                verify=tls, trust_env=False, limits=limits
            )
        return line


async def _microseconds(kind: type[Senders], url: str) -> float:
    """Return the microseconds of CPU that one letter takes."""
    key, limits = Key.mint(), Limits(tries=1)
    async with kind(center="bench", clock=lambda: datetime.now(UTC), limits=limits) as senders:
        endpoints = [Endpoint(f"agency-{nth}", f"{url}/referrals", ("127.0.0.0/8",)) for nth in range(AGENCIES)]

        async def send(nth: int) -> None:
            headers = {"content-type": "application/cloudevents+json", "idempotency-key": str(nth)}
            letter = OutgoingLetter(f"msg_{nth}", _BODY, headers)
            await senders.send(letter, endpoints[nth % AGENCIES], [key])

        await asyncio.gather(*(send(nth) for nth in range(AT_ONCE)))
        began = time.process_time()
        for first in range(0, LETTERS, AT_ONCE):
            await asyncio.gather(*(send(nth) for nth in range(first, min(first + AT_ONCE, LETTERS))))
        return 1e6 * (time.process_time() - began) / LETTERS


def _be_the_agency(told: Connection) -> None:
    async def serve() -> None:
        async with Server(lambda _path, _headers, _body: (202, b"{}")) as server:
            told.send(server.url)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())


def main() -> int:
    """Measure in turn and say the medians."""
    here, there = multiprocessing.Pipe()
    agency = multiprocessing.get_context("spawn").Process(target=_be_the_agency, args=(there,), daemon=True)
    agency.start()
    try:
        url = here.recv()
        kinds = {"httpx's own transport": _OverHttpx, "agencies/transport.py": Senders}
        found: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, kind in kinds.items():
                found[name].append(asyncio.run(_microseconds(kind, url)))
    finally:
        agency.terminate()
        agency.join()
    for name, each in found.items():
        sys.stdout.write(f"{name}: {statistics.median(each):.0f} µs a letter ({min(each):.0f}–{max(each):.0f})\n")
    ratios = [ours / theirs for theirs, ours in zip(*found.values(), strict=True)]
    sys.stdout.write(f"ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
