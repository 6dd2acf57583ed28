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

#: States after which the agency has said nothing binding yet, so that a withdrawal needs no confirmation.
_NOT_YET_BEGUN = (S.DRAFTED, S.REQUESTED, S.RECEIVED, S.WAITLISTED)
_WITH_AGENCY = (S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.WAITLISTED, S.IN_PROGRESS, S.ON_HOLD)


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


def _lay() -> Iterator[Road]:
    agency, center = Party.AGENCY, Party.CENTER
    yield Road(S.DRAFTED, E.REQUESTED, S.REQUESTED, center, "send it to the agency")
    yield Road(S.REQUESTED, E.RECEIVED, S.RECEIVED, agency, "the agency has it")
    for start in _WITH_AGENCY:
        if start not in {S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD}:
            yield Road(start, E.ACCEPTED, S.ACCEPTED, agency, "the agency said yes")
        if start not in {S.WAITLISTED, S.IN_PROGRESS, S.ON_HOLD}:
            yield Road(start, E.WAITLISTED, S.WAITLISTED, agency, "in the agency's queue")
        if start is not S.IN_PROGRESS:
            yield Road(start, E.STARTED, S.IN_PROGRESS, agency, "at work")
        if start not in {S.IN_PROGRESS, S.ON_HOLD}:
            yield Road(start, E.PROGRESSED, S.IN_PROGRESS, agency, "a milestone was reached")
        if start is not S.ON_HOLD:
            yield Road(start, E.HELD, S.ON_HOLD, agency, "the agency waits for the client")
        yield Road(start, E.DECLINED, S.DECLINED, agency, "the agency said no")
        yield Road(start, E.REDIRECTED, S.REDIRECTED, agency, "not competent: handed on")
        yield Road(start, E.COMPLETED, S.COMPLETED, agency, "done, with an outcome")
        yield Road(start, E.CANCELLED, S.CANCELLED, agency, "withdrawn at the agency")
        yield Road(start, E.FAILED, S.FAILED, agency, "could not be done")
    yield Road(S.ON_HOLD, E.RESUMED, S.IN_PROGRESS, agency, "the client has brought what was missing")
    for start in (S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED, S.COMPLETED, S.DECLINED, S.FAILED):
        yield Road(start, E.PROGRESSED, start, agency, "a milestone was reached")
    for start in _NOT_YET_BEGUN:
        yield Road(start, E.WITHDRAWN, S.CANCELLED, center, "withdraw it")
    for start in (S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD):
        yield Road(start, E.WITHDRAWN, S.CANCEL_REQUESTED, center, "ask the agency to stop")
    yield Road(S.CANCEL_REQUESTED, E.CANCELLED, S.CANCELLED, agency, "the agency has stopped")
    yield Road(S.CANCEL_REQUESTED, E.COMPLETED, S.COMPLETED, agency, "completion wins")
    yield Road(S.CANCEL_REQUESTED, E.FAILED, S.FAILED, agency, "could not be done")
    for start in (S.DRAFTED, S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.WAITLISTED, S.ON_HOLD):
        yield Road(start, E.EXPIRED, S.EXPIRED, center, "silence: give it up")
    for start in (S.DECLINED, S.CANCELLED, S.EXPIRED):
        yield Road(start, E.REOPENED, S.DRAFTED, center, "ask again")
    for start in (S.COMPLETED, S.FAILED):
        yield Road(start, E.REOPENED, S.IN_PROGRESS, center, "take it up again")
    for start in S:
        if start is not S.ENTERED_IN_ERROR:
            yield Road(start, E.VOIDED, S.ENTERED_IN_ERROR, center, "it should never have been")


#: Every road there is, by where it starts and what happens.
ROADS: Final[Mapping[tuple[ReferralState, ReferralEvent], Road]] = {(road.start, road.event): road for road in _lay()}


class Judgment(StrEnum):
    """What a step is worth."""

    MOVE = "move"
    ALREADY_KNOWN = "already_known"
    OLDER = "older"
    ILLEGAL = "illegal"


#: States in which an agency's word tells nothing new.
_PASSED: Final[Mapping[ReferralEvent, frozenset[ReferralState]]] = {
    E.RECEIVED: frozenset(S) - {S.DRAFTED, S.REQUESTED},
    E.ACCEPTED: frozenset({S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCEL_REQUESTED}),
    E.WAITLISTED: frozenset({S.WAITLISTED}),
    E.STARTED: frozenset({S.IN_PROGRESS, S.CANCEL_REQUESTED}),
    E.RESUMED: frozenset({S.IN_PROGRESS}),
    E.HELD: frozenset({S.ON_HOLD}),
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
    from it is `OLDER`. A word that tells nothing new is `ALREADY_KNOWN`. What no road allows is `ILLEGAL`, and loud.

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
    if speaker is Party.AGENCY and heard_at is not None and occurred_at < heard_at:
        return Judgment.OLDER
    return Judgment.MOVE
