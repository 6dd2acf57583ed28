"""The player: one scenario through the real doors, desks and agencies, months in seconds, on a virtual clock."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import text

from deployments.clocks import VirtualClock
from deployments.house import House
from deployments.pretend import PretendAgencies
from deployments.rehearsal.expectations import compare
from deployments.rehearsal.findings import Finding
from deployments.rehearsal.follow_ups import FollowUps
from deployments.rehearsal.lost import ControlRoom
from deployments.rehearsal.reading import Script
from deployments.rehearsal.seeing import Scene, look
from deployments.rehearsal.shapes import AgencyWord, Entry, StaffWord
from deployments.rehearsal.timeline import Line, Timeline
from models.vocabulary import FollowUp

#: Jumps to letters that are due between two entries; beyond that the player goes on without them.
MOST_LETTERS: Final = 300
#: Follow-ups that may fire between two entries; beyond that one of them never comes to its end.
MOST_FOLLOW_UPS: Final = 3000
BREAKER_STEP: Final = timedelta(minutes=10)

#: Fields of a scenario's words that are ours, not the wire's.
_OURS: Final = {"program", "referral", "status", "occurred_at"}
_ACCEPTED: Final = 202
#: What these do puts nothing into any inbox or outbox.
_QUIET: Final = frozenset({FollowUp.DIGEST, FollowUp.KEEPING})

Tell = Callable[[datetime, Sequence[Line]], Awaitable[None]]


class Stopped(Exception):  # noqa: N818 - it names what happened
    """The rehearsal cannot go on; the text says where in the file and why."""


async def silently(_: datetime, __: Sequence[Line]) -> None:
    """Tell nobody."""


@dataclass
class Player:
    """Plays one scenario in one house, and keeps what it found."""

    house: House
    sandbox: PretendAgencies
    clock: VirtualClock
    script: Script
    tell: Tell = silently
    #: Whether each follow-up is a Prefect run; there are more than a hundred in half a year.
    follow_ups_in_prefect: bool = False
    findings: list[Finding] = field(default_factory=list[Finding])
    journey: UUID | None = None
    number: str = ""

    async def play(self) -> list[Finding]:
        """Play every entry and return all findings.

        Raises:
            Stopped: the client cannot even walk in, or work never comes to rest.
        """
        self._letter_due: datetime | None = None
        self._timeline = Timeline(self.house.engine, self.house.ground.catalog)
        # Prefect reads its environment when it is imported, and the ground has set that by now.
        from deployments.rehearsal.moments import looking_ahead  # noqa: PLC0415
        from flows.follow_up import JOBS  # noqa: PLC0415

        self._room = ControlRoom(self.sandbox.control)
        headers = {"authorization": f"Bearer {self.house.ground.safe.bearer}"}
        async with (
            looking_ahead(self.house.engine, self.house.ground.catalog) as moments,
            httpx.AsyncClient(base_url=self.house.door_url, headers=headers, timeout=30, trust_env=False) as door,
        ):
            self._follow_ups = FollowUps(moments, self.clock, JOBS, self._room.lost)
            for index, entry in enumerate(self.script.timeline):
                await self._jump(entry.at)
                if await self._one(door, index, entry):
                    await self._settle()
                await self.tell(entry.at, await self._timeline.news())
        return self.findings

    async def look(self) -> Scene:
        """Return how the journey stands now.

        Raises:
            Stopped: nobody has walked in yet.
        """
        if self.journey is None:
            raise Stopped("nobody has walked in yet")
        ground = self.house.ground
        return await look(self.house.engine, ground.catalog, self.clock, self.journey, self.sandbox.control)

    async def hold_clocks(self) -> None:
        """Set the agencies' clock to ours, which goes on."""
        await self._set_clocks(self.clock())

    async def _jump(self, moment: datetime) -> None:
        """Go to `moment`, and on the way to every time at which a letter is tried again or a follow-up fires."""
        letters = followed = 0
        while True:
            letter = self._letter_due if letters < MOST_LETTERS else None
            # A letter that is overdue waits for its agency's breaker.
            letter = letter if letter is None or letter > self.clock() else self.clock() + BREAKER_STEP
            firing = await self._follow_ups.next_due()
            if firing is not None and firing[0] <= moment and (letter is None or firing[0] <= letter):
                followed += 1
                if followed > MOST_FOLLOW_UPS:
                    raise Stopped(f"the follow-up {firing[1]} has something to do again and again")
                await self._set_clocks(firing[0])
                await self._follow_up(firing[1])
                self._follow_ups.fired[firing[1]] = firing[0]
            elif letter is not None and letter <= moment:
                letters += 1
                await self._set_clocks(letter)
                self.house.ring()
                await self._settle()
            else:
                break
        await self._set_clocks(moment)

    async def _follow_up(self, name: FollowUp) -> None:
        try:
            await self._follow_ups.run(name, with_prefect=self.follow_ups_in_prefect)
        except KeyError:
            raise Stopped(f"the follow-up {name} has no job yet") from None
        if name not in _QUIET:
            await self._settle()

    async def _set_clocks(self, moment: datetime) -> None:
        self.clock.set(moment)
        (await self.sandbox.control.put("/clock", json={"now": self.clock().isoformat()})).raise_for_status()

    async def _settle(self) -> None:
        """Wait until the desks rest, and note when the next letter is due."""
        self._follow_ups.changed()
        try:
            self._letter_due = await self.house.quiet()
        except TimeoutError:
            raise Stopped("the desks did not come to rest within a minute; see the log") from None

    async def _one(self, door: httpx.AsyncClient, index: int, entry: Entry) -> bool:
        """Let an entry happen; say whether the desks may have got work by it."""
        if entry.intake is not None:
            await self._walk_in(door)
        elif entry.staff is not None:
            await self._staff(door, index, entry.at, entry.staff)
        elif entry.agency is not None:
            await self._agency(index, entry.at, entry.agency)
        elif entry.weather is not None:
            self._room.unusual = True
            code, weather = entry.weather.agency, dict(entry.weather.weather)
            answer = await self.sandbox.control.put(f"/weather/{code}", json=weather)
            self._answered(index, entry.at, f"weather over {code}", 200, answer)
        elif entry.follow_up is not None:
            await self._follow_up(entry.follow_up)
        elif entry.expect is not None:
            await self._expect(index, entry)
        return entry.expect is None and entry.wait is None

    async def _walk_in(self, door: httpx.AsyncClient) -> None:
        key = {"idempotency-key": f"rehearsal-{self.script.scenario.scenario}"}
        answer = await door.post("/api/journeys", json=self.script.opened, headers=key)
        if not answer.is_success:
            where = f"{self.script.file}:{self.script.opened_line}"
            raise Stopped(f"{where}: the intake door answered {answer.status_code}; {_problem(answer)}")
        self.number = answer.json()["number"]
        async with self.house.engine.connect() as connection:
            self.journey = await connection.scalar(
                text("SELECT id FROM journey WHERE number = :number"), {"number": self.number}
            )

    async def _staff(self, door: httpx.AsyncClient, index: int, at: datetime, word: StaffWord) -> None:
        body = word.model_dump(mode="json", exclude_none=True, exclude=_OURS)
        body["occurred_at"] = (word.occurred_at or at).isoformat()
        if word.event == "referral_chosen":
            body["program"] = word.program
        elif word.program is not None:
            body["referral"] = await self._referral(word.program)
        key = {"idempotency-key": f"rehearsal-{self.script.scenario.scenario}-{index}"}
        answer = await door.post(f"/api/journeys/{self.number}/events", json=body, headers=key)
        self._answered(index, at, f"staff say {word.event}", word.status, answer)

    async def _agency(self, index: int, at: datetime, word: AgencyWord) -> None:
        wish: dict[str, Any] = word.model_dump(mode="json", exclude_none=True, exclude=_OURS)
        wish["occurred_at"] = (word.occurred_at or at).isoformat()
        wish["referral"] = word.referral or await self._referral(word.program or "")
        answer = await self.sandbox.control.post("/say", json=wish)
        said: dict[str, Any] = answer.json() if answer.is_success else {}
        about = f"{word.agency} says {word.event} of {word.program or word.referral}"
        self._room.unusual |= said.get("status") != _ACCEPTED
        if said.get("silenced") or said.get("held"):
            return
        actual = str(said.get("status") or f"the sandbox refused: {_problem(answer)}")
        met = actual == str(word.status)
        # Accepted goes without saying.
        if not met or word.status != _ACCEPTED:
            self._find(index, at, f"{about}: the door", str(word.status), actual, met=met)

    async def _expect(self, index: int, entry: Entry) -> None:
        if entry.expect is None:
            return
        scene = await self.look()
        for each in compare(entry.expect, scene):
            self._find(index, entry.at, each.about, each.expected, each.actual, met=each.met)

    async def _referral(self, program: str) -> str:
        """Return the number of a program's latest referral; one that cannot exist where there is none."""
        async with self.house.engine.connect() as connection:
            found: str | None = await connection.scalar(
                text("SELECT number FROM referral WHERE program = :program ORDER BY created_at DESC, id DESC LIMIT 1"),
                {"program": program},
            )
        return found or f"no-referral-for-{program}"

    def _answered(self, index: int, at: datetime, about: str, wanted: int, answer: httpx.Response) -> None:
        met = answer.status_code == wanted
        actual = str(answer.status_code) if met else f"{answer.status_code}: {_problem(answer)}"
        if not met or wanted not in {200, 202}:
            self._find(index, at, f"{about}: the answer", str(wanted), actual, met=met)

    def _find(self, index: int, at: datetime, about: str, expected: str, actual: str, *, met: bool) -> None:
        line = self.script.lines[index]
        self.findings.append(Finding(at=at, line=line, about=about, expected=expected, actual=actual, met=met))


def _problem(answer: httpx.Response) -> str:
    """Return what a problem document says, on one line; it never echoes input."""
    try:
        said = answer.json()
    except ValueError:
        return f"answer {answer.status_code} without a reason"
    wrong = "; ".join(f"{each.get('field')}: {each.get('problem')}" for each in said.get("errors") or ())
    return " ".join(str(part) for part in (said.get("detail") or said.get("title"), wrong) if part)
