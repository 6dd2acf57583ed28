"""The deadlines of a referral: what its program's registry makes of what has happened so far, at one moment. Pure.

Nothing is stored: the log and the milestones say when a deadline began and whether it was met, the catalog says how
long it runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from catalog import Deadline, Marks
from models.case import Case, ReferralView
from models.counting import day_of, start_of
from models.due import Due, DueStatus
from models.reckoning import Reckoned, extended, reckon
from models.roads import CLOSED
from models.turns import Turns
from models.vocabulary import Happened, ReferralState

#: Where nobody owes an open duty any more: it was withdrawn, handed on, given up or refused.
_OVER: Final = frozenset({
    ReferralState.CANCELLED,
    ReferralState.DECLINED,
    ReferralState.EXPIRED,
    ReferralState.FAILED,
    ReferralState.REDIRECTED,
})  # fmt: skip


def deadlines_of(
    referral: ReferralView, turns: Turns, case: Case, now: datetime, *, urgent: bool = False
) -> tuple[Due, ...]:
    """Return a referral's deadlines that have begun, the earliest due first.

    A draft has none, nor has a referral entered in error. What was not met when a referral was withdrawn, declined,
    redirected or given up is owed by nobody and left out; after completion the program's deadlines go on.

    Args:
        referral: With its milestones.
        turns: Its time, up to `now`.
        case: The journey, for the catalog, the facts and what has happened elsewhere.
        now: Aware.
        urgent: Whether the agency was asked to answer within hours.
    """
    if not turns.was_asked or turns.state is ReferralState.ENTERED_IN_ERROR:
        return ()
    looking = _Looking(referral, turns, case, now, urgent)
    found = (looking.due(deadline) for deadline in case.catalog.deadlines_of(referral.program))
    return tuple(sorted((due for due in found if due is not None), key=lambda due: (due.due_at, due.code)))


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where a deadline began: the moment, and whether a state began it (whose order is the log's)."""

    at: datetime
    by_state: bool = False


@dataclass(frozen=True, slots=True)
class _Looking:
    """One look at one referral."""

    referral: ReferralView
    turns: Turns
    case: Case
    now: datetime
    urgent: bool

    def due(self, deadline: Deadline) -> Due | None:
        """Return how a deadline stands, or None where it does not run for this referral."""
        if deadline.urgency is not None and (deadline.urgency == "urgent") != self.urgent:
            return None
        begun = self._begun(deadline)
        if begun is None or not self._holds(deadline, begun):
            return None
        met_at = self._met(deadline, begun)
        if met_at is None and (self._nobody_owes(begun) or self._spoken_against(deadline)):
            return None
        calendars = self.case.catalog.calendars
        reckoned = reckon(deadline, begun.at, calendars, self.turns.pauses if deadline.stops else ())
        return Due(
            code=deadline.code,
            label=deadline.label,
            owed_by=deadline.owed_by,
            force=deadline.force,
            due_raw=reckoned.raw,
            due_effective=reckoned.effective,
            due_at=reckoned.at,
            extendable_to=extended(deadline, reckoned, calendars),
            met_at=met_at,
            status=self._status(deadline, reckoned, met_at),
            informational=deadline.informational,
        )

    def _begun(self, deadline: Deadline) -> _Begun | None:
        start, facts = deadline.start, self.case.facts
        if start.application_date:
            return _Begun(start_of(self.referral.application_date))
        if start.fact is not None:
            day = getattr(facts, start.fact)
            return None if day is None else _Begun(start_of(day))
        told = [*self._milestones(deadline, start), *self._outcomes(start)]
        if told and self._often_enough(deadline):
            return _Begun(max(told))
        if start.happened is not None and (at := self.case.happened(Happened(start.happened))) is not None:
            too_early = start.since_application and day_of(at) < self.referral.application_date
            return None if too_early else _Begun(at)
        # What begins with the close runs only while the referral is closed.
        states = [state for state in map(ReferralState, start.states) if state not in CLOSED or not self._open]
        entered = self.turns.entered(states)
        return _Begun(entered[-1], by_state=True) if entered else None

    def _often_enough(self, deadline: Deadline) -> bool:
        """Say whether everything that must be told several times was, since the deadline was last met."""
        last_met = max(self._milestones(deadline, deadline.until), default=None)
        told = [m for m in self.referral.milestones if last_met is None or m.occurred_at > last_met]
        often = Counter((m.lane, m.code) for m in told)
        return all(often[deadline.place(word)] >= least for word, least in deadline.start.times.items())

    @property
    def _open(self) -> bool:
        return self.turns.state not in CLOSED

    def _holds(self, deadline: Deadline, begun: _Begun) -> bool:
        """Say whether this version of the rule holds, and what it asks for has happened."""
        dated = self._marked(deadline, deadline.dated_by)
        if not deadline.holds_on(day_of(max(dated) if dated else begun.at)):
            return False
        return deadline.given.empty or self._are_so(deadline.given) or bool(self._marked(deadline, deadline.given))

    def _spoken_against(self, deadline: Deadline) -> bool:
        """Say whether something happened that leaves nothing to be done."""
        unless = deadline.unless
        # An outcome that was overcome by an appeal speaks against nothing any more.
        overcome = self.referral.outcome in unless.outcomes or self._are_so(unless)
        return overcome or bool(self._marked(deadline, unless))

    def _are_so(self, marks: Marks) -> bool:
        return any(getattr(self.case.facts, fact) is True for fact in marks.facts)

    def _met(self, deadline: Deadline, begun: _Begun) -> datetime | None:
        """Return the first moment that meets it, on the day it began or later."""
        told = [*self._milestones(deadline, deadline.until), *self._outcomes(deadline.until)]
        met = [at for at in told if day_of(at) >= day_of(begun.at)]
        entered = self.turns.entered(map(ReferralState, deadline.until.states))
        met += [at for at in entered if (at >= begun.at if begun.by_state else day_of(at) >= day_of(begun.at))]
        return min((at for at in met if at <= self.now), default=None)

    def _nobody_owes(self, begun: _Begun) -> bool:
        """Say whether the referral ended in a way that leaves nothing to be owed, after the deadline began."""
        return self.turns.state in _OVER and begun.at < self.turns.ended_at

    def _status(self, deadline: Deadline, due: Reckoned, met_at: datetime | None) -> DueStatus:
        if deadline.opens:
            return DueStatus.MET if met_at else DueStatus.OPEN if self.now >= due.at else DueStatus.RUNNING
        if (met_at or self.now) >= due.at:
            if deadline.informational:
                return DueStatus.INFORMATIONAL_LATE
            unused = DueStatus.LAPSED if deadline.right else DueStatus.LATE
            return DueStatus.MET_LATE if met_at else unused
        if met_at is not None:
            return DueStatus.MET
        held = deadline.stops and self.turns.state is ReferralState.ON_HOLD
        return DueStatus.PAUSED if held else DueStatus.RUNNING

    def _marked(self, deadline: Deadline, marks: Marks) -> list[datetime]:
        """Return when milestones were told and states were entered."""
        return [*self._milestones(deadline, marks), *self.turns.entered(map(ReferralState, marks.states))]

    def _milestones(self, deadline: Deadline, marks: Marks) -> Iterator[datetime]:
        wanted = {deadline.place(word) for word in marks.milestones}
        return (m.occurred_at for m in self.referral.milestones if (m.lane, m.code) in wanted)

    def _outcomes(self, marks: Marks) -> Sequence[datetime]:
        return [stay.since for stay in self.turns.stays if stay.outcome in marks.outcomes]
