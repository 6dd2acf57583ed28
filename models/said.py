"""What an event says of a referral, each word of it known to the catalog; and whether its speaker may say so. Pure."""

from dataclasses import dataclass
from typing import Final

from models.case import MilestoneView, ReferralView
from models.vocabulary import AGENCY_EVENTS, Party, ReferralEvent
from models.work import CaseWork, HeardEvent

#: The lane every program has for appointments and attempts to reach the client; nothing moves by what is told there.
CONTACT: Final = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event's words, each known to the catalog."""

    word: ReferralEvent
    speaker: Party
    told: MilestoneView | None
    outcome: str | None
    reason: str | None
    redirect_to: str | None
    #: A counter-proposal: not this program, that one.
    proposed_program: str | None


def read_words(work: CaseWork, event: HeardEvent, referral: ReferralView) -> Said:
    """Read an event's words by the catalog.

    Raises:
        UnknownWord: The catalog does not know one of them.
    """
    program, data = work.case.catalog.program(referral.program), event.data
    word = ReferralEvent(event.word)
    speaker = Party.AGENCY if word in AGENCY_EVENTS else Party.CENTER
    told = outcome = redirect_to = proposed = None
    match word:
        case ReferralEvent.PROGRESSED:
            milestone = program.milestone(data.get("lane") or "main", str(data.get("milestone") or ""))
            told = MilestoneView(data.get("lane") or "main", milestone.code, event.occurred_at)
            word = ReferralEvent.NOTED if told.lane == CONTACT else word
        case ReferralEvent.COMPLETED:
            outcome = str(data.get("outcome") or "")
            program.outcome(outcome)
        case ReferralEvent.DECLINED:
            program.decline_reason(str(data.get("reason") or ""))
            if data.get("proposed_program"):
                proposed = work.case.catalog.program(str(data["proposed_program"])).code
        case ReferralEvent.REDIRECTED if data.get("redirect_to"):
            redirect_to = work.case.catalog.agency(str(data["redirect_to"])).code
        case _:
            pass
    return Said(
        word=word,
        speaker=speaker,
        told=told,
        outcome=outcome,
        reason=data.get("reason"),
        redirect_to=redirect_to,
        proposed_program=proposed,
    )


def may_speak(work: CaseWork, event: HeardEvent, referral: ReferralView) -> bool:
    """Say whether the speaker is the addressee, or of a kind that decides this program or this milestone."""
    source, _, code = event.source.partition(":")
    if source != "agency":
        return True
    if ReferralEvent(event.word) not in AGENCY_EVENTS:
        return False
    program, kind = work.case.catalog.program(referral.program), work.case.catalog.agency(code).kind
    milestone = event.data.get("milestone")
    by = program.milestone(event.data.get("lane") or "main", milestone).by if milestone is not None else None
    if by is not None:
        return kind == by
    return code == referral.agency or kind in program.speakers
