"""Hearing an event: what one inbox event does to one case, by the table of roads and the catalog's words.

Repeated is quiet, older is logged, illegal is parked for a person, an unknown word sets the case aside. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from catalog import UnknownWord
from models.case import MilestoneView, ReferralView
from models.journey_hearing import hear_of_journey
from models.roads import Judgment, judge
from models.vocabulary import (
    AGENCY_EVENTS,
    Desk,
    Fate,
    Happened,
    LetterType,
    Party,
    ReferralEvent,
    ReferralState,
)
from models.work import CaseWork, HeardEvent, LetterDraft, MilestoneRow, NoticeDraft, Stuck, Tell

#: Who wants to know what: the desks' own declarations, handed in.
Hears = Mapping[Happened, frozenset[Desk]]

#: Clocks differ; what is said to happen later than this from now cannot be true yet.
FUTURE_ALLOWED: Final = timedelta(hours=24)

_CLEARS_OUTCOME: Final = frozenset({ReferralEvent.REOPENED})


def hear(work: CaseWork, event: HeardEvent, hears: Hears) -> None:
    """Let one event do to the case what it does, and note its fate.

    Raises:
        Stuck: A word nobody knows, or facts that cannot be; a person must look. The case is unchanged.
    """
    if event.referral_number is None:
        hear_of_journey(work, event)
        work.fates[event.id] = (Fate.APPLIED, None)
        return
    referral = work.case.by_number(event.referral_number)
    if referral is None:
        work.fates[event.id] = (Fate.PARKED, "unknown_referral")
        return
    try:
        work.fates[event.id] = _hear_of(work, event, referral, hears)
    except UnknownWord as unknown:
        raise Stuck("unknown_word", f"{unknown.kind} told of {referral.program}") from unknown


def _hear_of(work: CaseWork, event: HeardEvent, referral: ReferralView, hears: Hears) -> tuple[Fate, str | None]:
    word = ReferralEvent(event.word)
    speaker = Party.AGENCY if word in AGENCY_EVENTS else Party.CENTER
    if event.occurred_at > work.now + FUTURE_ALLOWED:
        return _park(work, referral, "in_the_future")
    if not _may_speak(work, event, referral):
        return _park(work, referral, "not_theirs")
    lane, milestone, outcome, reason = _words(work, event, referral, word)
    state = referral.state
    assert state is not None, "a referral with a number has a state"
    heard_at = None if event.source == "delivery" else referral.heard_at
    told = MilestoneView(lane, milestone, event.occurred_at) if milestone is not None else None
    if told is not None and told in referral.milestones:
        return Fate.ALREADY_KNOWN, None
    match judge(state, word, speaker, event.occurred_at, heard_at):
        case Judgment.ILLEGAL:
            return _park(work, referral, "no_road")
        case Judgment.ALREADY_KNOWN:
            if outcome is not None and outcome != referral.outcome:
                return _park(work, referral, "contradicts")
            return Fate.ALREADY_KNOWN, None
        case Judgment.OLDER:
            if told is not None:
                _note_milestone(work, event, referral, told, hears)
            return Fate.OLDER, None
        case Judgment.MOVE:
            pass
    if word is ReferralEvent.REDIRECTED:
        target = event.data.get("redirect_to")
        if target is not None:
            work.case.catalog.agency(target)
        referral = replace(referral, redirect_to=target)
    if event.source != "delivery" and speaker is Party.AGENCY:
        referral = replace(referral, heard_at=max(event.occurred_at, referral.heard_at or event.occurred_at))
    referral = replace(
        referral,
        outcome=None if word in _CLEARS_OUTCOME else outcome or referral.outcome,
        reason=None if word in _CLEARS_OUTCOME else reason or referral.reason,
        reference=event.data.get("reference") or referral.reference,
    )
    moved = work.move(
        referral,
        word,
        cause=f"event:{event.id}",
        who=event.source,
        occurred_at=event.occurred_at,
        lane=lane if told is not None else None,
        milestone=milestone,
        outcome=outcome,
        reason=reason,
    )
    if told is not None:
        _note_milestone(work, event, moved, told, hears)
    if outcome is not None:
        meaning = work.case.catalog.program(moved.program).outcome(outcome).means
        _tell(work, meaning, hears, f"{moved.number}:{outcome}:{event.id}")
    if word is ReferralEvent.WITHDRAWN and state is not ReferralState.DRAFTED:
        asked = LetterType.CANCELLED if moved.state is ReferralState.CANCELLED else LetterType.CANCEL_REQUESTED
        about = reason or "withdrawn"
        work.write(LetterDraft(referral_id=moved.id, type=asked, about=about, cause=f"event:{event.id}:{asked}"))
    return Fate.APPLIED, None


def _words(
    work: CaseWork,
    event: HeardEvent,
    referral: ReferralView,
    word: ReferralEvent,
) -> tuple[str, str | None, str | None, str | None]:
    """Return lane, milestone, outcome and reason, each known to the catalog."""
    program = work.case.catalog.program(referral.program)
    lane, milestone = event.data.get("lane") or "main", event.data.get("milestone")
    outcome, reason = event.data.get("outcome"), event.data.get("reason")
    if word is ReferralEvent.PROGRESSED:
        program.milestone(lane, str(milestone or ""))
    if word is ReferralEvent.COMPLETED:
        program.outcome(str(outcome or ""))
    if word is ReferralEvent.DECLINED:
        program.decline_reason(str(reason or ""))
    return (
        lane,
        milestone if word is ReferralEvent.PROGRESSED else None,
        outcome if word is ReferralEvent.COMPLETED else None,
        reason,
    )


def _may_speak(work: CaseWork, event: HeardEvent, referral: ReferralView) -> bool:
    """Say whether the speaker is the addressee, or of a kind that decides this program or this milestone."""
    source, _, code = event.source.partition(":")
    if source != "agency":
        return True
    program, kind = work.case.catalog.program(referral.program), work.case.catalog.agency(code).kind
    milestone = event.data.get("milestone")
    by = program.milestone(event.data.get("lane") or "main", milestone).by if milestone is not None else None
    if by is not None:
        return kind == by
    return code == referral.agency or kind in program.speakers


def _park(work: CaseWork, referral: ReferralView, reason: str) -> tuple[Fate, str | None]:
    work.notices.append(NoticeDraft(code="event_parked", about=referral.number or "", detail=reason))
    return Fate.PARKED, reason


def _note_milestone(
    work: CaseWork, event: HeardEvent, referral: ReferralView, told: MilestoneView, hears: Hears
) -> None:
    work.milestones.append(MilestoneRow(referral_id=referral.id, milestone=told, cause=f"event:{event.id}"))
    work.put(replace(referral, milestones=(*referral.milestones, told)))
    meaning = work.case.catalog.program(referral.program).milestone(told.lane, told.code).means
    _tell(work, meaning, hears, f"{referral.number}:{told.code}:{event.id}")


def _tell(work: CaseWork, meaning: str | None, hears: Hears, key: str) -> None:
    if meaning is None:
        return
    happened = Happened(meaning)
    for desk in sorted(hears.get(happened, frozenset()) - {work.desk}):
        work.tells.append(Tell(desk=desk, happened=happened, key=f"{key}:{desk}"))
