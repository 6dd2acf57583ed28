"""The agencies: the load generator. It opens journeys, takes every letter, and says accepted and completed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.center import Center
from benchmarks.work import PROGRAMS, Letter, Stages, stage_of


@dataclass(slots=True)
class Story:
    """What the agencies know of one journey."""

    letters: dict[str, Letter] = field(default_factory=dict[str, Letter])
    completed: set[str] = field(default_factory=set[str])
    #: When the word that ends a stage was sent, by stage; and whether staff had to speak then.
    ended: dict[int, tuple[float, bool]] = field(default_factory=dict[int, tuple[float, bool]])
    began_at: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Seen:
    """What a run came to, in the agencies' eyes; all times in seconds.

    Attributes:
        seconds: From the first intake until nothing waited any more.
        reactions: Word that ends a stage sent → next agency called.
        staff_reactions: The same where staff had to speak.
        journeys: From intake to the last word.
        repeated: Letters that came again under their own key.
        others: Letters that are no requests.
        faults: What should not be.
    """

    seconds: float = 0.0
    reactions: list[float] = field(default_factory=list[float])
    staff_reactions: list[float] = field(default_factory=list[float])
    journeys: list[float] = field(default_factory=list[float])
    repeated: int = 0
    others: int = 0
    faults: list[str] = field(default_factory=list[str])


class Agencies:
    """All agencies of one center; `answer` is what stands behind their endpoints."""

    def __init__(self, center: Center, stages: Stages) -> None:
        """Play towards a center."""
        self._center, self._stages = center, stages
        self._stories: dict[int, Story] = {}
        self._speaking: set[asyncio.Task[None]] = set()
        self._seen = Seen()
        #: Waited for before a stage is ended.
        self.before_end: Callable[[], Awaitable[None]] | None = None

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Take a letter: 202, or 401 for what no agency would take."""
        now = time.perf_counter()
        try:
            letter = self._center.read(path, headers, body)
        except ValueError as refused:
            self._seen.faults.append(f"a letter was refused: {refused}")
            return 401, b"{}"
        if letter is None:
            self._seen.others += 1
            return 202, b"{}"
        story = self._stories.get(letter.journey)
        if story is None:
            self._seen.faults.append(f"a letter of an unknown journey: {letter.journey}")
            return 202, b"{}"
        known = story.letters.get(letter.program)
        if known is not None:
            if known.key == letter.key:
                self._seen.repeated += 1
            else:
                self._seen.faults.append(f"journey {letter.journey}: {letter.program} was asked for twice")
            return 202, b"{}"
        story.letters[letter.program] = letter
        self._time(story, letter, now)
        speaking = asyncio.get_running_loop().create_task(self._speak(letter, story))
        self._speaking.add(speaking)
        speaking.add_done_callback(self._speaking.discard)
        return 202, b"{}"

    def _time(self, story: Story, letter: Letter, now: float) -> None:
        before = stage_of(self._stages, letter.program) - 1
        ended = story.ended.pop(before, None)
        if ended is not None:
            (self._seen.staff_reactions if ended[1] else self._seen.reactions).append(now - ended[0])

    async def play(self, first: int, count: int, at_once: int, patience_seconds: float) -> Seen:
        """Play journeys `first` and those after it to their end, so many at a time; return what was seen.

        What does not come to its end in time is a fault among the others.
        """
        seen = self._seen = Seen()
        numbers = range(first, first + count)
        waiting = iter(numbers)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(patience_seconds):
                async with asyncio.TaskGroup() as places:
                    for _ in range(min(at_once, count)):
                        places.create_task(self._place(waiting))
                while not await self._center.settled(numbers):  # noqa: ASYNC110 - other processes tell us nothing
                    await asyncio.sleep(0.01)
        except TimeoutError:
            seen.faults.append(f"not everything was done within {patience_seconds:g} seconds")
        seen.seconds = time.perf_counter() - began
        for number in numbers:
            story = self._stories.pop(number, None)
            if story is None or story.completed != set(PROGRAMS):
                seen.faults.append(f"journey {number}: not every agency completed")
        if not seen.faults:
            seen.faults += await self._center.faults(numbers)
        return seen

    async def _place(self, waiting: Iterator[int]) -> None:
        for number in waiting:
            story = self._stories[number] = Story(began_at=time.perf_counter())
            await self._center.open(number)
            while len(story.completed) < len(PROGRAMS):
                story.changed.clear()
                await story.changed.wait()
            self._seen.journeys.append(time.perf_counter() - story.began_at)

    async def _speak(self, letter: Letter, story: Story) -> None:
        """Accept, then complete; what stands first in its stage is completed last."""
        await self._center.say(letter, "accepted")
        nth = stage_of(self._stages, letter.program)
        stage = self._stages[nth]
        if letter.program == stage[0]:
            while not set(stage[1:]) <= story.completed:
                story.changed.clear()
                await story.changed.wait()
            if self.before_end is not None:
                await self.before_end()
            story.ended[nth] = (time.perf_counter(), False)
        await self._center.say(letter, "completed")
        story.completed.add(letter.program)
        if letter.program == stage[0] and self._center.asks_staff(nth + 1):
            story.ended[nth] = (time.perf_counter(), True)
            await self._center.go_on(letter.journey, nth + 1)
        story.changed.set()
