"""Jobs: what the agencies' words make of a client's working life, where the same thing may be told twice. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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
