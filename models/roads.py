"""The referral's state machine: one table of roads, and the one function that judges a step.

Pure: no clock, no database. The table decides legality, draws `docs/referral.md`, gives the console its buttons and
drives the property tests. State names follow HL7 Gravity SDOH Clinical Care, IHE 360X and Primero (read 2026-11-22).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.vocabulary import Party, ReferralEvent, ReferralState

S = ReferralState
E = ReferralEvent

#: Whose turn it is in each state: every second of a referral is owed by exactly one party.
TURN: Final[Mapping[ReferralState, Party]] = {
    S.DRAFTED: Party.CENTER,
    S.REQUESTED: Party.CENTER,
    S.RECEIVED: Party.AGENCY,
    S.ACCEPTED: Party.AGENCY,
    S.WAITLISTED: Party.AGENCY,
    S.IN_PROGRESS: Party.AGENCY,
    S.ON_HOLD: Party.CLIENT,
    S.CANCEL_REQUESTED: Party.AGENCY,
    S.COMPLETED: Party.NONE,
    S.DECLINED: Party.NONE,
    S.REDIRECTED: Party.NONE,
    S.CANCELLED: Party.NONE,
    S.EXPIRED: Party.NONE,
    S.FAILED: Party.NONE,
    S.ENTERED_IN_ERROR: Party.NONE,
}

#: States in which nobody owes anything any more.
CLOSED: Final = frozenset(state for state, party in TURN.items() if party is Party.NONE)


@dataclass(frozen=True, slots=True)
class Road:
    """One legal step.

    Attributes:
        start: State before.
        event: What happens.
        end: State after; equal to `start` where only a milestone is written.
        by: Who may say so.
        label: What the button or the sentence says.
    """

    start: ReferralState
    event: ReferralEvent
    end: ReferralState
    by: Party
    label: str

    @property
    def turn(self) -> Party:
        """Whose turn it is after this step."""
        return TURN[self.end]


_WITH_AGENCY: Final = (S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.WAITLISTED, S.IN_PROGRESS, S.ON_HOLD)
_AGENCY, _CENTER = Party.AGENCY, Party.CENTER

#: From any of these, this event, to there (None: it stays), said by, in words.
_TABLE: Final = (
    ((S.DRAFTED,), E.REQUESTED, S.REQUESTED, _CENTER, "send it to the agency"),
    ((S.REQUESTED,), E.RECEIVED, S.RECEIVED, _AGENCY, "the agency has it"),
    ((S.REQUESTED, S.RECEIVED, S.WAITLISTED), E.ACCEPTED, S.ACCEPTED, _AGENCY, "the agency said yes"),
    ((S.REQUESTED, S.RECEIVED, S.ACCEPTED), E.WAITLISTED, S.WAITLISTED, _AGENCY, "in the agency's queue"),
    ((*_WITH_AGENCY[:4], S.ON_HOLD), E.STARTED, S.IN_PROGRESS, _AGENCY, "at work"),
    (_WITH_AGENCY[:4], E.PROGRESSED, S.IN_PROGRESS, _AGENCY, "a milestone was reached"),
    (
        (S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED, S.COMPLETED, S.DECLINED, S.FAILED),
        E.PROGRESSED,
        None,
        _AGENCY,
        "a milestone was reached",
    ),
    (_WITH_AGENCY[:5], E.HELD, S.ON_HOLD, _AGENCY, "the agency waits for the client"),
    ((S.ON_HOLD,), E.RESUMED, S.IN_PROGRESS, _AGENCY, "the client has brought what was missing"),
    (_WITH_AGENCY, E.DECLINED, S.DECLINED, _AGENCY, "the agency said no"),
    (_WITH_AGENCY, E.REDIRECTED, S.REDIRECTED, _AGENCY, "not competent: handed on"),
    ((*_WITH_AGENCY, S.CANCEL_REQUESTED), E.COMPLETED, S.COMPLETED, _AGENCY, "done, with an outcome"),
    ((*_WITH_AGENCY, S.CANCEL_REQUESTED), E.CANCELLED, S.CANCELLED, _AGENCY, "the agency has stopped"),
    ((*_WITH_AGENCY, S.CANCEL_REQUESTED), E.FAILED, S.FAILED, _AGENCY, "could not be done"),
    # Its no crossed our letter: nobody is at work there any more, and that is what was asked.
    ((S.CANCEL_REQUESTED,), E.DECLINED, S.CANCELLED, _AGENCY, "the agency has stopped: it said no"),
    ((S.CANCEL_REQUESTED,), E.REDIRECTED, S.CANCELLED, _AGENCY, "the agency has stopped: not competent"),
    ((S.DRAFTED, S.REQUESTED, S.RECEIVED, S.WAITLISTED), E.WITHDRAWN, S.CANCELLED, _CENTER, "withdraw it"),
    ((S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD), E.WITHDRAWN, S.CANCEL_REQUESTED, _CENTER, "ask the agency to stop"),
    ((S.DRAFTED, *_WITH_AGENCY), E.EXPIRED, S.EXPIRED, _CENTER, "silence: give it up"),
    ((S.DECLINED, S.CANCELLED, S.EXPIRED), E.REOPENED, S.DRAFTED, _CENTER, "ask again"),
    ((S.COMPLETED, S.FAILED), E.REOPENED, S.IN_PROGRESS, _CENTER, "take it up again"),
    (tuple(S)[1:-1], E.NOTED, None, _AGENCY, "about appointments and attempts to reach the client"),
    (tuple(S)[:-1], E.VOIDED, S.ENTERED_IN_ERROR, _CENTER, "it should never have been"),
)


def _lay() -> Iterator[Road]:
    for starts, event, end, by, label in _TABLE:
        for start in starts:
            yield Road(start, event, end or start, by, label)


#: Every road there is, by where it starts and what happens.
ROADS: Final[Mapping[tuple[ReferralState, ReferralEvent], Road]] = {(road.start, road.event): road for road in _lay()}


class Judgment(StrEnum):
    """What a step is worth."""

    MOVE = "move"
    ALREADY_KNOWN = "already_known"
    OLDER = "older"
    OLDER_END = "older_end"
    ILLEGAL = "illegal"


#: Where an agency that says a word stands from then on, while the referral is open.
STANDS_AFTER: Final[Mapping[ReferralEvent, ReferralState]] = {
    E.ACCEPTED: S.ACCEPTED,
    E.WAITLISTED: S.WAITLISTED,
    E.STARTED: S.IN_PROGRESS,
    E.RESUMED: S.IN_PROGRESS,
    E.HELD: S.ON_HOLD,
}

#: States in which an agency's word tells nothing new.
_PASSED: Final[Mapping[ReferralEvent, frozenset[ReferralState]]] = {
    E.RECEIVED: frozenset(S) - {S.DRAFTED, S.REQUESTED},
    E.ACCEPTED: frozenset({S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED}),
    E.WAITLISTED: frozenset({S.WAITLISTED, S.CANCEL_REQUESTED}),
    E.STARTED: frozenset({S.IN_PROGRESS, S.CANCEL_REQUESTED}),
    E.RESUMED: frozenset({S.IN_PROGRESS, S.CANCEL_REQUESTED}),
    E.HELD: frozenset({S.ON_HOLD, S.CANCEL_REQUESTED}),
    E.COMPLETED: frozenset({S.COMPLETED}),
    E.DECLINED: frozenset({S.DECLINED}),
    E.REDIRECTED: frozenset({S.REDIRECTED}),
    E.CANCELLED: frozenset({S.CANCELLED}),
    E.FAILED: frozenset({S.FAILED}),
    E.REQUESTED: frozenset(S) - {S.DRAFTED},
    E.WITHDRAWN: frozenset({S.CANCELLED, S.CANCEL_REQUESTED}),
    E.EXPIRED: frozenset({S.EXPIRED}),
    E.VOIDED: frozenset({S.ENTERED_IN_ERROR}),
}


def judge(
    state: ReferralState,
    event: ReferralEvent,
    speaker: Party,
    occurred_at: datetime,
    heard_at: datetime | None,
) -> Judgment:
    """Judge one step of one referral.

    A late older event never moves a referral backwards: what an agency says of a moment before the last thing heard
    from it is `OLDER`. Completion wins whenever it was; another end that is said to be older than what is known is
    `OLDER_END`: a person must ask which holds, because nothing final is dropped in silence. What is noted
    beside the work is never too late. A word that tells nothing new is `ALREADY_KNOWN`. What no road allows is
    `ILLEGAL`, and loud.

    Args:
        state: Where the referral stands.
        event: What is said to have happened.
        speaker: Who says so (an agency, or the center for its own words).
        occurred_at: When it happened, in the speaker's words.
        heard_at: When the latest applied agency event happened, or None.
    """
    road = ROADS.get((state, event))
    if road is None:
        known = state in _PASSED.get(event, frozenset())
        older = heard_at is not None and speaker is Party.AGENCY and occurred_at < heard_at
        return Judgment.ALREADY_KNOWN if known else Judgment.OLDER if older else Judgment.ILLEGAL
    if road.by is not speaker:
        return Judgment.ILLEGAL
    if event is not E.NOTED and speaker is Party.AGENCY and heard_at is not None and occurred_at < heard_at:
        ends = road.end in CLOSED and state not in CLOSED
        return Judgment.OLDER if not ends else Judgment.MOVE if event is E.COMPLETED else Judgment.OLDER_END
    return Judgment.MOVE
