"""Hearing an event: what one inbox event does to one case, by the table of roads and the catalog's words.

Repeated is quiet, older is logged, illegal is parked for a person, an unknown word sets the case aside. Pure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from catalog import UnknownWord
from models.case import MilestoneView, ReferralView
from models.case_chase import still_owed
from models.changing import changed
from models.counting import day_of
from models.extending import extends_again
from models.journey_hearing import hear_of_journey
from models.roads import CLOSED, STANDS_AFTER, Judgment, judge
from models.said import Said, may_speak, read_words
from models.vocabulary import CONTACT, IN_ERROR, NO_SHOW, Desk, Fate, Happened, Party, ReferralEvent, ReferralState
from models.work import CaseWork, HeardEvent, MilestoneRow, Stuck, Tell, cancellation

#: Who wants to know what: the desks' own declarations, handed in.
Hears = Mapping[Happened, frozenset[Desk]]

#: Clocks differ; what is said to happen later than this from now cannot be true yet.
FUTURE_ALLOWED: Final = timedelta(hours=24)

#: An answer is no older than the day of application (the clients' day, and one more for clocks that differ).
PAST_ALLOWED: Final = timedelta(days=1)
#: What a milestone tells may lie before it: a hire, a filing, a decision that was known already.
MILESTONE_PAST_ALLOWED: Final = timedelta(days=366)

#: The center's words after which the agency must hear that it may stop.
_GIVES_UP: Final = frozenset({ReferralEvent.WITHDRAWN, ReferralEvent.EXPIRED, ReferralEvent.VOIDED})
#: States in which no agency has anything to stop.
_NOTHING_TO_STOP: Final = (CLOSED - {ReferralState.COMPLETED}) | {ReferralState.DRAFTED}
#: Words that are a decision, for or against.
_DECIDES: Final = frozenset({ReferralEvent.COMPLETED, ReferralEvent.DECLINED})
#: Words by which an agency that was asked to stop has stopped.
_STOPS: Final = frozenset({ReferralEvent.CANCELLED, ReferralEvent.DECLINED, ReferralEvent.REDIRECTED})
#: The source of events that only say that a letter arrived; the agency itself has said nothing by them.
DELIVERY: Final = "delivery"
#: Where the sources of the follow-ups' events begin.
FOLLOW_UP: Final = "follow-up:"


def hear(work: CaseWork, event: HeardEvent, hears: Hears) -> None:
    """Let one event do to the case what it does, and note its fate.

    Args:
        work: The case under the desk's hands; what follows is added to it.
        event: From the desk's inbox.
        hears: Which desks want to know what.

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
    if _overtaken(work, event, referral):
        work.fates[event.id] = (Fate.OLDER, "answered")
        return
    try:
        work.fates[event.id] = _hear_of(work, event, referral, hears)
    except UnknownWord as unknown:
        raise Stuck("unknown_word", f"{unknown.kind} told of {referral.program}") from unknown


def _hear_of(work: CaseWork, event: HeardEvent, referral: ReferralView, hears: Hears) -> tuple[Fate, str | None]:
    objection = _objection(work, event, referral)
    said = read_words(work, event, referral) if objection is None else None
    if said is None or _extends_again(work, referral, said):
        return _park(work, event, referral, objection or "already_extended")
    match _judge(event, referral, said):
        case Judgment.MOVE:
            _apply(work, event, referral, said, hears)
            return Fate.APPLIED, None
        case Judgment.ALREADY_KNOWN:
            if said.outcome is not None and said.outcome != referral.outcome:
                return _park(work, event, referral, "contradicts")
            _note_moment(work, event, referral, said)
            return Fate.ALREADY_KNOWN, None
        case Judgment.OLDER:
            if said.told is not None:
                _note_milestone(work, event, referral, said.told, hears)
            return Fate.OLDER, None
        case Judgment.OLDER_END | Judgment.ILLEGAL as objected:
            return _park(work, event, referral, "no_road" if objected is Judgment.ILLEGAL else "older_end")


def _objection(work: CaseWork, event: HeardEvent, referral: ReferralView) -> str | None:
    """Return why the event cannot be taken as it is, whatever the state, or None."""
    if not may_speak(work, event, referral):
        return "not_theirs"
    if event.occurred_at > work.now + FUTURE_ALLOWED:
        return "in_the_future"
    allowed = MILESTONE_PAST_ALLOWED if event.word == ReferralEvent.PROGRESSED else PAST_ALLOWED
    # A successor keeps the day of the first application: what was said since then may be told of it.
    if day_of(event.occurred_at) < referral.application_date - allowed:
        return "before_the_referral"
    if event.word == ReferralEvent.REOPENED:
        again = referral.program
        if work.case.referral(again).is_open or again in work.case.elsewhere:
            return "another_is_open"
    return None


def _extends_again(work: CaseWork, referral: ReferralView, said: Said) -> bool:
    """Say whether an office extends a second time what it may extend once."""
    if said.told is None or said.told in referral.milestones:
        return False
    return extends_again(work.case.catalog.deadlines_of(referral.program), referral, said.told)


def _overtaken(work: CaseWork, event: HeardEvent, referral: ReferralView) -> bool:
    """Say whether a follow-up gives up what is no longer owed: an answer came between its look and this batch."""
    deadline, due_at = event.data.get("deadline"), event.data.get("due_at")
    follows_up = event.word == ReferralEvent.EXPIRED and event.source.startswith(FOLLOW_UP)
    if not follows_up or work.look is None or deadline is None or due_at is None:
        return False
    moment = datetime.fromisoformat(due_at)
    if still_owed(work.case, str(referral.number), deadline, moment, work.look):
        return False
    work.overtaken.append((referral.id, deadline, moment))
    return True


def _judge(event: HeardEvent, referral: ReferralView, said: Said) -> Judgment:
    if said.told is not None and said.told in referral.milestones:
        return Judgment.ALREADY_KNOWN
    state = referral.state or ReferralState.DRAFTED
    heard_at = None if event.source == DELIVERY else referral.heard_at
    return judge(state, said.word, said.speaker, event.occurred_at, heard_at)


def _apply(work: CaseWork, event: HeardEvent, referral: ReferralView, said: Said, hears: Hears) -> None:
    """Take the road the event opens, and write what follows from it."""
    was, word = referral.state, said.word
    moved = work.move(
        referral if word is ReferralEvent.NOTED else _told(work, event, referral, said),
        word,
        cause=f"event:{event.id}",
        who=event.source,
        occurred_at=event.occurred_at,
        lane=None if said.told is None else said.told.lane,
        milestone=None if said.told is None else said.told.code,
        outcome=said.outcome,
        reason=said.reason,
    )
    if said.told is not None:
        _note_milestone(work, event, moved, said.told, hears)
    if said.outcome is not None:
        meaning = work.case.catalog.program(moved.program).outcome(said.outcome).means
        _tell(work, meaning, hears, f"{moved.number}:{said.outcome}:{event.id}")
    if word in _GIVES_UP and was not in _NOTHING_TO_STOP:
        work.write(cancellation(moved, said.reason or word.value, f"event:{event.id}"))
    if word is ReferralEvent.EXPIRED and said.reason == NO_SHOW:
        work.rest(event.occurred_at, NO_SHOW, f"event:{event.id}")
    elif word is ReferralEvent.REOPENED:
        work.wake(f"event:{event.id}")
        if said.reason == IN_ERROR:
            work.tell_others(Happened.FACTS_CHANGED, f"{IN_ERROR}:{event.id}")


def _told(work: CaseWork, event: HeardEvent, referral: ReferralView, said: Said) -> ReferralView:
    """Return the referral with what the event tells of it; its state is still the one before."""
    if event.source != DELIVERY and said.speaker is Party.AGENCY:
        # A clock that runs ahead must not make what comes after it look old.
        told_at = min(event.occurred_at, work.now)
        referral = changed(referral, heard_at=max(told_at, referral.heard_at or told_at))
    if said.word is ReferralEvent.REOPENED:
        # What an agency said of the time before does not answer the new request.
        return changed(referral.taken_up(event.occurred_at, said.reason), heard_at=event.occurred_at)
    reference = event.data.get("reference") or referral.reference
    if referral.state is ReferralState.CANCEL_REQUESTED and said.word in _STOPS:
        # Why the center asked an agency to stop stays; in what words it has stopped is in the log.
        return changed(referral, reference=reference)
    return changed(
        referral,
        outcome=said.outcome or referral.outcome,
        outcome_at=event.occurred_at if said.word in _DECIDES else referral.outcome_at,
        reason=said.reason or referral.reason,
        redirect_to=said.redirect_to or referral.redirect_to,
        proposed_program=said.proposed_program or referral.proposed_program,
        reference=reference,
    )


def _park(work: CaseWork, event: HeardEvent, referral: ReferralView, reason: str) -> tuple[Fate, str | None]:
    work.notice("event_parked", f"{referral.number} event {event.id}", reason)
    return Fate.PARKED, reason


def _note_moment(work: CaseWork, event: HeardEvent, referral: ReferralView, said: Said) -> None:
    """Remember that the agency stood where it stands at a later moment too: what it said before that is older.

    So `held` that comes after the `resumed` which followed it does not put the referral on hold again.
    """
    stands = referral.state is STANDS_AFTER.get(said.word) and event.source != DELIVERY
    told_at = min(event.occurred_at, work.now)
    if stands and referral.heard_at is not None and told_at > referral.heard_at:
        work.put(changed(referral, heard_at=told_at))


def _note_milestone(
    work: CaseWork, event: HeardEvent, referral: ReferralView, told: MilestoneView, hears: Hears
) -> None:
    work.milestones.append(MilestoneRow(referral_id=referral.id, milestone=told, cause=f"event:{event.id}"))
    referral = changed(referral, milestones=(*referral.milestones, told))
    work.put(referral)
    known = work.case.catalog.program(referral.program).milestone(told.lane, told.code)
    _tell(work, known.means, hears, f"{referral.number}:{told.code}:{event.id}")
    if referral.stands(told.lane) != told.code:
        return
    if known.makes_known:
        work.learn(known.makes_known)
        work.tell_others(Happened.FACTS_CHANGED, f"{Happened.FACTS_CHANGED}:{event.id}")
    if (told.lane, told.code) == (CONTACT, "contact_made") and work.case.dormant_reason == NO_SHOW:
        work.wake(f"event:{event.id}")


def _tell(work: CaseWork, meaning: str | None, hears: Hears, key: str) -> None:
    if meaning is None:
        return
    happened = Happened(meaning)
    for desk in sorted(hears.get(happened, frozenset()) - {work.desk}):
        work.tells.append(Tell(desk=desk, happened=happened, key=f"{key}:{desk}"))
