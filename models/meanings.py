"""What a referral's words mean for the whole journey: its milestones, and the outcomes it ended with. Pure.

A referral that is taken up again has ended before, and what that meant has happened; unless it was an error.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog import Program
from models.vocabulary import IN_ERROR


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A step of the program, as the agency told it."""

    lane: str
    code: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """How a referral ended.

    Attributes:
        since: When it had been taken up again before that, or None.
        in_error: It was told in error, and therefore taken up again.
    """

    code: str
    at: datetime
    since: datetime | None = None
    in_error: bool = False

    def ends(self, moment: datetime) -> bool:
        """Say whether a moment lies in the stretch of work that ended so."""
        return moment <= self.at and (self.since is None or self.since <= moment)


def ended_before(
    log: Iterable[tuple[str | None, str | None, datetime]],
) -> tuple[tuple[OutcomeView, ...], datetime | None]:
    """Return how a referral ended before it was taken up again, and when that was last.

    Args:
        log: Outcome, reason and moment of each completion and each reopening (no outcome), in the order of the log.
    """
    found: list[OutcomeView] = []
    ended: OutcomeView | None = None
    since: datetime | None = None
    for outcome, reason, at in log:
        if outcome is not None:
            ended = OutcomeView(outcome, at, since)
            continue
        found += taken_back(ended, reason)
        ended, since = None, at
    return tuple(found), since


def taken_back(ended: OutcomeView | None, reason: str | None) -> list[OutcomeView]:
    """Return what stays known of how a referral ended that is taken up again for a reason."""
    return [] if ended is None else [OutcomeView(ended.code, ended.at, ended.since, in_error=reason == IN_ERROR)]


def meanings(
    program: Program, milestones: Sequence[MilestoneView], outcomes: Sequence[OutcomeView]
) -> Iterator[tuple[str, datetime]]:
    """Yield what was told that other desks hear, with its moment.

    An outcome that says what the last such milestone before it has said closes what was known, and tells nothing new.

    Raises:
        UnknownWord: One of the words is none of the program's.
    """
    told = [(_means(program, m), m.occurred_at) for m in but_errors(program, milestones, outcomes)]
    known = [(means, at) for means, at in told if means is not None]
    yield from known
    for outcome in outcomes:
        means = program.outcome(outcome.code).means
        closed = [each for each in known if outcome.ends(each[1])]
        last = max(closed, key=lambda each: each[1], default=None)
        if means is not None and not outcome.in_error and (last is None or last[0] != means):
            yield means, outcome.at


def but_errors(
    program: Program, milestones: Sequence[MilestoneView], outcomes: Sequence[OutcomeView]
) -> Sequence[MilestoneView]:
    """Return the milestones without those that say what an outcome said which was told in error.

    Raises:
        UnknownWord: One of the words is none of the program's.
    """
    errors = [(program.outcome(outcome.code).means, outcome) for outcome in outcomes if outcome.in_error]
    wrong = [(means, outcome) for means, outcome in errors if means is not None]
    if not wrong:
        return milestones
    return [
        m
        for m in milestones
        if not any(_means(program, m) == means and outcome.ends(m.occurred_at) for means, outcome in wrong)
    ]


def _means(program: Program, milestone: MilestoneView) -> str | None:
    return program.milestone(milestone.lane, milestone.code).means
