"""What one office hands on to the next: the day of application, and the days on which papers were missing. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from models.case import Case, ReferralView
from models.turns import Turns
from models.vocabulary import ReferralState


def handed_on(case: Case, latest: ReferralView) -> bool:
    """Say whether the office before was merely the wrong one, so that the day of application stays.

    Who is not competent transfers an application without delay (사회보장급여법 시행령 §2②, read 2026-11-22).
    """
    if latest.state is not ReferralState.DECLINED:
        return latest.state is ReferralState.REDIRECTED
    return case.catalog.program(latest.program).decline_reason(latest.reason or "").wrong_office


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
    by_id = {each.id: each for each in case.referrals}
    before = by_id.get(referral.predecessor_id) if referral.predecessor_id is not None else None
    same_day = before is not None and before.application_date == referral.application_date
    if before is not None and same_day and handed_on(case, before):
        yield before
        yield from _offices_before(case, before)
