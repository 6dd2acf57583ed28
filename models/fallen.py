"""Decisions that fell: an upheld appeal takes back the end of a benefit; the milestone itself stays told. Pure.

Which decisions can be appealed the catalog's rights say (`right` in the lane of the appeal): what they run from is the
decision, what meets them the filing. An upheld appeal is about the last decision before it was filed, and about earlier
ones whose time to object still ran then: the stop and the reclaim that came with it. Where no filing was told, the
moment at which it was upheld stands in for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from catalog import Catalog, Deadline, Program
from models.counting import Stretches, day_of, days_stopped
from models.reckoning import reckon
from models.turns import Turns


class Told(Protocol):
    """A milestone, as it was told."""

    @property
    def lane(self) -> str:
        """Return its lane."""
        ...

    @property
    def code(self) -> str:
        """Return its code."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """Return when it was reached."""
        ...


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Falls(Generic[T]):
    """What fell of a referral.

    Attributes:
        upheld: When its appeals were upheld, in order.
        decisions: Milestones that were taken back, each with when that was.
    """

    upheld: tuple[datetime, ...] = ()
    decisions: tuple[tuple[T, datetime], ...] = ()

    @property
    def milestones(self) -> list[T]:
        """Return what was taken back."""
        return [told for told, _ in self.decisions]


def falls(catalog: Catalog, program: str, milestones: Sequence[T]) -> Falls[T]:
    """Return the decisions among a referral's milestones that fell on appeal, and when.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    entry = catalog.program(program)
    upheld = sorted(m.occurred_at for m in milestones if _reopens(entry, m))
    if not upheld:
        return Falls()
    rights = rights_of(catalog, program)
    decided = [(m, right) for right in rights for m in milestones if _decides(right, m)]
    filed = [m.occurred_at for right in rights for m in milestones if _files(right, m)]
    found: dict[tuple[str, str, datetime], tuple[T, datetime]] = {}
    for last, at in zip([None, *upheld], upheld, strict=False):
        filings = [each for each in filed if each <= at and (last is None or each > last)] or [at]
        for m in (m for filing in filings for m in _about(decided, filing, catalog) if m.occurred_at < at):
            found.setdefault((m.lane, m.code, m.occurred_at), (m, at))
    return Falls(tuple(upheld), tuple(found.values()))


def standing(catalog: Catalog, program: str, milestones: Sequence[T]) -> tuple[T, ...]:
    """Return a referral's milestones without the decisions that fell.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    fell = falls(catalog, program, milestones).milestones
    return tuple(m for m in milestones if m not in fell)


def rights_of(catalog: Catalog, program: str) -> list[Deadline]:
    """Return the client's rights to appeal: those in a lane in which an appeal can be upheld.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    lanes = catalog.program(program).lanes
    appeals = {lane for lane, steps in lanes.items() if any(step.reopens for step in steps)}
    return [deadline for deadline in catalog.deadlines_of(program) if deadline.right and deadline.lane in appeals]


def ended_meanwhile(deadline: Deadline, catalog: Catalog, program: str, fell: Falls[T], turns: Turns) -> Stretches:
    """Return when what a deadline hangs on had ended, until the appeal against its end was upheld, in order.

    What opens, or has a day of its own in the calendar, knows no standing still.
    """
    if deadline.opens or deadline.length is None:
        return ()
    entry, against = catalog.program(program), set(map(deadline.place, deadline.unless.milestones))
    paid = deadline.only_while == "current"
    ended = [
        (m.occurred_at, at)
        for m, at in fell.decisions
        if (m.lane, m.code) in against or (paid and entry.milestone(m.lane, m.code).ends)
    ]
    if deadline.only_while is not None:
        outcomes = {word for right in rights_of(catalog, program) for word in right.start.outcomes}
        closed = [stay for stay in turns.stays[:-1] if stay.outcome in outcomes]
        again = [next((at for at in fell.upheld if at > stay.since), stay.until) for stay in closed]
        ended += [(stay.since, min(at, stay.until)) for stay, at in zip(closed, again, strict=True)]
    return together(ended)


def together(stretches: Stretches) -> Stretches:
    """Return stretches of time in order and apart from each other, whatever they were."""
    apart: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(stretches):
        if apart and begins <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(ends, apart[-1][1])
        elif begins < ends:
            apart.append((begins, ends))
    return tuple(apart)


def moved_on(deadline: Deadline, begun_at: datetime, catalog: Catalog, ended: Stretches) -> datetime:
    """Return where a deadline after a first span begins to count: what was not paid meanwhile, is paid after."""
    if deadline.start.plus is None or not ended:
        return begun_at
    due = reckon(deadline, begun_at, catalog.calendars)
    return begun_at + timedelta(days=days_stopped(day_of(begun_at), due.raw, ended))


def _about(decided: Sequence[tuple[T, Deadline]], filing: datetime, catalog: Catalog) -> Iterator[T]:
    """Yield what an appeal is about: the last decision before it was filed, and those it was in time for."""
    before = [(m, right) for m, right in decided if m.occurred_at <= filing]
    last = max((m.occurred_at for m, _ in before), default=None)
    for m, right in before:
        if m.occurred_at == last or filing < reckon(right, m.occurred_at, catalog.calendars).at:
            yield m


def _reopens(entry: Program, told: Told) -> bool:
    return any(step.reopens for step in entry.lanes.get(told.lane, ()) if step.code == told.code)


def _decides(right: Deadline, told: Told) -> bool:
    """Say whether a right runs from a milestone; the answer to an appeal is no decision of its own."""
    return told.lane != right.lane and (told.lane, told.code) in map(right.place, right.start.milestones)


def _files(right: Deadline, told: Told) -> bool:
    return (told.lane, told.code) in map(right.place, right.until.milestones)
