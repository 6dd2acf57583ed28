"""What one office hands on to the next: the day of application, and the days on which papers were missing. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from catalog import Deadline
from models.case import Case, ReferralView
from models.steps import MOVED
from models.turns import Turns
from models.vocabulary import ReferralState


def handed_on(case: Case, latest: ReferralView) -> bool:
    """Say whether the office before was merely the wrong one, so that the day of application stays.

    Who is not competent transfers an application without delay (사회보장급여법 시행령 §2②, read 2026-11-22). A draft
    that was given up unsent because the client had moved again is no office at all: what it was handed is handed on.
    """
    if latest.state is ReferralState.CANCELLED and latest.reason == MOVED and latest.basis is None:
        before = predecessor(case, latest)
        return before is not None and handed_on(case, before)
    if latest.state is not ReferralState.DECLINED:
        return latest.state is ReferralState.REDIRECTED
    return case.catalog.program(latest.program).decline_reason(latest.reason or "").wrong_office


def predecessor(case: Case, referral: ReferralView) -> ReferralView | None:
    """Return the referral of the same program that this one followed, or None."""
    return next((each for each in case.referrals if each.id == referral.predecessor_id), None)


def clocks_of_a_draft(case: Case, referral: ReferralView, registry: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """Return the deadlines that run while nobody was asked: a draft's own, and those of an application handed on.

    An application that is between two offices is with the center, and the law counts on from its day.

    Raises:
        UnknownWord: The catalog does not know why the office before declined.
    """
    before = predecessor(case, referral) if referral.state is ReferralState.DRAFTED else None
    runs_on = before is not None and handed_on(case, before)
    own = (d for d in registry if ReferralState.DRAFTED in d.start.states or (runs_on and d.start.application_date))
    return tuple(own)


def pauses_before(
    case: Case, referral: ReferralView, turns: Mapping[UUID, Turns]
) -> tuple[tuple[datetime, datetime], ...]:
    """Return when the clock of an application stood still at the offices that handed it on, in order.

    Raises:
        UnknownWord: The catalog does not know why one of them declined.
    """
    offices = [before.id for before in _offices_before(case, referral)]
    return tuple(pause for office in reversed(offices) if office in turns for pause in turns[office].pauses)


def _offices_before(case: Case, referral: ReferralView) -> Iterator[ReferralView]:
    """Yield the referrals whose application this one carries on, the latest first."""
    before = predecessor(case, referral)
    same_day = before is not None and before.application_date == referral.application_date
    if before is not None and same_day and handed_on(case, before):
        yield before
        yield from _offices_before(case, before)
