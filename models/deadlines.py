"""The deadlines of a referral: what its program's registry makes of what has happened so far, at one moment. Pure.

Nothing is stored: the log and the milestones say when a deadline began and whether it was met, the catalog says how
long it runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from catalog import Deadline, Marks, Start
from models.age_lines import switches
from models.case import Case, MilestoneView, ReferralView
from models.counting import Stretches, day_of, start_of
from models.due import Due, status_of
from models.extending import Term, term_of
from models.facts import ran_by
from models.fallen import Falls, ended_meanwhile, falls, moved_on, together
from models.handing_on import clocks_of_a_draft
from models.jobs import Job, had_a_job
from models.reckoning import Reckoned, civil, opening
from models.roads import CLOSED
from models.turns import Turns
from models.vocabulary import CONTACT, Happened, ReferralState

#: Where nobody owes an open duty any more: it was withdrawn, handed on, given up or refused.
_OVER: Final = frozenset({
    ReferralState.CANCELLED,
    ReferralState.DECLINED,
    ReferralState.EXPIRED,
    ReferralState.FAILED,
    ReferralState.REDIRECTED,
})  # fmt: skip

#: What begins in these states is over as soon as the referral has left them.
_LEFT_AGAIN: Final = CLOSED | {ReferralState.DRAFTED}


def deadlines_of(
    referral: ReferralView, turns: Turns, case: Case, now: datetime, *, urgent: bool = False, before: Stretches = ()
) -> tuple[Due, ...]:
    """Return a referral's deadlines that have begun, the earliest due first.

    A draft has only what begins with its being drafted, and what runs on for the center where it was handed on; a
    referral entered in error has none. What was not met when a referral was withdrawn, declined, redirected or given up
    is owed by nobody and left out; after completion the program's deadlines go on.

    Args:
        referral: With its milestones.
        turns: Its time, up to `now`.
        case: The journey, for the catalog, the facts and what has happened elsewhere.
        now: Aware.
        urgent: Whether the agency was asked to answer within hours.
        before: When the clock of the application stood still at the offices that handed it on.
    """
    if turns.state in {None, ReferralState.ENTERED_IN_ERROR}:
        return ()
    fell = falls(case.catalog, referral.program, referral.milestones)
    looking = _Looking(referral, turns, case, now, urgent, before, fell)
    registry = case.catalog.deadlines_of(referral.program)
    if not turns.was_asked:
        registry = clocks_of_a_draft(case, referral, registry)
    found = (due for deadline in registry for due in looking.dues(deadline))
    return tuple(sorted(found, key=lambda due: (due.due_at, due.code)))


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where a deadline began: the moment, and by what.

    Attributes:
        by_state: A state began it, whose order is the log's.
        elsewhere: Another referral of the journey told what began it.
    """

    at: datetime
    by_state: bool = False
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class _Looking:
    """One look at one referral."""

    referral: ReferralView
    turns: Turns
    case: Case
    now: datetime
    urgent: bool
    before: Stretches
    #: Ends that fell on appeal, and when.
    fell: Falls[MilestoneView]

    def dues(self, deadline: Deadline) -> Iterator[Due]:
        """Yield how a deadline stands: not at all where it does not run, more than once only for an age line."""
        if deadline.urgency is not None and (deadline.urgency == "urgent") != self.urgent:
            return
        begun = self._begun(deadline)
        if begun is None or not self._holds(deadline, begun):
            return
        met_at = self._met(deadline, begun)
        if met_at is None and self._nobody_owes(begun):
            return
        calendars = self.case.catalog.calendars
        if deadline.line is not None:
            for day, note in self._lines(deadline.line, day_of(begun.at)):
                yield from self._due(deadline, begun, None, Term(opening(day)), note)
            return
        ended = ended_meanwhile(deadline, self.case.catalog, self.referral.program, self.fell, self.turns)
        stopped, since = self._stopped(deadline, ended), moved_on(deadline, begun.at, self.case.catalog, ended)
        term = term_of(deadline, self.referral, since, calendars, stopped=stopped, until=met_at or self.now)
        yield from self._due(deadline, begun, met_at, term)

    def _due(
        self, deadline: Deadline, begun: _Begun, met_at: datetime | None, term: Term, note: str = ""
    ) -> Iterator[Due]:
        reckoned, before = term.due, term.before
        if met_at is None and self._spoken_against(deadline, begun, reckoned):
            return
        yield Due(
            code=deadline.code,
            label=deadline.label,
            begun_at=begun.at,
            owed_by=deadline.owed_by if self.turns.was_asked else "center",
            force=deadline.force,
            due_raw=reckoned.raw,
            due_effective=reckoned.effective,
            due_at=reckoned.at,
            extendable_to=term.extendable_to,
            met_at=met_at,
            status=status_of(deadline, reckoned.at, met_at, self.now, held=self.turns.state is ReferralState.ON_HOLD),
            informational=deadline.informational,
            extended_from=None if before is None else before.effective,
            extended_at=term.extended_at,
            due_at_before=None if before is None else before.at,
            note=note,
        )

    def _stopped(self, deadline: Deadline, ended: Stretches) -> Stretches:
        """Return when the clock stood still: since the day of application, at the offices before, too."""
        if not deadline.stops:
            return ended
        paused = (*(self.before if deadline.start.application_date else ()), *self.turns.pauses)
        return together([*paused, *ended]) if ended else paused

    def _lines(self, line: str, since: date) -> Iterator[tuple[date, str]]:
        """Yield the days on which an age line was passed, and the next one on which it will be."""
        for switch in switches(self.case.facts.children, self.case.catalog.parameters[line], since):
            yield switch.day, "on" if switch.on else "off"
            if start_of(switch.day) > self.now:
                return

    def _begun(self, deadline: Deadline) -> _Begun | None:
        start, facts = deadline.start, self.case.facts
        if start.application_date:
            return _Begun(start_of(self.referral.application_date))
        if start.last_word:
            return self._last_word()
        if start.fact is not None:
            day = getattr(facts, start.fact)
            return None if day is None else _Begun(start_of(day))
        told = self._told(deadline)
        if told and self._often_enough(deadline):
            return _Begun(max(told))
        if start.happened is not None and (at := self._heard(deadline)) is not None:
            return _Begun(at, elsewhere=True)
        # What begins with the close runs only while the referral is closed, and a draft's only while it is one.
        ends = {*(() if self._open else CLOSED), self.turns.state}
        states = [state for state in map(ReferralState, start.states) if state not in _LEFT_AGAIN or state in ends]
        entered = self.turns.entered(states)
        return _Begun(entered[-1], by_state=True) if entered else None

    def _told(self, deadline: Deadline) -> list[datetime]:
        """Return when what begins it was told; an outcome that closes what a milestone had told begins nothing anew."""
        reached = list(self._milestones(deadline, deadline.start))
        outcomes = [(at, self.turns.taken_up_before(at)) for at in self._decisions(deadline.start)]
        new = [at for at, since in outcomes if not any((since or told) <= told <= at for told in reached)]
        return [*reached, *new]

    def _decisions(self, start: Start) -> list[datetime]:
        return [*self._outcomes(start), *self.turns.declined_for(start.declined)]

    def _last_word(self) -> _Begun | None:
        """Return when anything was last said of the referral, while it is with somebody else."""
        if not self._open or self.turns.state is ReferralState.DRAFTED:
            return None
        said = [self.turns.stays[-1].since, *(m.occurred_at for m in self.referral.milestones)]
        heard = self.referral.heard_at
        return _Begun(min(self.now, max(said if heard is None else [*said, heard])), by_state=True)

    def _heard(self, deadline: Deadline) -> datetime | None:
        """Return when what it waits for happened last; the same hire, or loss of a job, told again is no other one.

        An employer's program is about one job, whatever other jobs the client had before or after.
        """
        what = Happened(deadline.start.happened)
        if (job := self._job) is not None and what is Happened.HIRED:
            return job.since
        first = self.referral.application_date if deadline.start.since_application else date.min
        times = [at for change, at in self.case.changes_of_work() if change is what] or self.case.times(what)
        return max((at for at in times if day_of(at) >= first), default=None)

    @property
    def _job(self) -> Job | None:
        """Return the job that an employer's program is about; None for every other program."""
        if self.case.catalog.program(self.referral.program).party != "employer":
            return None
        return self.case.job_behind(self.referral)

    def _often_enough(self, deadline: Deadline) -> bool:
        """Say whether everything that must be told several times was, since the deadline was last met."""
        last_met = max([*self._milestones(deadline, deadline.until), *self._work(deadline.until)], default=None)
        told = [m for m in self.referral.milestones if last_met is None or m.occurred_at > last_met]
        often = Counter((m.lane, m.code) for m in told)
        return all(often[deadline.place(word)] >= least for word, least in deadline.start.times.items())

    @property
    def _open(self) -> bool:
        return self.turns.state not in CLOSED

    @property
    def _paid(self) -> bool:
        """Whether what this referral asked for was granted and is still paid."""
        program = self.referral.program
        return self.case.referral(program).id == self.referral.id and self.case.is_current(program)

    def _holds(self, deadline: Deadline, begun: _Begun) -> bool:
        """Say whether this version of the rule holds, and what it asks for has happened."""
        dated = self._marked(deadline, deadline.dated_by)
        if not deadline.holds_on(day_of(max(dated) if dated else begun.at)):
            return False
        return deadline.given.empty or bool(self._marked(deadline, deadline.given))

    def _spoken_against(self, deadline: Deadline, begun: _Begun, reckoned: Reckoned) -> bool:
        """Say whether something happened that leaves nothing to be done."""
        unless, plus = deadline.unless, deadline.start.plus
        if deadline.only_while is not None and not (self._open or (deadline.only_while == "current" and self._paid)):
            return True
        if unless.at_work:
            hires = [*self.case.times(Happened.HIRED), *self._marked(deadline, unless)]
            return had_a_job(hires, self.case.times(Happened.DISMISSED), begun.at, reckoned.at)
        # An outcome or an end that was overcome by an appeal speaks against nothing any more.
        against = self._marked(deadline, unless, standing=True)
        marked = [at for at in against if not unless.since or day_of(at) >= day_of(begun.at)]
        if self.referral.outcome in unless.outcomes or marked:
            return True
        if any(ran_by(self.case.facts, fact, day_of(begun.at), reckoned.effective) for fact in unless.facts):
            return True
        if unless.happened is None:
            return False
        # Of a span that runs first it is the span that must pass undisturbed: six months kept, then a year to claim.
        until = reckoned.at if plus is None else start_of(civil(day_of(begun.at), plus))
        told = [at for at in self._times_against(Happened(unless.happened)) if at > begun.at]
        return any(at < until or unless.at_any_time for at in told)

    def _times_against(self, what: Happened) -> list[datetime]:
        job = self._job if what is Happened.DISMISSED else None
        return self.case.times(what) if job is None else [job.until] if job.until is not None else []

    def _met(self, deadline: Deadline, begun: _Begun) -> datetime | None:
        """Return the first moment that meets it, on the day it began or later."""
        until = deadline.until
        told = [*self._milestones(deadline, until), *self._work(until), *self._outcomes(until)]
        met = [at for at in told if day_of(at) >= day_of(begun.at)]
        entered = self.turns.entered(map(ReferralState, until.states))
        entered += self.turns.contacts if until.contact else ()
        met += [at for at in entered if (at >= begun.at if begun.by_state else day_of(at) >= day_of(begun.at))]
        return min((at for at in met if at <= self.now), default=None)

    def _nobody_owes(self, begun: _Begun) -> bool:
        """Say whether the referral ended in a way that leaves nothing to be owed, after the deadline began here."""
        return self.turns.state in _OVER and (begun.elsewhere or begun.at < self.turns.ended_at)

    def _marked(self, deadline: Deadline, marks: Marks, *, standing: bool = False) -> list[datetime]:
        """Return when milestones were told (or those that still stand) and states were entered."""
        return [
            *self._milestones(deadline, marks, standing=standing),
            *self.turns.entered(map(ReferralState, marks.states)),
        ]

    def _milestones(self, deadline: Deadline, marks: Marks, *, standing: bool = False) -> Iterator[datetime]:
        wanted = {deadline.place(word) for word in marks.milestones}
        fell = self.fell.milestones if standing else []
        told = self.case.standing(self.referral)
        return (m.occurred_at for m in told if (m.lane, m.code) in wanted and m not in fell)

    def _work(self, marks: Marks) -> list[datetime]:
        """Return when work for the client began, went on or got further; appointments and attempts are none."""
        if not marks.work_goes_on:
            return []
        reached = (m.occurred_at for m in self.referral.milestones if m.lane != CONTACT)
        return [*self.turns.entered([ReferralState.IN_PROGRESS]), *reached]

    def _outcomes(self, marks: Marks) -> Sequence[datetime]:
        return [stay.since for stay in self.turns.stays if stay.outcome in marks.outcomes]
