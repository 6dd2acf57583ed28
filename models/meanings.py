"""What a referral's words mean for the whole journey: its milestones, and the outcome it ended with. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog import Program


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A step of the program, as the agency told it."""

    lane: str
    code: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """How a referral ended."""

    code: str
    at: datetime


def meanings(
    program: Program, milestones: Sequence[MilestoneView], outcomes: Sequence[OutcomeView]
) -> Iterator[tuple[str, datetime]]:
    """Yield what was told that other desks hear, with its moment.

    An outcome that says what the last such milestone before it has said closes what was known, and tells nothing new.

    Raises:
        UnknownWord: One of the words is none of the program's.
    """
    told = [(program.milestone(m.lane, m.code).means, m.occurred_at) for m in milestones]
    known = [(means, at) for means, at in told if means is not None]
    yield from known
    for outcome in outcomes:
        means = program.outcome(outcome.code).means
        before = max((each for each in known if each[1] <= outcome.at), key=lambda each: each[1], default=None)
        if means is not None and (before is None or before[0] != means):
            yield means, outcome.at
