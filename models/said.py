"""What an event says of a referral, each word of it known to the catalog; and whether its speaker may say so. Pure."""

from dataclasses import dataclass

from catalog import Agency, Milestone, Program
from models.case import MilestoneView, ReferralView
from models.vocabulary import AGENCY_EVENTS, CONTACT, Party, ReferralEvent, ReferralState
from models.work import CaseWork, HeardEvent


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
            if told.lane == CONTACT:
                word = ReferralEvent.NOTED
            elif referral.state is ReferralState.ON_HOLD and (told.lane == "main" or milestone.resumes):
                # Whoever gets further waits for the client no longer, in whatever words.
                word = ReferralEvent.RESUMED
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
    """Say whether the speaker may say so: the addressee anything, others only what the catalog gives them to decide.

    A milestone with `by` is that kind's alone. What else an agency says that was never asked is heard where its kind
    decides the program, the word is a milestone or an outcome of it, and this office is the competent one. A word that
    the catalog does not know is nobody's decision: from a stranger it is not theirs, and stops nobody.
    """
    source, _, code = event.source.partition(":")
    if source != "agency":
        return True
    word = ReferralEvent(event.word)
    if word not in AGENCY_EVENTS:
        return False
    program = work.case.catalog.program(referral.program)
    agency = work.case.catalog.agencies.get(code)
    told = _milestone(program, event) if word is ReferralEvent.PROGRESSED else None
    by = None if told is None else told.by
    if code == referral.agency:
        return by is None or (agency is not None and agency.kind == by)
    decision = told is not None or (word is ReferralEvent.COMPLETED and event.data.get("outcome") in program.outcomes)
    if agency is None or not decision:
        return False
    return agency.kind == (by or program.decides) and _is_competent(work, agency, program, referral)


def _milestone(program: Program, event: HeardEvent) -> Milestone | None:
    lane = program.lanes.get(event.data.get("lane") or "main", ())
    return next((known for known in lane if known.code == event.data.get("milestone")), None)


def _is_competent(work: CaseWork, agency: Agency, program: Program, referral: ReferralView) -> bool:
    """Say whether this office, of all that decide, decides for this client.

    Of employers the one who hired; of offices with districts that of the client's residence or of the addressee's
    district (긴급복지지원법 §6, read 2026-11-22), unless the program is the employer's: that goes by the workplace. An
    office for everyone that takes the program itself and was not asked is only another that might have been.
    """
    if agency.kind == "employer":
        return agency.code == work.case.facts.employer
    if program.party == "employer":
        return True
    if not agency.districts:
        return program.code not in agency.programs
    asked = work.case.catalog.agencies.get(referral.agency)
    near = asked is not None and not agency.districts.isdisjoint(asked.districts)
    return near or work.case.facts.district in agency.districts
