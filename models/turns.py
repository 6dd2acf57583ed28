"""Whose turn it was: every second of a referral, from its log alone, owed by exactly one party. Pure.

The log's order decides; where a row tells of a moment before the one already reached (an agency's word that came late,
or a moment still to come), the time already given away stays where it is. So the parts always sum to the whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.roads import CLOSED, TURN
from models.vocabulary import IN_ERROR, Party, ReferralEvent, ReferralState


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the log, as far as time is concerned."""

    occurred_at: datetime
    end: ReferralState
    outcome: str | None = None
    #: Code of why it was declined, where it was.
    declined: str | None = None
    #: The agency itself told of an appointment, or of an attempt to reach the client.
    contact: bool = False
    #: It was taken up again because the outcome before was told in error.
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time in one state; without length where the referral was closed last."""

    state: ReferralState
    since: datetime
    until: datetime
    outcome: str | None = None
    declined: str | None = None

    @property
    def party(self) -> Party:
        """Whose turn it was."""
        return TURN[self.state]

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Turns:
    """A referral's time: its stays, one after the other.

    Attributes:
        contacts: When the agency itself told of appointments, or of attempts to reach the client, in the log's order.
    """

    stays: tuple[Stay, ...] = ()
    contacts: tuple[datetime, ...] = ()

    @property
    def state(self) -> ReferralState | None:
        """Where the referral stands, or None while it has no row in the log."""
        return self.stays[-1].state if self.stays else None

    @property
    def elapsed(self) -> timedelta:
        """The time from birth to the close, or to now while it is open."""
        return self.ended_at - self.stays[0].since if self.stays else timedelta()

    @property
    def ended_at(self) -> datetime:
        """When it was closed last; now, while it is open.

        Raises:
            IndexError: there is no row in the log.
        """
        return next((s.since for s in self.closing), self.stays[-1].until)

    @property
    def closing(self) -> tuple[Stay, ...]:
        """The closed states it ended in, one after the other; none while it is open."""
        opened = [nth for nth, stay in enumerate(self.stays) if stay.state not in CLOSED]
        return self.stays[(opened[-1] + 1 if opened else 0) :]

    @property
    def by_party(self) -> Mapping[Party, timedelta]:
        """The time each party held it; `none` is time in which it was closed before it was taken up again."""
        held = dict.fromkeys(Party, timedelta())
        for stay in self.stays:
            held[stay.party] += stay.length
        return held

    @property
    def pauses(self) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches in which the client's turn stopped the agency's clock, in order."""
        return tuple((s.since, s.until) for s in self.stays if s.party is Party.CLIENT and s.since < s.until)

    @property
    def was_asked(self) -> bool:
        """Whether it was ever more than a draft, so that an agency can owe something."""
        return any(stay.state is not ReferralState.DRAFTED for stay in self.stays)

    def entered(self, states: Iterable[ReferralState]) -> list[datetime]:
        """Return when any of these states was entered, in order."""
        wanted = frozenset(states)
        return [stay.since for stay in self.stays if stay.state in wanted]

    def declined_for(self, reasons: Collection[str]) -> list[datetime]:
        """Return when it was declined for any of these reasons, in order."""
        return [stay.since for stay in self.stays if stay.declined in reasons]

    def taken_up_before(self, moment: datetime) -> datetime | None:
        """Return when it was last taken up again before a moment, or None where it never was."""
        pairs = zip(self.stays, self.stays[1:], strict=False)
        again = [stay.since for last, stay in pairs if last.state in CLOSED and stay.state not in CLOSED]
        return max((since for since in again if since <= moment), default=None)


def is_contact(event: ReferralEvent, who: str) -> bool:
    """Say whether by a row of the log an agency told of an appointment, or of an attempt to reach the client."""
    return event is ReferralEvent.NOTED and who.startswith("agency:")


def why_declined(end: ReferralState, reason: str | None) -> str | None:
    """Return the reason of a row of the log if it declines; who was asked to stop and says no has only stopped."""
    return reason if end is ReferralState.DECLINED else None


def takes_back(event: ReferralEvent, reason: str | None) -> bool:
    """Say whether a row of the log takes a referral up again because its outcome was told in error."""
    return event is ReferralEvent.REOPENED and reason == IN_ERROR


def turns_of(moves: Sequence[Move], now: datetime) -> Turns:
    """Return a referral's time from its moves in the order of the log, up to now (aware)."""
    began: list[tuple[datetime, Move]] = []
    reached: datetime | None = None
    for move in moves:
        said = min(move.occurred_at, now)
        reached = said if reached is None else max(reached, said)
        if move.takes_back and began:
            began[-1] = (began[-1][0], replace(began[-1][1], outcome=None))
        if not began or began[-1][1].end is not move.end:
            began.append((reached, move))
    return Turns(tuple(_stays(began, now)), tuple(move.occurred_at for move in moves if move.contact))


def _stays(began: Sequence[tuple[datetime, Move]], now: datetime) -> Iterable[Stay]:
    last_open = max((nth for nth, (_, move) in enumerate(began) if move.end not in CLOSED), default=-1)
    for nth, (since, move) in enumerate(began):
        if nth > last_open:
            until = since
        elif nth + 1 < len(began):
            until = began[nth + 1][0]
        else:
            until = max(now, since)
        yield Stay(move.end, since, until, move.outcome, move.declined)
