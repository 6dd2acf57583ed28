"""A referral as rules and moves see it. Pure and frozen: what follows from a step is another view."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from models.changing import changed
from models.meanings import MilestoneView, OutcomeView, taken_back
from models.roads import CLOSED
from models.vocabulary import Basis, Desk, LetterType, ReferralState


@dataclass(frozen=True, kw_only=True)
class ReferralView:
    """A referral as rules and moves see it; `state` is None where there is none at all.

    Its fields are the columns of `models.referral.Referral`; only what differs is explained.
    """

    id: UUID
    program: str
    agency: str
    desk: Desk
    application_date: date
    #: When it was drafted.
    created_at: datetime | None = None
    number: str | None = None
    state: ReferralState | None = None
    outcome: str | None = None
    outcome_at: datetime | None = None
    reason: str | None = None
    heard_at: datetime | None = None
    reference: str | None = None
    waits_for: str | None = None
    rule: str | None = None
    basis: Basis | None = None
    basis_cite: str | None = None
    items: tuple[str, ...] = ()
    milestones: tuple[MilestoneView, ...] = ()
    predecessor_id: UUID | None = None
    redirect_to: str | None = None
    #: What the agency proposed in its place when it declined.
    proposed_program: str | None = None
    #: How it ended before it was taken up again, and when that was last.
    earlier: tuple[OutcomeView, ...] = ()
    taken_up_at: datetime | None = None
    #: How many rows of the log it has, and the last one's hash.
    sequence: int = 0
    last_hash: str = ""
    #: Letters written for it: what about which.
    letters: frozenset[tuple[LetterType, str]] = frozenset()
    #: Number of the last one, in order.
    last_letter: int = 0

    @property
    def exists(self) -> bool:
        """Whether there is such a referral."""
        return self.state is not None

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes something."""
        return self.state is not None and self.state not in CLOSED

    @property
    def outcomes(self) -> tuple[OutcomeView, ...]:
        """How it ended, each time it did."""
        return self.earlier if self._ended is None else (*self.earlier, self._ended)

    @property
    def _ended(self) -> OutcomeView | None:
        if self.outcome is None or self.outcome_at is None:
            return None
        return OutcomeView(self.outcome, self.outcome_at, self.taken_up_at)

    def taken_up(self, at: datetime, reason: str | None) -> "ReferralView":
        """Return it as it stands when it is taken up again; how it ended before is kept."""
        fresh = changed(self, outcome=None, outcome_at=None, reason=None, proposed_program=None)
        return changed(fresh, earlier=(*self.earlier, *taken_back(self._ended, reason)), taken_up_at=at)

    def reached(self, milestone: str, lane: str = "main") -> datetime | None:
        """Return when a milestone was reached (the latest time, where it was told twice), or None."""
        times = [m.occurred_at for m in self.milestones if m.lane == lane and m.code == milestone]
        return max(times, default=None)

    def stands(self, lane: str = "main") -> str | None:
        """Return the code of the latest milestone of a lane, or None."""
        ordered = sorted((m for m in self.milestones if m.lane == lane), key=lambda m: m.occurred_at)
        return ordered[-1].code if ordered else None
