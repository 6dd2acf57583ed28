"""Jobs: what agencies and the client tell of a working life, where the same thing may be told twice. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from models.counting import day_of, start_of
from models.facts import Facts
from models.vocabulary import Happened


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and when it was lost or left; None while it is kept."""

    since: datetime
    until: datetime | None


def changes_of_work(hires: Iterable[datetime], losses: Iterable[datetime]) -> list[tuple[Happened, datetime]]:
    """Return each hire and each loss of a job, in order.

    A hire that is told again before the job was lost is the same hire, so its first moment counts; so with a loss.

    Args:
        hires: When a hire was told to have happened, in no order.
        losses: The same of a dismissal, or of leaving.
    """
    # At one moment the hire comes first: who was hired and dismissed then has no job.
    told = sorted([*((at, 0) for at in hires), *((at, 1) for at in losses)])
    found: list[tuple[Happened, datetime]] = []
    for at, lost in told:
        what = Happened.DISMISSED if lost else Happened.HIRED
        if not found or found[-1][0] is not what:
            found.append((what, at))
    return found


def jobs_in(changes: Iterable[tuple[Happened, datetime]]) -> list[Job]:
    """Return the jobs that the changes tell of, in order; a loss of which no hire is known is no job."""
    found: list[Job] = []
    for what, at in changes:
        if what is Happened.HIRED:
            found.append(Job(at, None))
        elif found:
            found[-1] = Job(found[-1].since, at)
    return found


def hired_by_facts(facts: Facts, opened_on: date) -> list[datetime]:
    """Return the hire that the client told; a job that was there when the journey was opened is none."""
    day = facts.hired_on
    return [start_of(day)] if day is not None and day >= opened_on else []


def lost_by_facts(facts: Facts, hires: Iterable[datetime]) -> list[datetime]:
    """Return the loss that the client told of a job whose hire is known; on the day of the hire it comes after it."""
    day = facts.last_job_ended_on
    before = [] if day is None else [at for at in hires if day_of(at) <= day]
    return [] if day is None or not before else [max(start_of(day), *before)]


def had_a_job(hires: Iterable[datetime], losses: Iterable[datetime], first: datetime, last: datetime) -> bool:
    """Say whether the client had a job at some time of a span."""
    jobs = jobs_in(changes_of_work(hires, losses))
    return any(job.since < last and (job.until is None or job.until > first) for job in jobs)
