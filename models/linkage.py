"""Linkage performance (연계 실적): what a period's referrals came to, in numbers anybody may count again. Pure.

Persons and referrals are counted apart (실인원, 연인원), and every number holds as of the cut-off date (기준일): what
happened later is not in it. Days are of 24 hours; medians and 90th percentiles (nearest rank) are given to a tenth.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from statistics import median
from typing import Any, Final, cast

from models.counting import day_of, kept_since
from models.jobs import Job
from models.roads import CLOSED
from models.turns import Turns
from models.vocabulary import Desk, Party, ReferralState

S = ReferralState

#: States that only an agency's own answer leads to.
_REPLIED: Final = frozenset({
    S.ACCEPTED, S.WAITLISTED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED, S.DECLINED, S.REDIRECTED, S.FAILED
})  # fmt: skip
_ACCEPTED: Final = frozenset({S.ACCEPTED, S.WAITLISTED, S.IN_PROGRESS, S.ON_HOLD, S.COMPLETED})
#: Reason of a referral that was given up because the client did not come.
NO_SHOW: Final = "no_show"
#: How long a hire is watched here, in months.
KEPT_MONTHS: Final = 6
_PARTIES: Final = (Party.CENTER, Party.AGENCY, Party.CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One referral, as far as a report counts it."""

    agency: str
    desk: Desk
    reason: str | None
    outcome: str | None
    turns: Turns
    number: str = ""
    program: str = ""

    def row(self) -> dict[str, Any]:
        """Return the referral by its number, with the days each party held it, to a tenth."""
        held = {party.value: round(self.turns.by_party[party] / timedelta(days=1), 1) for party in _PARTIES}
        state = self.turns.state
        return {
            "number": self.number,
            "program": self.program,
            "agency": self.agency,
            "state": None if state is None else state.value,
            "days": held,
        }


@dataclass(frozen=True, slots=True)
class Days:
    """How long something took: of how many, and the middle and the slow end."""

    of: int
    median: float | None
    p90: float | None


@dataclass(slots=True)
class AgencyLine:
    """What one agency's referrals came to."""

    agency: str
    sent: int = 0
    replied: int = 0
    accepted: int = 0
    in_service: int = 0
    completed: Counter[str] = field(default_factory=Counter[str])
    declined: Counter[str] = field(default_factory=Counter[str])
    redirected: int = 0
    expired: int = 0
    no_show: int = 0
    withdrawn: int = 0

    def add(self, counted: Counted) -> None:
        """Count one referral."""
        turns = counted.turns
        self.sent += 1
        self.replied += bool(turns.entered(_REPLIED))
        self.accepted += bool(turns.entered(_ACCEPTED))
        match turns.state:
            case S.COMPLETED:
                self.completed[counted.outcome or ""] += 1
            case S.DECLINED:
                self.declined[counted.reason or ""] += 1
            case S.REDIRECTED:
                self.redirected += 1
            case S.EXPIRED if counted.reason == NO_SHOW:
                self.no_show += 1
            case S.EXPIRED:
                self.expired += 1
            case S.CANCELLED | S.FAILED:
                self.withdrawn += 1
            case _:
                self.in_service += 1

    def rows(self) -> dict[str, Any]:
        """Return the line with its rates, in per cent to a tenth; None of nothing."""
        return {
            "agency": self.agency,
            "sent": self.sent,
            "replied": self.replied,
            "accepted": self.accepted,
            "in_service": self.in_service,
            "completed": dict(sorted(self.completed.items())),
            "declined": dict(sorted(self.declined.items())),
            "redirected": self.redirected,
            "expired": self.expired,
            "no_show": self.no_show,
            "withdrawn": self.withdrawn,
            "reply_rate": _rate(self.replied, self.sent),
            "acceptance_rate": _rate(self.accepted, self.sent),
            "no_show_rate": _rate(self.no_show, self.sent),
        }


@dataclass(frozen=True, slots=True)
class Hire:
    """One client's first hire in a period, and when the job was lost again, if it was."""

    on: date
    lost_on: date | None = None


def hire_in(jobs: Iterable[Job], first: date, last: date) -> Hire | None:
    """Return the first hire of a journey that falls in a period, or None; its job may be lost after the period.

    Args:
        jobs: The journey's, in order: however often a hire was told, it is one.
        first: First day.
        last: Last day.
    """
    found = (job for job in jobs if first <= day_of(job.since) <= last)
    job = next(found, None)
    return None if job is None else Hire(day_of(job.since), None if job.until is None else day_of(job.until))


def agency_lines(referrals: Iterable[Counted]) -> list[dict[str, Any]]:
    """Return a line for each agency that was asked, by its code."""
    lines: dict[str, AgencyLine] = {}
    for counted in referrals:
        if counted.turns.was_asked and counted.turns.state is not S.ENTERED_IN_ERROR:
            lines.setdefault(counted.agency, AgencyLine(counted.agency)).add(counted)
    return [lines[code].rows() for code in sorted(lines)]


def days_by_leg(referrals: Sequence[Counted]) -> dict[str, Days]:
    """Return how long closed referrals took from their draft to their end, by desk."""
    return {
        desk.value: days(
            counted.turns.elapsed for counted in referrals if counted.desk is desk and counted.turns.state in CLOSED
        )
        for desk in Desk
    }


def days_by_turn(referrals: Sequence[Counted]) -> dict[str, Days]:
    """Return how long each party held the referrals that were sent, whether closed or not."""
    held = [counted.turns.by_party for counted in referrals if counted.turns.was_asked]
    return {party.value: days(each[party] for each in held) for party in _PARTIES}


def hires_kept(hires: Iterable[Hire], cut_off: date) -> dict[str, int | float | None]:
    """Return how many were hired, how many of them six months ago or more, and how many of those kept the job."""
    hired = list(hires)
    due = [(hire, end) for hire in hired if (end := kept_since(hire.on, months=KEPT_MONTHS)) <= cut_off]
    kept = sum(1 for hire, end in due if hire.lost_on is None or hire.lost_on >= end)
    return {"hired": len(hired), "due": len(due), "kept": kept, "kept_rate": _rate(kept, len(due))}


def days(lengths: Iterable[timedelta]) -> Days:
    """Return the median and the 90th percentile of lengths of time, in days."""
    ordered = sorted(length / timedelta(days=1) for length in lengths)
    if not ordered:
        return Days(0, None, None)
    return Days(len(ordered), round(median(ordered), 1), round(ordered[ceil(0.9 * len(ordered)) - 1], 1))


def suppress(lines: Sequence[Mapping[str, Any]], below: int) -> list[dict[str, Any]]:
    """Return lines in which counts of fewer than `below` (but 0) are hidden, for what leaves the center."""
    return [{name: _hidden(value, below) for name, value in line.items()} for line in lines]


def _hidden(value: object, below: int) -> object:
    if isinstance(value, Mapping):
        inner = cast("Mapping[str, object]", value)
        return {name: _hidden(each, below) for name, each in inner.items()}
    return None if isinstance(value, int) and not isinstance(value, bool) and 0 < value < below else value


def _rate(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
