"""A whole case as a follow-up looks at it: every deadline it looks after, and the notices that should stand. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final
from uuid import UUID

from models.case import Case, ReferralView
from models.chasing import Chase, Matter, Standing, carried, chase, still_gives_up
from models.counting import day_of
from models.deadlines import deadlines_of
from models.due import Due
from models.handing_on import pauses_before
from models.stepping import later
from models.turns import Turns
from models.vocabulary import BY_AGENDA, Desk, FollowUp, ReferralState

#: Why a referral is given up when nobody answers.
SILENCE: Final = "silence"
#: The successor's states in which its agency has not spoken with the client yet.
_UNANSWERED: Final = frozenset({ReferralState.DRAFTED, ReferralState.REQUESTED, ReferralState.RECEIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a follow-up must know of a case beside the case itself.

    Attributes:
        turns: The referrals' time up to `now`, by referral id.
        done: When steps were done before, by referral id, deadline and due moment, then by number.
        spoken: When the last word came of a referral, by number, that no desk has taken yet.
        urgent: Referrals that were asked for within hours.
        now: Aware.
    """

    turns: Mapping[UUID, Turns]
    done: Mapping[tuple[UUID, str, datetime], Mapping[int, datetime]] = field(
        default_factory=dict[tuple[UUID, str, datetime], Mapping[int, datetime]]
    )
    spoken: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    urgent: AbstractSet[UUID] = frozenset()
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A notice that should be open: codes, numbers and days only."""

    code: str
    desk: Desk
    about: str
    detail: str


def look_at(case: Case, follow_up: FollowUp, look: Look) -> Chase:
    """Return what one follow-up has to do about a case.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    found = Chase()
    if follow_up is FollowUp.OVERDUE:
        _rest(case, look.now, found)
    for matter in matters(case, follow_up, look):
        found.add(chase(matter, done_of(matter, look, case), look.now, case.catalog.calendars))
    for moment in _to_come(case, look.now):
        found.look_again(moment)
    return found


def done_of(matter: Matter, look: Look, case: Case) -> Mapping[int, datetime]:
    """Return when its steps were done; what was done before an extension counts where it is not asked anew."""
    about, due = (matter.referral.id, matter.due.code), matter.due
    done = look.done.get((*about, due.due_at), {})
    if due.due_at_before is None:
        return done
    return {**carried(matter, look.done.get((*about, due.due_at_before), {}), case.catalog.calendars), **done}


def matters(case: Case, follow_up: FollowUp, look: Look) -> Iterator[Matter]:
    """Yield the deadlines of a case that one follow-up looks after, as they stand."""
    registry = {deadline.code: deadline for deadline in case.catalog.deadlines}
    for referral in case.referrals:
        if referral.id not in look.turns:
            # Born since the look: nothing is owed of it yet.
            continue
        turns, urgent = look.turns[referral.id], referral.id in look.urgent
        dues = deadlines_of(
            referral, turns, case, look.now, urgent=urgent, before=pauses_before(case, referral, look.turns)
        )
        courses = {due.code: case.catalog.follow_ups[due.code].course_of(referral.program) for due in dues}
        awaited = any(due.met_at is None and courses[due.code].gives_up_the_client for due in dues)
        for due in dues:
            course = courses[due.code]
            if case.catalog.follow_ups[due.code].follow_up != follow_up.value or course.never is not None:
                continue
            yield Matter(
                referral=referral,
                due=due,
                deadline=registry[due.code],
                steps=course.steps,
                spoken=_spoken(look, referral, due),
                writable=case.catalog.agency(referral.agency).protocol != "mirror",
                answered=due.met_at is not None and _last_word(referral, turns) > due.met_at,
                awaited=awaited,
                rests=case.dormant_since is not None,
            )


def _spoken(look: Look, referral: ReferralView, due: Due) -> bool:
    """Say whether a word lies here that may be the one a deadline waits for: none from before the day it began.

    Not the moment: an agency may answer before it is written that it was asked.
    """
    at = look.spoken.get(str(referral.number))
    return at is not None and day_of(at) >= day_of(due.begun_at)


def still_owed(case: Case, number: str, deadline: str, due_at: datetime, look: Look) -> bool:
    """Say whether a referral may still be given up for one deadline that was due at a moment.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    return any(
        matter.referral.number == number
        and (matter.due.code, matter.due.due_at) == (deadline, due_at)
        and still_gives_up(matter)
        for follow_up in BY_AGENDA
        for matter in matters(case, follow_up, look)
    )


def _last_word(referral: ReferralView, turns: Turns) -> datetime:
    return max([turns.stays[-1].since, *(milestone.occurred_at for milestone in referral.milestones)])


def wanted(case: Case, follow_up: FollowUp, found: Chase) -> list[Wanted]:
    """Return the notices that should be open now: what falls on one day and is one call, as one."""
    calls: defaultdict[tuple[str, str], list[Standing]] = defaultdict(list)
    notices: list[Wanted] = []
    for standing in found.standing:
        if case.catalog.notices[standing.notice].one_call:
            calls[standing.notice, standing.due.due_effective.isoformat()].append(standing)
        else:
            notices.append(_one(case, standing))
    for (code, day), together in sorted(calls.items()):
        named = sorted({f"{each.referral.number} {each.referral.program}" for each in together})
        desk = case.catalog.notices[code].desk
        notices.append(Wanted(code=code, desk=Desk(desk or ""), about=day, detail=", ".join(named)))
    if follow_up is FollowUp.OVERDUE:
        notices += [_to_tell(referral) for referral in case.referrals if _given_up(case, referral)]
        notices += [_resting(case, found.rested)] if found.rested else []
    return notices


def _one(case: Case, standing: Standing) -> Wanted:
    referral, due = standing.referral, standing.due
    word = case.catalog.notices[standing.notice]
    # The day of an age line is a child's birthday: its month says enough.
    day = f"{due.due_effective:%Y-%m}" if due.note else due.due_effective.isoformat()
    about = " ".join([str(referral.number), due.code, day, *([due.note] if due.note else [])])
    return Wanted(
        code=standing.notice,
        desk=referral.desk if word.desk is None else Desk(word.desk),
        about=about if standing.nth == 1 else f"{about} #{standing.nth}",
        detail=f"{referral.program}: {referral.agency}",
    )


def _given_up(case: Case, referral: ReferralView) -> bool:
    """Say whether the client must hear that a referral was given up for silence: until another agency has answered."""
    if referral.state is not ReferralState.EXPIRED or referral.reason != SILENCE:
        return False
    latest = case.referral(referral.program)
    return latest.id == referral.id or latest.state in _UNANSWERED


def _to_tell(referral: ReferralView) -> Wanted:
    return Wanted(
        code="tell_client",
        desk=referral.desk,
        about=str(referral.number),
        detail=f"{referral.program}: {referral.agency}",
    )


def _rest(case: Case, now: datetime, found: Chase) -> None:
    """Note how often it was told that the journey rests while something of it is open, and the next time."""
    since = case.dormant_since
    if since is None or not any(referral.is_open for referral in case.referrals):
        return
    for nth in count(1):
        moment = later(since, case.catalog.resting.every, nth)
        if moment > now:
            found.look_again(moment)
            return
        found.rested = nth


def _resting(case: Case, nth: int) -> Wanted:
    assert case.dormant_since is not None  # noqa: S101 - only a rest is told of
    open_ones = sorted(f"{referral.number} {referral.program}" for referral in case.referrals if referral.is_open)
    return Wanted(
        code=case.catalog.resting.notice,
        desk=Desk.INTAKE,
        about=f"{day_of(case.dormant_since).isoformat()} #{nth}",
        detail=", ".join(open_ones),
    )


def _to_come(case: Case, now: datetime) -> Iterator[datetime]:
    """Yield moments that were told although they are still to come: what they meet is met then."""
    for referral in case.referrals:
        yield from (m.occurred_at for m in referral.milestones if m.occurred_at > now)
