"""How long a client's data are kept: until the longest of the rules is over and nobody owes anything. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from catalog import KeepingRule, Length
from models.case import Case, ReferralView
from models.counting import civil_due, day_of, end_of, start_of
from models.deadlines import deadlines_of
from models.due import DueStatus
from models.handing_on import pauses_before
from models.reckoning import civil
from models.turns import Turns

#: A consent to the center itself tells the client how long it keeps what it is told (개인정보 보호법 §15②).
_OWN_CONSENTS = frozenset({"collection", "sensitive"})
_RUNNING = frozenset({DueStatus.RUNNING, DueStatus.PAUSED})
_UNDECIDED = frozenset({DueStatus.LATE, DueStatus.INFORMATIONAL_LATE})
#: The calendar ends soon after.
_FAR = date(9000, 1, 1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a journey's data are kept.

    Attributes:
        until: The moment (UTC) from which no rule keeps them any more; of what is open, if it all ended now.
        rule: Code of the rule that keeps them the longest.
        held: Why they are not touched whatever the time: `open`, `deadline`, `appeal`; empty where nothing holds them.
    """

    until: datetime
    rule: str
    held: frozenset[str]


def last_moment(start: date, length: Length) -> datetime:
    """Return the first moment (UTC) after a time of keeping that began with something on `start` (Seoul)."""
    return end_of(civil(start, length))


def began_before(today: date, length: Length) -> datetime:
    """Return the moment (UTC) before which something must lie, so that its time of keeping is over today (Seoul)."""
    return start_of(civil_due(today, days=-(length.days or 0), months=-(length.months or 0)))


def kept(case: Case, turns: Mapping[UUID, Turns], last_at: datetime, now: datetime) -> Kept:
    """Return how long the data of a journey are kept.

    Args:
        case: As it stands.
        turns: The time of its referrals up to `now`, by referral id.
        last_at: When the last thing happened in it, aware.
        now: Aware.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    ends = list(_ends(case, turns, last_at, now))
    until, rule = max(ends, default=(_NEVER, ""))
    return Kept(until, rule, frozenset(_held(case, turns, now)))


def _ends(case: Case, turns: Mapping[UUID, Turns], last_at: datetime, now: datetime) -> Iterator[tuple[datetime, str]]:
    for code, rule in case.catalog.keeping.items():
        match rule.what:
            case "person":
                last = [
                    _last_of(referral, turns[referral.id], now)
                    for referral in case.referrals
                    if referral.program in rule.programs
                ]
                yield from ((_after(rule, at), code) for at in last)
            case "visit":
                yield _after(rule, last_at), code
            case "consent":
                given = [c for c in case.consents if c.purpose in _OWN_CONSENTS and not c.withdrawn]
                yield from ((end_of(min(consent.valid_to, _FAR)), code) for consent in given)
            case _:
                pass


def _after(rule: KeepingRule, at: datetime) -> datetime:
    assert rule.length is not None  # noqa: S101 - the catalog refuses such a rule without a length
    return last_moment(day_of(at), rule.length)


def _last_of(referral: ReferralView, turns: Turns, now: datetime) -> datetime:
    """Return when the last thing happened in a referral; now, while it is open."""
    if referral.is_open:
        return now
    told = [milestone.occurred_at for milestone in referral.milestones]
    return max([turns.ended_at, *told]) if turns.stays else max(told, default=_NEVER)


def _held(case: Case, turns: Mapping[UUID, Turns], now: datetime) -> Iterator[str]:
    lanes = {deadline.code: deadline.lane for deadline in case.catalog.deadlines}
    for referral in case.referrals:
        if referral.is_open:
            yield "open"
        for due in deadlines_of(referral, turns[referral.id], case, now, before=pauses_before(case, referral, turns)):
            if due.met_at is None and due.status in _RUNNING:
                yield "deadline"
            # Whoever objected has not been answered, however long ago that should have been.
            if due.status in _UNDECIDED and due.met_at is None and lanes[due.code] == "appeal":
                yield "appeal"
