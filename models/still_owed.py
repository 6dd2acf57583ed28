"""What is still owed at a cut-off: overdue deadlines by owing party; open referrals with nothing ahead of them. Pure.

The second asks the registry itself, and not the agenda: whether some deadline of the very referral still has a step to
come.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final, get_args

from catalog.deadlines import OwedBy
from models.case import Case, ReferralView
from models.case_chase import Look, done_of, matters
from models.chasing import chase
from models.deadlines import deadlines_of
from models.due import Due, DueStatus
from models.handing_on import pauses_before
from models.vocabulary import BY_AGENDA

_OVERDUE: Final = frozenset({DueStatus.LATE, DueStatus.INFORMATIONAL_LATE})


def overdue(case: Case, look: Look, counts: Callable[[ReferralView], bool]) -> Iterator[Due]:
    """Yield the deadlines of a case that are late and not met, of the referrals that count.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    for referral in filter(counts, case.referrals):
        before = pauses_before(case, referral, look.turns)
        dues = deadlines_of(
            referral, look.turns[referral.id], case, look.now, urgent=referral.id in look.urgent, before=before
        )
        yield from (due for due in dues if due.status in _OVERDUE and due.met_at is None)


def by_party(dues: Iterable[Due], now: datetime) -> list[dict[str, Any]]:
    """Return a line for each party that owes: what is late, what of others is only mirrored, the longest in days."""
    owed: defaultdict[str, list[Due]] = defaultdict(list)
    for due in dues:
        owed[due.owed_by].append(due)
    return [
        {
            "party": party,
            "late": sum(not due.informational for due in owed[party]),
            "mirrored": sum(due.informational for due in owed[party]),
            "longest_days": max((now - due.due_at).days for due in owed[party]),
        }
        for party in get_args(OwedBy)
        if party in owed
    ]


def nothing_ahead(case: Case, look: Look) -> list[str]:
    """Return the numbers of open referrals of which no unmet deadline has a step due or to come.

    A journey at rest is told of again and again, whatever its deadlines are.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    if case.dormant_since is not None:
        return []
    ahead = set[str | None]()
    for follow_up in BY_AGENDA:
        for matter in matters(case, follow_up, look):
            found = chase(matter, done_of(matter, look, case), look.now, case.catalog.calendars)
            if matter.due.met_at is None and (found.acts or found.next_at is not None):
                ahead.add(matter.referral.number)
    return sorted(str(each.number) for each in case.referrals if each.is_open and each.number not in ahead)
