"""The load generator towards a center that does what a test says: what it sees, and what it calls a fault."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence

from benchmarks.agencies import Agencies, Seen
from benchmarks.meters import Groups
from benchmarks.wire import Caller, Server
from benchmarks.work import SHAPES, Letter, Stages, stage_of


class Paper:
    """A center on paper: it asks over the real wire, and goes on when a stage is over."""

    name = "paper"

    def __init__(self, *, keys: Callable[[int], str] = str, forgets: str = "") -> None:
        self._keys, self._forgets = keys, forgets
        self._stages: Stages = ()
        self._done: dict[int, set[str]] = {}
        self._calls = 0
        self._wire: Caller | None = None

    async def start(self, agencies_url: str, stages: Stages) -> None:
        """Stand up."""
        self._stages, self._wire = stages, Caller(agencies_url)

    async def stop(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()

    async def open(self, journey: int) -> None:
        """Ask for the first stage."""
        self._done[journey] = set()
        await self.ask(journey, 0)

    async def ask(self, journey: int, stage: int, times: int = 1) -> None:
        """Ask every agency of a stage, so many times."""
        assert self._wire is not None
        for program in self._stages[stage] if stage < len(self._stages) else ():
            for _ in range(times if program != self._forgets else 0):
                self._calls += 1
                body = json.dumps({"journey": journey, "program": program}).encode()
                headers = {"idempotency-key": self._keys(self._calls)}
                assert 202 == (await self._wire.call("POST", f"/agencies/{program}/referrals", headers, body))[0]

    def asks_staff(self, stage: int) -> bool:
        """Staff never speak."""
        del stage
        return False

    async def go_on(self, journey: int, stage: int) -> None:
        """Never asked for."""
        raise AssertionError(journey, stage)

    async def say(self, letter: Letter, event: str) -> None:
        """Go on when a stage is over."""
        if event == "completed":
            self._done[letter.journey].add(letter.program)
            nth = stage_of(self._stages, letter.program)
            if set(self._stages[nth]) <= self._done[letter.journey]:
                await self.ask(letter.journey, nth + 1)

    def read(self, path: str, headers: Mapping[str, str], body: bytes) -> Letter | None:
        """Read what was asked."""
        told = json.loads(body)
        return Letter(
            journey=told["journey"],
            program=told["program"],
            referral="R-1",
            agency=path.split("/")[2],
            key=headers["idempotency-key"],
        )

    async def settled(self, journeys: Sequence[int]) -> bool:
        """Say whether all is completed."""
        return all(len(self._done[journey]) == 8 for journey in journeys)

    async def faults(self, journeys: Sequence[int]) -> list[str]:
        """It keeps no log."""
        del journeys
        return []

    def groups(self) -> Groups:
        """It has no processes."""
        return {}


async def test_journeys_are_played_to_their_end_and_every_stage_is_timed() -> None:
    center = Paper()
    for shape, reactions in (("house", 2), ("legs", 5)):
        agencies = Agencies(center, SHAPES[shape])
        async with Server(agencies.answer) as server:
            await center.start(server.url, SHAPES[shape])
            seen = await agencies.play(1, 6, 3, 10)
            await center.stop()

        assert [] == seen.faults
        assert (6, 6 * reactions, 0) == (len(seen.journeys), len(seen.reactions), seen.repeated)
        assert all(0 < reaction < seen.seconds for reaction in seen.reactions)


async def test_a_referral_that_is_asked_for_under_two_keys_is_a_fault() -> None:
    class Twice(Paper):
        async def ask(self, journey: int, stage: int, times: int = 1) -> None:
            await super().ask(journey, stage, times + (stage == 1))

    seen = await _played(Twice())

    assert ["journey 1: job-placement was asked for twice"] == seen.faults


async def test_a_letter_that_comes_again_under_its_key_is_counted() -> None:
    class Again(Paper):
        async def ask(self, journey: int, stage: int, times: int = 1) -> None:
            await super().ask(journey, stage, times + (stage == 1))

    seen = await _played(Again(keys=lambda _: "always the same"))

    assert ([], 1) == (seen.faults, seen.repeated)


async def test_a_journey_that_does_not_end_is_a_fault() -> None:
    seen = await _played(Paper(forgets="employment-promotion-subsidy"), patience_seconds=0.5)

    assert ["not everything was done within 0.5 seconds", "journey 1: not every agency completed"] == seen.faults


async def test_answers_in_chunks_are_read() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nab")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"cd\r\n2\r\nef\r\n0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        caller = Caller(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        answer = await caller.call("GET", "/", {})
        caller.close()

    assert (200, b"abcdef") == answer


async def _played(center: Paper, patience_seconds: float = 10) -> Seen:
    agencies = Agencies(center, SHAPES["house"])
    async with Server(agencies.answer) as server:
        await center.start(server.url, SHAPES["house"])
        seen = await agencies.play(1, 1, 1, patience_seconds)
        await center.stop()
    return seen
