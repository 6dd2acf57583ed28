"""One case being worked: the case as it stands now, and everything that must be written if it is to be true.

Pure: hearing an event and asking the rules both add to it; `tasks.record` writes it all in one transaction.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from models.case import Case, ConsentView, MilestoneView, ReferralView
from models.case_chase import Look
from models.chain import NO_ROW_BEFORE, chain_hash
from models.changing import changed
from models.facts import Facts
from models.roads import CLOSED, ROADS
from models.screening import Screening
from models.vocabulary import Desk, Fate, Happened, LetterType, ReferralEvent, ReferralState


class Stuck(Exception):  # noqa: N818 - a state of the case, not a fault of the program
    """A person must look before this desk goes on with this case. Its `reason` is a code, its `detail` has no data."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardEvent:
    """An inbox event as a desk reads it."""

    id: int
    source: str
    word: str
    data: dict[str, Any]
    occurred_at: datetime
    referral_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRow:
    """A row of the log, hash included; the columns of `models.transition.Transition`."""

    referral_id: UUID
    sequence: int
    start: ReferralState | None
    event: ReferralEvent
    end: ReferralState
    lane: str | None
    milestone: str | None
    outcome: str | None
    reason: str | None
    cause: str
    who: str
    occurred_at: datetime
    recorded_at: datetime
    previous_hash: str


@dataclass(frozen=True, kw_only=True)
class LetterDraft:
    """A letter to be written; it gets its packet and its key when it is recorded."""

    referral_id: UUID
    type: LetterType
    about: str
    cause: str
    urgent: bool = False
    #: Code of why, as the agency is told.
    reason: str | None = None
    #: Order among the referral's letters; given when it is written.
    sequence: int = 0


def cancellation(withdrawn: ReferralView, reason: str, cause: str) -> LetterDraft:
    """Return the letter that follows when the center gives up: word of it, or the wish that work begun may stop."""
    begun = withdrawn.state is ReferralState.CANCEL_REQUESTED
    return LetterDraft(
        referral_id=withdrawn.id,
        type=LetterType.CANCEL_REQUESTED if begun else LetterType.CANCELLED,
        reason=reason,
        about=f"{withdrawn.sequence}:{reason}"[:64],
        cause=f"{cause}:cancel:{withdrawn.id}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Something another desk wants to hear."""

    desk: Desk
    happened: Happened
    key: str
    #: Another journey of the same client, where it is not this one's desk that wants to hear it.
    journey_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """Something a person must do or know."""

    code: str
    about: str
    detail: str = ""
    #: Wanted by a rule: it is settled by itself as soon as no rule wants it any more.
    by_rule: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneRow:
    """A milestone to be written."""

    referral_id: UUID
    milestone: MilestoneView
    cause: str


@dataclass(kw_only=True)
class CaseWork:
    """A case under a desk's hands.

    Attributes:
        case: The case as it stands after all that was done so far.
        desk: Whose shift it is.
        now: The moment of the batch; every row it writes bears it.
        fates: What became of each inbox event, by its id.
    """

    case: Case
    desk: Desk
    now: datetime
    #: What time has done to the case, where a follow-up's word waits for it.
    look: Look | None = None
    fates: dict[int, tuple[Fate, str | None]] = field(default_factory=dict[int, tuple[Fate, str | None]])
    transitions: list[tuple[TransitionRow, str]] = field(default_factory=list[tuple[TransitionRow, str]])
    milestones: list[MilestoneRow] = field(default_factory=list[MilestoneRow])
    letters: list[LetterDraft] = field(default_factory=list[LetterDraft])
    #: Steps of follow-ups that came to nothing: referral, deadline, and the moment it was due.
    overtaken: list[tuple[UUID, str, datetime]] = field(default_factory=list[tuple[UUID, str, datetime]])
    tells: list[Tell] = field(default_factory=list[Tell])
    notices: list[NoticeDraft] = field(default_factory=list[NoticeDraft])
    touched: set[UUID] = field(default_factory=set[UUID])
    born: set[UUID] = field(default_factory=set[UUID])
    new_consents: list[ConsentView] = field(default_factory=list[ConsentView])
    #: Recipients whose consents were taken back; None is the center itself.
    withdrawn_recipients: set[str | None] = field(default_factory=set[str | None])
    #: Referrals drafted in this batch by agency; shared by its works, so that a full agency is full for the next too.
    taken: Counter[str] = field(default_factory=Counter[str])
    #: Program that a person chose, and the agency, unless it is left to the routing rules.
    chosen: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    journey_changed: bool = False
    #: Whether the rules were asked to the end, so that `notices` holds all they want.
    rules_asked: bool = False
    #: What the rules were told by screenings, where they were asked to the end.
    screenings: tuple[Screening, ...] = ()
    stuck: Stuck | None = None
    stuck_event: int | None = None

    @property
    def today(self) -> date:
        """The date in law of this batch."""
        return self.case.today

    def copy(self) -> "CaseWork":
        """Return a work that can be thrown away without a trace in this one."""
        return changed(self, **{name: getattr(self, name).copy() for name in _COLLECTED})

    def notice(self, code: str, about: str, detail: str = "", *, by_rule: bool = False) -> None:
        """Have a person told, once."""
        draft = NoticeDraft(code=code, about=about, detail=detail, by_rule=by_rule)
        if draft not in self.notices:
            self.notices.append(draft)

    def learn(self, changed: Mapping[Any, Any]) -> None:
        """Let the journey's facts be as told.

        Raises:
            pydantic.ValidationError: They cannot be.
        """
        facts = Facts.model_validate({**self.case.facts.model_dump(), **changed})
        self.case = self.case.following(facts=facts)
        self.journey_changed = True

    def rest(self, since: datetime, reason: str, key: str) -> None:
        """Let nothing more be done for the client for now; what was asked already stays with the agencies."""
        if self.case.dormant_since is None:
            self._sleep(min(since, self.now), reason, key)

    def wake(self, key: str) -> None:
        """Let everything go on."""
        if self.case.dormant_since is not None:
            self._sleep(None, None, key)

    def _sleep(self, since: datetime | None, reason: str | None, key: str) -> None:
        self.case = self.case.following(dormant_since=since, dormant_reason=reason)
        self.journey_changed = True
        self.tell_others(Happened.FACTS_CHANGED, f"dormant:{reason}:{key}")

    def tell_others(self, happened: Happened, key: str) -> None:
        """Have every other desk look at the case anew."""
        others = (desk for desk in Desk if desk is not self.desk)
        self.tells += [Tell(desk=desk, happened=happened, key=f"{key}:{desk}") for desk in others]

    def put(self, referral: ReferralView) -> None:
        """Let a referral of the case stand as given (a new one is added at the end)."""
        others = self.case.referrals
        if any(r.id == referral.id for r in others):
            referrals = tuple(referral if r.id == referral.id else r for r in others)
        else:
            referrals = (*others, referral)
            self.born.add(referral.id)
        self.touched.add(referral.id)
        self.case = self.case.following(referrals=referrals)

    def move(  # noqa: PLR0913 - the columns of the log, all but two by name
        self,
        referral: ReferralView,
        event: ReferralEvent,
        *,
        cause: str,
        who: str,
        occurred_at: datetime,
        lane: str | None = None,
        milestone: str | None = None,
        outcome: str | None = None,
        reason: str | None = None,
    ) -> ReferralView:
        """Take one road, which the caller has judged: write the row of the log and return the referral as it stands.

        Args:
            referral: As it stands before, but for what the event itself tells (outcome, reason …).
            event: What happens; a referral without a state is drafted, whatever is said.
            cause: The one thing that brought it about; unique by referral.
            who: Code of who said it.
            occurred_at: When it happened, aware.
            lane: Lane of the milestone, if one was reached.
            milestone: Its code.
            outcome: Outcome code, if the event tells one.
            reason: Reason code, if the event tells one.

        Raises:
            KeyError: There is no such road: a fault of the program.
        """
        start = referral.state
        end = ReferralState.DRAFTED if start is None else ROADS[start, event].end
        row = TransitionRow(
            referral_id=referral.id,
            sequence=referral.sequence + 1,
            start=start,
            event=event,
            end=end,
            lane=lane,
            milestone=milestone,
            outcome=outcome,
            reason=reason,
            cause=cause,
            who=who,
            occurred_at=occurred_at,
            recorded_at=self.now,
            previous_hash=referral.last_hash or NO_ROW_BEFORE,
        )
        hashed = chain_hash({name: getattr(row, name) for name in TransitionRow.__dataclass_fields__})
        self.transitions.append((row, hashed))
        waits_for = referral.waits_for if end is ReferralState.DRAFTED else None
        moved = changed(referral, state=end, sequence=row.sequence, last_hash=hashed, waits_for=waits_for)
        self.put(moved)
        if end in CLOSED and start not in CLOSED:
            # What the same client's other journeys were refused while this one was open may be asked now.
            for sibling in sorted(self.case.siblings):
                key = f"{referral.program}:closed:{cause}:{sibling}"
                self.tells.append(
                    Tell(desk=referral.desk, happened=Happened.FACTS_CHANGED, key=key, journey_id=sibling)
                )
        return moved

    def write(self, letter: LetterDraft) -> None:
        """Write a letter, unless one of this type and about the same thing was written before."""
        referral = next(r for r in self.case.referrals if r.id == letter.referral_id)
        if (letter.type, letter.about) in referral.letters:
            return
        nth = referral.last_letter + 1
        self.letters.append(changed(letter, sequence=nth))
        self.put(changed(referral, letters=referral.letters | {(letter.type, letter.about)}, last_letter=nth))


#: What a work collects of its own; how full the agencies are is shared by all works of a batch.
_COLLECTED: Final = tuple(
    each.name for each in fields(CaseWork) if each.default_factory is not MISSING and each.name != "taken"
)
