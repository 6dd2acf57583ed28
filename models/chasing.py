"""Chasing: which steps about which deadlines are due now, which notices stand, and when to look again. Pure.

Level-triggered: it is asked anew each time, knows what was done by the steps' own record, and gives the same steps
whenever and however often it is asked. Each step is keyed by referral, deadline, due moment and its number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from catalog import Calendar, Deadline, FollowStep
from models.case import ReferralView
from models.counting import day_of, next_working_day, start_of
from models.due import Due, DueStatus
from models.reckoning import CENTER
from models.roads import ROADS
from models.stepping import Rung, rungs
from models.vocabulary import ReferralEvent, ReferralState

#: Where the agency has nothing, or waits for the client: it is not reminded.
_NOT_WITH_AGENCY: Final = frozenset({ReferralState.DRAFTED, ReferralState.REQUESTED, ReferralState.ON_HOLD})
#: Who is not written to, and given up, while the center is closed.
_IN_OPENING_DAYS: Final = frozenset({"remind", "expire", "supervisor"})
#: What keeps its distance from the last reminder.
_KEEPS_DISTANCE: Final = frozenset({"remind", "expire"})

#: When steps of one deadline were done, by their number.
Done = Mapping[int, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One deadline of one referral that a follow-up looks after.

    Attributes:
        steps: What the catalog says is done about it, in order.
        spoken: The agency has said something that no desk has taken yet: it is not silent.
        writable: Letters reach the agency; one that is only mirrored is spoken to by staff.
        answered: Something was heard of the referral after this was met.
        rests: The journey rests: nothing is asked anew.
        awaited: The client has missed appointments, and it is waited whether they are heard of again.
    """

    referral: ReferralView
    due: Due
    deadline: Deadline
    steps: tuple[FollowStep, ...]
    spoken: bool = False
    writable: bool = True
    answered: bool = False
    awaited: bool = False
    rests: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A step to be done now, once."""

    referral: ReferralView
    due: Due
    step: int
    does: str
    #: Why it is given up, where it is.
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A notice that should be open now; what stands no longer settles by itself.

    Attributes:
        nth: 2, 3 … where the same is told again about the same deadline.
    """

    referral: ReferralView
    due: Due
    notice: str
    nth: int = 1


@dataclass(slots=True)
class Chase:
    """What one look comes to; `next_at` is the next moment at which a look may find more, later than now."""

    acts: list[Act] = field(default_factory=list[Act])
    standing: list[Standing] = field(default_factory=list[Standing])
    next_at: datetime | None = None
    #: How many times it has been told that the journey rests.
    rested: int = 0

    def look_again(self, moment: datetime) -> None:
        """Note a moment to come."""
        self.next_at = moment if self.next_at is None else min(self.next_at, moment)

    def add(self, other: "Chase") -> None:
        """Add what another look came to."""
        self.acts += other.acts
        self.standing += other.standing
        if other.next_at is not None:
            self.look_again(other.next_at)


def chase(matter: Matter, done: Done, now: datetime, calendars: Mapping[str, Calendar]) -> Chase:
    """Return what is to be done about one deadline.

    Args:
        matter: The deadline as it stands at `now`.
        done: Its steps that were done before.
        now: Aware.
        calendars: The catalog's.
    """
    found, due = Chase(), matter.due
    if due.status is DueStatus.PAUSED:
        # The client's turn: it moves on day by day, and whoever ends the standstill has the case looked at.
        return found
    taken, reminded = dict(done), None
    told: dict[str, int] = {}
    for rung in rungs(matter.steps, due, matter.deadline, now, calendars):
        if not _holds(matter, rung.step):
            continue
        moment = _moment(rung, reminded, taken, now, calendars)
        if moment > now:
            found.look_again(moment)
        elif rung.number not in taken:
            taken[rung.number] = now
            does = _verb(matter, rung.step)
            act = Act(referral=matter.referral, due=due, step=rung.number, does=does, reason=rung.step.reason)
            found.acts.append(act)
        if rung.step.does == "remind" and matter.writable:
            reminded = rung if rung.number in taken else reminded
        notice = rung.step.tells if rung.step.does != "remind" or matter.writable else "agency_overdue"
        if notice is not None and moment <= now:
            told[notice] = told.get(notice, 0) + 1
    found.standing += [
        Standing(referral=matter.referral, due=due, notice=notice, nth=nth) for notice, nth in told.items()
    ]
    if told and _lapses(due) and due.due_at > now:
        # What warned of it has nothing to say once it has lapsed.
        found.look_again(due.due_at)
    return found


def carried(matter: Matter, before: Done, calendars: Mapping[str, Calendar]) -> Done:
    """Return the steps done about the day before an extension that are not done again about the extended one.

    They are those whose moment before the extended day had come already when the office extended it; what comes later
    is about the extended day.
    """
    at = matter.due.extended_at
    if at is None:
        return {}
    ladder = rungs(matter.steps, matter.due, matter.deadline, at, calendars)
    return {rung.number: before[rung.number] for rung in ladder if rung.number in before and rung.moment <= at}


def still_reminds(matter: Matter) -> bool:
    """Say whether an agency still owes what it is about to be reminded of."""
    paused = matter.due.status is DueStatus.PAUSED
    return not paused and any(step.does == "remind" and _holds(matter, step) for step in matter.steps)


def still_gives_up(matter: Matter) -> bool:
    """Say whether a referral may still be given up for what is owed."""
    paused = matter.due.status is DueStatus.PAUSED
    return not paused and any(step.does == "expire" and _holds(matter, step) for step in matter.steps)


def key_of(act: Act) -> tuple[UUID, str, datetime, int]:
    """Return what makes a step the only one of its kind."""
    return act.referral.id, act.due.code, act.due.due_at, act.step


def _lapses(due: Due) -> bool:
    return due.status is DueStatus.RUNNING and due.met_at is None


def _verb(matter: Matter, step: FollowStep) -> str:
    return step.does if matter.writable or step.does != "remind" else "supervisor"


def _holds(matter: Matter, step: FollowStep) -> bool:
    """Say whether a step would be right at all, as the case stands; who is asked to stop owes only word of that."""
    due, state = matter.due, matter.referral.state
    stops = state is ReferralState.CANCEL_REQUESTED and state not in matter.deadline.start.states
    if step.when == "met_late":
        return due.status is DueStatus.MET_LATE and not matter.answered
    if due.met_at is not None or due.status is DueStatus.LAPSED or (matter.rests and step.rests):
        return False
    match step.does:
        case "remind":
            return not matter.spoken and not stops and state not in _NOT_WITH_AGENCY
        case "expire":
            # While it is the client who is waited for, or the letter, it is not the agency that is silent.
            nobodys = step.reason is None and (matter.awaited or _undelivered(matter))
            silent = not (matter.spoken or nobodys)
            return silent and state is not None and (state, ReferralEvent.EXPIRED) in ROADS
        case "supervisor":
            # What is still a draft is the center's own; of its waiting staff are told.
            drafted = state is ReferralState.DRAFTED
            return not (matter.spoken or stops or drafted or _undelivered(matter))
        case "staff":
            return True


def _undelivered(matter: Matter) -> bool:
    """Say whether the letter has not got through, so that the agency has nothing to be silent about; staff are told."""
    return matter.writable and matter.referral.state is ReferralState.REQUESTED


def _moment(
    rung: Rung, reminded: Rung | None, taken: Done, now: datetime, calendars: Mapping[str, Calendar]
) -> datetime:
    """Return when a step may be done at the earliest, after what was done before it."""
    moment = rung.moment
    if reminded is not None and rung.step.does in _KEEPS_DISTANCE:
        moment = max(moment, taken[reminded.number] + (rung.moment - reminded.moment))
    day = day_of(max(moment, now))
    if rung.number not in taken and rung.step.does in _IN_OPENING_DAYS and calendars[CENTER].closed_on(day) is not None:
        return start_of(next_working_day(day, calendars[CENTER]))
    return moment
