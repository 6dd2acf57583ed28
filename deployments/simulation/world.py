"""The world: every agency of the simulation, what it was asked, and what it will say when.

It shares nothing with the center but what goes over the wire: letters come in, words go out.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final

from catalog import Catalog
from deployments.simulation.behavior import Behavior, Course, Manner, SpokenStep
from deployments.simulation.dice import Dice
from models.counting import SEOUL

_OPENS: Final = time(9)
_CLOSES: Final = time(18)
_MORNING: Final = time(9, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it reaches an agency."""

    agency: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, order=True, slots=True)
class Word:
    """Something an agency says at a moment; `id` is its own number for it."""

    at: datetime
    id: str
    agency: str = field(compare=False)
    referral: str = field(compare=False)
    event: str = field(compare=False)
    data: Mapping[str, str] = field(compare=False)


@dataclass(slots=True)
class _Asked:
    """One referral as its agency has it."""

    agency: str
    program: str
    journey: str
    said: int = 0
    #: Steps that are still to be said; the next one is on the heap, unless it is silent.
    ahead: list[SpokenStep] = field(default_factory=list[SpokenStep])
    stopped: bool = False
    #: Whoever is silent says nothing until reminded.
    silent: bool = False
    reminded: int = 0
    #: What was planned before the course changed counts for nothing.
    turn: int = 0


@dataclass(frozen=True, slots=True)
class _Planned:
    """A step on its way."""

    referral: str
    asked: _Asked
    turn: int
    step: SpokenStep


class World:
    """All agencies; deterministic for a seed."""

    def __init__(self, catalog: Catalog, behavior: Behavior, seed: int, begins: datetime, ends: datetime) -> None:
        """Take the catalog (programs, calendars), how agencies behave, and the span of the simulation."""
        self._catalog, self._behavior, self._seed = catalog, behavior, seed
        self._begins, self._ends = begins, ends
        self._asked: dict[str, _Asked] = {}
        self._hired: set[str] = set()
        self._ahead: list[tuple[datetime, str, _Planned]] = []

    @property
    def next_at(self) -> datetime | None:
        """When somebody will say something next, or None."""
        return self._ahead[0][0] if self._ahead else None

    def hear(self, letter: Letter, journey: str, now: datetime) -> None:
        """Let an agency read a letter."""
        match letter.type:
            case "referral.requested":
                self._take(letter, journey, now)
            case "referral.cancelled" | "referral.cancel_requested":
                self._stop(str(letter.data["referral"]), now, confirm=letter.type.endswith("cancel_requested"))
            case "referral.reminded":
                for each in letter.data.get("referrals", ()):
                    self._wake(str(each["referral"]), now)
            case _:
                return

    def say(self, until: datetime) -> Iterator[Word]:
        """Yield everything that is said up to a moment, in order."""
        while self._ahead and self._ahead[0][0] <= until:
            at, _, planned = heapq.heappop(self._ahead)
            if planned.turn == planned.asked.turn and self._asked[planned.referral] is planned.asked:
                yield self._speak(at, planned.referral, planned.step)

    def _take(self, letter: Letter, journey: str, now: datetime) -> None:
        referral, program = str(letter.data["referral"]), str(letter.data["program"])
        before = self._asked.get(referral)
        said = 0 if before is None else before.said
        dice, manner = Dice(self._seed, referral, said), self._behavior.of(letter.agency)
        asked = _Asked(letter.agency, program, journey, said=said, turn=0 if before is None else before.turn + 1)
        self._asked[referral] = asked
        course = list(self._course(dice, program).steps)
        if dice.happens(manner.declines):
            reasons = [
                code for code, r in self._catalog.program(program).decline_reasons.items() if r.whose == "agency"
            ]
            reason = dice.one_of([(code, 1.0) for code in sorted(reasons)])
            course = [SpokenStep(days=manner.answers, event="declined", reason=reason)]
        elif course[0].event not in {"declined", "waitlisted"}:
            course.insert(0, SpokenStep(days=manner.answers, event="accepted"))
        asked.ahead = course
        part = (now - self._begins) / (self._ends - self._begins)
        asked.silent = dice.happens(manner.silent) or manner.silent_from <= part < manner.silent_to
        if not asked.silent:
            self._plan(referral, asked, now)

    def _course(self, dice: Dice, program: str) -> Course:
        return dice.one_of([(course, course.weight) for course in self._behavior.programs[program]])

    def _stop(self, referral: str, now: datetime, *, confirm: bool) -> None:
        asked = self._asked.get(referral)
        if asked is None or asked.stopped:
            return
        asked.turn += 1
        asked.silent, asked.ahead = False, []
        if confirm:
            asked.ahead = [SpokenStep(days=(0.1, 2.0), event="cancelled")]
            self._plan(referral, asked, now)
        asked.stopped = True

    def _wake(self, referral: str, now: datetime) -> None:
        asked = self._asked.get(referral)
        if asked is None or not asked.silent or asked.stopped:
            return
        asked.reminded += 1
        dice = Dice(self._seed, referral, "reminder", asked.reminded)
        if dice.happens(self._behavior.of(asked.agency).wakes):
            asked.silent = False
            self._plan(referral, asked, now)

    def _plan(self, referral: str, asked: _Asked, after: datetime) -> None:
        """Put the next step on the heap."""
        if not asked.ahead:
            return
        step = asked.ahead.pop(0)
        dice = Dice(self._seed, referral, asked.said, step.event, step.milestone)
        manner = self._behavior.of(step.by or asked.agency)
        at = self._working(after + dice.days(*step.days) * self._pace(manner, after), dice)
        key = f"{referral}:{asked.said:03d}:{asked.turn:03d}"
        heapq.heappush(self._ahead, (at, key, _Planned(referral, asked, asked.turn, step)))

    def _pace(self, manner: Manner, now: datetime) -> float:
        """Return how much slower than at the beginning an agency has become: it drifts."""
        part = (now - self._begins) / (self._ends - self._begins)
        return 1.0 + (manner.drift - 1.0) * part

    def _working(self, at: datetime, dice: Dice) -> datetime:
        """Move a moment into an office's hours."""
        here = at.astimezone(SEOUL)
        if here.time() >= _CLOSES:
            here = datetime.combine(here.date() + timedelta(days=1), _MORNING, SEOUL)
        elif here.time() < _OPENS:
            here = datetime.combine(here.date(), _MORNING, SEOUL)
        calendar = self._catalog.calendars["office"]
        while calendar.closed_on(here.date()) is not None:
            here = datetime.combine(here.date() + timedelta(days=1), _MORNING, SEOUL)
        return here + timedelta(minutes=dice.number(0, 20))

    def _speak(self, at: datetime, referral: str, step: SpokenStep) -> Word:
        asked = self._asked[referral]
        data = {name: value for name, value in (("milestone", step.milestone), ("reason", step.reason)) if value}
        if step.milestone is not None:
            data["lane"] = step.lane
        if step.outcomes:
            data["outcome"] = self._outcome(referral, asked, step)
            if self._means_hired(asked.program, data["outcome"]):
                self._hired.add(asked.journey)
        asked.said += 1
        word = Word(at, f"{referral}:{asked.said:03d}", step.by or asked.agency, referral, step.event, data)
        self._plan(referral, asked, at)
        return word

    def _outcome(self, referral: str, asked: _Asked, step: SpokenStep) -> str:
        if step.if_hired is not None and asked.journey in self._hired:
            return step.if_hired
        choices: Sequence[str] = step.one_of or ((step.outcome or ""),)
        return Dice(self._seed, referral, "outcome").one_of([(each, 1.0) for each in choices])

    def _means_hired(self, program: str, outcome: str) -> bool:
        return self._catalog.program(program).outcome(outcome).means == "hired"
