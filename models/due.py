"""One deadline as it stands: when it is due, whether it was met, and whether anybody is late. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from catalog import Deadline, Label


class DueStatus(StrEnum):
    """How a deadline stands."""

    RUNNING = "running"
    #: The clock stands still, because the client owes papers.
    PAUSED = "paused"
    MET = "met"
    MET_LATE = "met_late"
    LATE = "late"
    #: Late, or met late, where the center only mirrors: nobody is chased.
    INFORMATIONAL_LATE = "informational_late"
    #: A right that was not used in time; nobody is late.
    LAPSED = "lapsed"
    #: From now on it may be done; nobody is late.
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One deadline of one referral.

    Attributes:
        code: As in the registry.
        begun_at: The moment from which it runs.
        owed_by: `agency`, `client`, `center`, or the party's own word (`court`, `employer`, `nhis` …).
        due_raw: Last day as counted; alarms against an agency go by it.
        due_effective: Last day after moving off a Saturday or holiday, which only a client's time does.
        due_at: First moment (UTC) that is late, or from which it is open.
        extendable_to: Last day if extended as far as the law allows with a stated reason; None where the law allows
            nothing, or nothing more.
        met_at: When it was met, or None.
        extended_from: Last day before the office extended it, where it did; the others are those it extended to.
        extended_at: When it did.
        due_at_before: First moment that would have been late.
        note: Of an age line: `on` or `off`, what begins then.
    """

    code: str
    label: Label
    begun_at: datetime
    owed_by: str
    force: str
    due_raw: date
    due_effective: date
    due_at: datetime
    extendable_to: date | None
    met_at: datetime | None
    status: DueStatus
    informational: bool
    extended_from: date | None = None
    extended_at: datetime | None = None
    due_at_before: datetime | None = None
    note: str = ""


def status_of(deadline: Deadline, due_at: datetime, met_at: datetime | None, now: datetime, *, held: bool) -> DueStatus:
    """Return how a deadline stands; `held` says that its referral waits for the client's papers."""
    if deadline.opens:
        return DueStatus.MET if met_at else DueStatus.OPEN if now >= due_at else DueStatus.RUNNING
    if (met_at or now) >= due_at:
        if deadline.informational:
            return DueStatus.INFORMATIONAL_LATE
        unused = DueStatus.LAPSED if deadline.right else DueStatus.LATE
        return DueStatus.MET_LATE if met_at else unused
    if met_at is not None:
        return DueStatus.MET
    return DueStatus.PAUSED if held and deadline.stops else DueStatus.RUNNING
