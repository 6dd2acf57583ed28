"""A deadline that the deciding office may extend, and whether it did: in time, once, as far as the law allows. Pure.

An office extends while its time still runs, and once only (행정절차법 §19②, 민원처리법 시행령 §21①; both from memory).
So an extension made after the last day extends nothing, the office stays late; and of several the first counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from catalog import Calendar, Deadline
from models.case import MilestoneView, ReferralView
from models.counting import Stretches, day_of
from models.reckoning import Reckoned, reckon


@dataclass(frozen=True, slots=True)
class Term:
    """When a deadline is due, extended or not.

    Attributes:
        due: As it stands.
        extendable_to: Last day if it is extended; None where the law allows nothing, or nothing more.
        before: As it stood before the office extended it, where it did.
        extended_at: When it did.
    """

    due: Reckoned
    extendable_to: date | None = None
    before: Reckoned | None = None
    extended_at: datetime | None = None


def term_of(
    deadline: Deadline,
    referral: ReferralView,
    begun_at: datetime,
    calendars: Mapping[str, Calendar],
    *,
    stopped: Stretches,
    until: datetime,
) -> Term:
    """Return when a deadline is due.

    Args:
        deadline: What the catalog says.
        referral: With its milestones.
        begun_at: The moment the deadline began.
        calendars: The catalog's.
        stopped: When its clock stood still, in order.
        until: When it was met, or now: what is told of later changes nothing.
    """
    due = reckon(deadline, begun_at, calendars, stopped)
    if deadline.extension is None:
        return Term(due)
    further = reckon(deadline, begun_at, calendars, stopped, more=deadline.extension)
    told = [m.occurred_at for m in _told(deadline, referral) if day_of(m.occurred_at) >= day_of(begun_at)]
    first = min(told, default=None)
    if first is None or first > until or first >= due.at:
        return Term(due, further.effective)
    return Term(further, before=due, extended_at=first)


def extends_again(deadlines: tuple[Deadline, ...], referral: ReferralView, told: MilestoneView) -> bool:
    """Say whether a word extends a second time what was extended before, since it began last.

    Args:
        deadlines: Those of the referral's program.
        referral: With the milestones known so far.
        told: What is told now.
    """
    for deadline in deadlines:
        if (told.lane, told.code) not in map(deadline.place, deadline.extended_by):
            continue
        begun = _begun_on(deadline, referral, told)
        before = (m.occurred_at for m in _told(deadline, referral))
        if begun is not None and any(at < told.occurred_at and day_of(at) >= begun for at in before):
            return True
    return False


def _told(deadline: Deadline, referral: ReferralView) -> Iterator[MilestoneView]:
    words = frozenset(map(deadline.place, deadline.extended_by))
    return (m for m in referral.milestones if (m.lane, m.code) in words)


def _begun_on(deadline: Deadline, referral: ReferralView, told: MilestoneView) -> date | None:
    """Return the day on which a deadline began last, before a moment; None where nobody has told yet."""
    if deadline.start.application_date:
        return referral.application_date
    marks = frozenset(map(deadline.place, deadline.start.milestones))
    began = [m.occurred_at for m in referral.milestones if (m.lane, m.code) in marks]
    if referral.outcome in deadline.start.outcomes and referral.outcome_at is not None:
        began.append(referral.outcome_at)
    days = [day_of(at) for at in began]
    return max((day for day in days if day <= day_of(told.occurred_at)), default=None)
