"""The year: one simulation from its first day to its last, slot by slot, on a clock that stands between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from sqlalchemy import text

from deployments.simulation.behavior import read_behavior
from deployments.simulation.center import Center
from deployments.simulation.clock import SteppedClock
from deployments.simulation.population import Person, population
from deployments.simulation.staff import Staff
from deployments.simulation.world import World
from flows.follow_up import JOBS
from models.counting import CLOSES_AT, SEOUL, day_of
from models.schedules import last_hour
from models.vocabulary import BY_AGENDA, FollowUp
from tasks.toolbox import Toolbox

#: When the day's work is done, Asia/Seoul: what came since the last time is heard then. The first is after the digest.
SLOTS: Final = (time(8, 15), time(10), time(13), time(16), time(18, 15))
_MORNING: Final = time(10)
_A_DAY: Final = timedelta(days=1)
_A_MONDAY: Final = datetime(2025, 1, 6, 12, tzinfo=SEOUL)
#: Follow-ups of night and morning, in the order of their schedule; `overdue` runs whenever the center is open.
_DAILY: Final = tuple(sorted(set(FollowUp) - {FollowUp.OVERDUE}, key=lambda name: last_hour(name, _A_MONDAY).time()))

#: Only these go by the agenda, and have nothing to do before its next date.
_BY_AGENDA: Final = frozenset(BY_AGENDA)

_NEXT_LOOK: Final = text("SELECT min(look_at) FROM agenda")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far it has come, for the progress line."""

    day: date
    clients: int
    events: int
    moves: int
    letters: int


Progress = Callable[[Told], None]


def by_this_morning(at: datetime) -> tuple[FollowUp, ...]:
    """Return the follow-ups of the night and morning that their schedules name for a day, in order."""
    return tuple(name for name in _DAILY if at - last_hour(name, at) < _A_DAY)


class Year:
    """One simulation."""

    def __init__(self, tools: Toolbox, clock: SteppedClock, *, seed: int, clients: int, first: date, days: int) -> None:
        """Take the toolbox of an empty database, whose clock is `clock`."""
        begins = datetime.combine(first, time(), SEOUL)
        self.first, self.last = first, first + timedelta(days=days - 1)
        self._clock, self._tools = clock, tools
        self.center = Center(tools)
        self._world = World(tools.catalog, read_behavior(tools.catalog), seed, begins, begins + timedelta(days=days))
        self._to_come: list[Person] = population(seed, clients, first, days)[::-1]
        self._people: dict[str, Person] = {}
        self._staff = Staff(self.center, self._people, seed)

    async def run(self, progress: Progress) -> None:
        """Live through every day.

        Args:
            progress: Called at the end of each month.

        Raises:
            Unsettled: The desks do not come to rest.
            sqlalchemy.exc.SQLAlchemyError: The database is away.
        """
        days = [self.first + timedelta(days=nth) for nth in range((self.last - self.first).days + 1)]
        for day, next_day in pairwise([*days, days[-1] + timedelta(days=1)]):
            for slot in SLOTS:
                await self._slot(day, slot)
            if next_day.month != day.month or day == self.last:
                center = self.center
                progress(
                    Told(
                        day=day,
                        clients=len(self._people),
                        events=center.events,
                        moves=center.moves,
                        letters=center.letters,
                    )
                )

    async def _slot(self, day: date, slot: time) -> None:
        at = datetime.combine(day, slot, SEOUL)
        open_day = self._tools.catalog.calendars["center"].closed_on(day) is None
        coming = self._coming(at)
        words_wait = self._world.next_at is not None and self._world.next_at <= at
        if coming or words_wait:
            for person in coming:
                self._clock.set(person.comes_at)
                self._people[await self.center.walk_in(person)] = person
            self._clock.set(at)
            await self.center.agencies_say(list(self._world.say(at)))
            await self._work()
        self._clock.set(at)
        if open_day and slot == _MORNING:
            await self._staff.morning(self._clock())
            await self._work()
        await self._follow(slot, open_day=open_day)

    def _coming(self, at: datetime) -> Sequence[Person]:
        coming: list[Person] = []
        while self._to_come and self._to_come[-1].comes_at <= at:
            coming.append(self._to_come.pop())
        return coming

    async def _follow(self, slot: time, *, open_day: bool) -> None:
        overdue = (FollowUp.OVERDUE,) if open_day and slot < CLOSES_AT else ()
        wanted = by_this_morning(self._clock()) if slot == SLOTS[0] else overdue
        async with self._tools.engine.connect() as connection:
            next_look: datetime | None = await connection.scalar(_NEXT_LOOK)
        if next_look is None or next_look > self._clock():
            wanted = tuple(each for each in wanted if each not in _BY_AGENDA)
        for follow_up in wanted:
            if follow_up in JOBS:
                await JOBS[follow_up](self._tools, self._clock())
        if wanted:
            await self._work()

    async def _work(self) -> None:
        """Let the center rest; what reaches an agency in the meantime is heard there."""
        for letter, journey in await self.center.work():
            self._world.hear(letter, journey, self._clock())

    @property
    def today(self) -> date:
        """The day it has come to."""
        return day_of(self._clock())
