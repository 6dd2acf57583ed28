"""A second, independent chaser's calendar, and a player that asks the chase at any moments and keeps what it does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from catalog import Calendar, Deadline, FollowStep
from models.case import ReferralView
from models.chasing import Chase, Done, Matter
from models.due import Due, DueStatus
from models.vocabulary import Desk, ReferralState
from tests.story.people import known

KNOWN: Final = known()
SEOUL: Final = ZoneInfo("Asia/Seoul")
REGISTRY: Final = {deadline.code: deadline for deadline in KNOWN.deadlines}
#: Every course there is: deadline, program of its own course or none, steps.
COURSES: Final = [
    (code, program, course.steps)
    for code, plan in KNOWN.follow_ups.items()
    for program, course in ((None, plan), *plan.programs.items())
    if course.steps
]

#: What is tried: the chase, or one with a fault.
Chaser = Callable[[Matter, Done, datetime, Mapping[str, Calendar]], Chase]


def morning(day: date) -> datetime:
    """Return the first moment of a day in Seoul."""
    return datetime.combine(day, time(), SEOUL).astimezone(UTC)


def closed(day: date) -> bool:
    return KNOWN.calendars["center"].closed_on(day) is not None


def earliest(step: FollowStep, deadline: Deadline, due_day: date, due_at: datetime) -> datetime:
    """Count by hand when an unmet step may be done at the earliest, its first time."""
    length = step.before or step.after
    if length is None:
        return due_at
    sign = -1 if step.before else 1
    if length.hours is not None:
        if deadline.count != "working_hours":
            return due_at + sign * timedelta(hours=length.hours)
        return due_at
    if length.working_days is not None:
        day, left = due_day, length.working_days
        while left:
            day += timedelta(days=1)
            left -= not closed(day)
        return morning(day)
    if length.days is not None:
        return morning(due_day + sign * timedelta(days=length.days))
    months = due_day.year * 12 + due_day.month - 1 + sign * (length.months or 0)
    # The day before the same number, at the earliest; months of different lengths differ by three days.
    return morning(date(months // 12, months % 12 + 1, 1) + timedelta(days=due_day.day - 4))


@dataclass(kw_only=True)
class Played:
    """One deadline, followed from any moment to any other."""

    code: str
    program: str | None
    due_day: date
    met_at: datetime | None
    chaser: Chaser
    done: dict[int, datetime] = field(default_factory=dict[int, datetime])
    acts: list[tuple[int, str, datetime]] = field(default_factory=list[tuple[int, str, datetime]])

    @property
    def deadline(self) -> Deadline:
        """The deadline's entry."""
        return REGISTRY[self.code]

    @property
    def steps(self) -> Sequence[FollowStep]:
        """Its course."""
        return KNOWN.follow_ups[self.code].course_of(self.program or "").steps

    @property
    def due_at(self) -> datetime:
        """The first moment that is late, or from which it is open."""
        return morning(self.due_day + timedelta(days=0 if self.deadline.opens else 1))

    def due(self, now: datetime) -> Due:
        """Return how it stands at a moment."""
        met = self.met_at if self.met_at is not None and self.met_at <= now else None
        late = (met or now) >= self.due_at
        if self.deadline.opens:
            status = DueStatus.MET if met else DueStatus.OPEN if late else DueStatus.RUNNING
        elif late:
            unused = DueStatus.LAPSED if self.deadline.right else DueStatus.LATE
            status = DueStatus.MET_LATE if met else unused
        else:
            status = DueStatus.MET if met else DueStatus.RUNNING
        return Due(
            code=self.code,
            label=self.deadline.label,
            begun_at=morning(date.min + timedelta(days=1)),
            owed_by=self.deadline.owed_by,
            force=self.deadline.force,
            due_raw=self.due_day,
            due_effective=self.due_day,
            due_at=self.due_at,
            extendable_to=None,
            met_at=met,
            status=status,
            informational=False,
        )

    def ask(self, now: datetime) -> datetime | None:
        """Ask the chase once, and return when to ask again; every ask is held to what must always be so."""
        referral = ReferralView(
            id=UUID(int=7),
            program=self.program or next(iter(self.deadline.programs), "job-placement"),
            agency="microfinance-desk",
            desk=Desk.INTAKE,
            application_date=self.due_day,
            number="R-2017-000001-0",
            state=ReferralState.RECEIVED,
        )
        matter = Matter(referral=referral, due=self.due(now), deadline=self.deadline, steps=tuple(self.steps))
        found = self.chaser(matter, dict(self.done), now, KNOWN.calendars)
        for act in found.acts:
            assert act.step not in self.done, f"step {act.step} is done twice"
            self.done[act.step] = now
            self.acts.append((act.step, act.does, now))
            self._in_time(act.step, now)
        assert found.next_at is None or found.next_at > now, "the next look lies in the past"
        return found.next_at

    def _in_time(self, number: int, now: datetime) -> None:
        step = self.steps[min(number, len(self.steps)) - 1]
        if step.when == "met_late":
            assert self.met_at is not None, "nothing was met"
            assert self.due_at <= self.met_at <= now, "it was not met late"
            return
        assert self.met_at is None or now < self.met_at, f"step {number} is done although it was met"
        assert not (self.deadline.right and now >= self.due_at), f"step {number} warns of what has lapsed"
        assert now >= earliest(step, self.deadline, self.due_day, self.due_at), f"step {number} is done too early"
        if step.does in {"remind", "expire", "supervisor"}:
            assert not closed(now.astimezone(SEOUL).date()), f"step {number} is done on a closed day"

    def play(self, asks: Iterable[datetime], until: datetime) -> frozenset[tuple[int, str]]:
        """Ask at these moments in this order, then at each next moment until the end; return the steps done."""
        moment: datetime | None = None
        for ask in asks:
            moment = self.ask(ask)
        moment = self.ask(until - timedelta(days=600)) if moment is None else moment
        while moment is not None and moment <= until:
            moment = self.ask(moment)
        self.ask(until)
        return frozenset((step, does) for step, does, _ in self.acts)
