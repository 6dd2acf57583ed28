"""The shapes of deadlines: who owes what by when, counted how, under which law.

A deadline begins at a mark (a milestone, an outcome, a state, a dated fact), runs its length, and is met by a mark.
Words of milestones are `code` in the deadline's own lane or `lane.code` in another. `models/deadlines.py` reckons them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.shapes import Code, Label, Shape, Source, Word
from catalog.words import HappenedCode, Urgency

DeadlineCode = Annotated[str, StringConstraints(pattern=r"^D[0-9]{2}(-[a-z0-9]+)*$", max_length=60)]
MilestoneWord = Annotated[str, StringConstraints(pattern=r"^([a-z0-9_]+\.)?[a-z0-9]+(_[a-z0-9]+)*$", max_length=100)]

#: `civil` 민법 §155-§161; `petition_working_days` 민원처리법 §19② (first day in); `working_days` first day out;
#: `working_hours` the center's opening hours; `elapsed` round the clock.
Count = Literal["civil", "petition_working_days", "working_days", "working_hours", "elapsed"]
Force = Literal["law", "guideline", "practice"]
OwedBy = Literal["agency", "client", "center", "court", "employer", "city", "nhis", "ministry"]
DatedFact = Literal["job_seeker_registered_on"]
#: Facts of which `…_from` says since when.
DatedBenefit = Literal["livelihood_recipient", "medical_aid_recipient", "unemployment_benefit"]
StateWord = Literal[
    "drafted",
    "requested",
    "received",
    "accepted",
    "waitlisted",
    "in_progress",
    "on_hold",
    "cancel_requested",
    "completed",
    "declined",
    "redirected",
    "cancelled",
    "expired",
    "failed",
    "entered_in_error",
]

#: Who the center asks and who may wait for the client's papers: their clock stops while a referral is on hold.
_ASKED: Final = frozenset({"agency", "nhis"})

#: Which units each way of counting takes.
UNITS: Final[dict[str, frozenset[str]]] = {
    "civil": frozenset({"days", "months"}),
    "petition_working_days": frozenset({"working_days"}),
    "working_days": frozenset({"working_days"}),
    "working_hours": frozenset({"hours"}),
    "elapsed": frozenset({"hours", "days"}),
}


class Length(Shape):
    """How long: one number of one unit. Negative days and months count back from an end."""

    hours: int | None = Field(default=None, ge=1, le=1000)
    days: int | None = Field(default=None, ge=-366, le=3660)
    months: int | None = Field(default=None, ge=-120, le=120)
    working_days: int | None = Field(default=None, ge=1, le=366)

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        given = [value for value in (self.hours, self.days, self.months, self.working_days) if value is not None]
        if len(given) != 1 or given[0] == 0:
            text = "a length is one number of 'hours', 'days', 'months' or 'working_days', and not 0"
            raise ValueError(text)
        return self

    @property
    def unit(self) -> str:
        """Return the unit's name."""
        return next(name for name in ("hours", "days", "months", "working_days") if getattr(self, name) is not None)

    @property
    def number(self) -> int:
        """Return how many of the unit."""
        return next(n for n in (self.hours, self.days, self.months, self.working_days) if n is not None)


class Marks(Shape):
    """Things that happen to a referral; any one of them counts."""

    milestones: tuple[MilestoneWord, ...] = ()
    outcomes: tuple[Word, ...] = ()
    states: tuple[StateWord, ...] = ()
    #: Benefits that began by the due day; only for `unless`.
    facts: tuple[DatedBenefit, ...] = ()
    #: The agency itself told of an appointment, or that it tried to reach the client; only for `until`.
    contact: bool = False
    #: Work for the client began, went on, or reached a milestone of any lane but `contact`; only for `until`.
    work_goes_on: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is named."""
        return not (self.milestones or self.outcomes or self.states or self.facts or self.contact or self.work_goes_on)


class Start(Marks):
    """Where a deadline begins: the latest of its marks, else what was heard; the day of application; a dated fact.

    An outcome that follows one of its milestones, before the referral was taken up again, tells nothing new.
    """

    application_date: bool = False
    fact: DatedFact | None = None
    #: What any referral of the journey told, the latest; beside marks it stands in for them until one is told.
    happened: HappenedCode | None = None
    #: How often each of these must have been told since the deadline was last met, before it begins at all.
    times: Mapping[MilestoneWord, int] = {}
    #: What was heard counts only from the day of application on.
    since_application: bool = False
    #: The last word about the referral, whatever it was: each begins it anew. It runs while the referral is open.
    last_word: bool = False
    #: Reasons for which an office declined on the merits: its no is a decision, and a right runs from it.
    declined: tuple[Word, ...] = ()
    #: A span that runs first; the deadline itself counts from its last day.
    plus: Length | None = None

    @property
    def empty(self) -> bool:
        """Whether no mark is named."""
        return super().empty and not self.declined

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        heard = self.happened is not None
        if sum([not self.empty or heard, self.application_date, self.fact is not None, self.last_word]) != 1:
            text = "'from' needs marks or 'happened', or 'application_date: true', 'fact', or 'last_word: true'"
            raise ValueError(text)
        if self.times and not self.milestones:
            text = "'times' goes with 'milestones': with the latest of them it begins"
            raise ValueError(text)
        if self.since_application and not heard:
            text = "'since_application' goes with 'happened'"
            raise ValueError(text)
        return self


class Unless(Marks):
    """What leaves nothing to be done; what any referral told counts from the beginning to the due day."""

    happened: HappenedCode | None = None
    #: What was told counts after the due day, too.
    at_any_time: bool = False
    #: Milestones and states count only from the day on which it began.
    since: bool = False
    #: The client had a job at some time from the beginning to the due day; milestones named beside it tell of one, too.
    at_work: bool = False


class Deadline(Shape):
    """One line of the registry: code `D01`…, or `D12-decision` where one number holds several."""

    code: DeadlineCode
    label: Label
    #: Empty means every program.
    programs: tuple[Code, ...] = ()
    lane: Word = "main"
    start: Start = Field(alias="from")
    length: Length | None = None
    #: Instead of a length: the last day itself, or the day on which it opens.
    ends_on: date | None = None
    #: Instead of a length: each day on which a child of the client passes this age (a parameter, itself dated).
    line: Code | None = None
    count: Count = "civil"
    until: Marks = Marks()
    #: Counts only once one of these has happened.
    given: Marks = Marks()
    #: Counts no more where one of these has happened before it was met.
    unless: Unless = Unless()
    #: Owed only while the referral is open; or, where it is `current`, while what was granted is paid, too.
    only_while: Literal["open", "current"] | None = None
    owed_by: OwedBy
    force: Force
    #: A court's or the law's date that the center only mirrors: shown when late, nobody is chased.
    informational: bool = False
    #: Something that may be done until then; unused it lapses, and nobody is late.
    right: bool = False
    #: Something that may be done from then on; nobody is late.
    opens: bool = False
    #: The last day on a Saturday or public holiday moves to the next working day (민법 §161): a client's time only.
    moves: bool = False
    #: How much more the law allows with a stated reason.
    extension: Length | None = None
    #: The office's word that it took the extension: in time, and once (`models/extending.py`).
    extended_by: tuple[MilestoneWord, ...] = ()
    #: Only for referrals of this urgency.
    urgency: Urgency | None = None
    #: Which day decides whether this version holds; the first day where nothing is named.
    dated_by: Marks = Marks()
    valid_from: date | None = None
    valid_to: date | None = None
    source: Source

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for text, wrong in (
            ("a deadline needs one of 'length', 'ends_on' and 'line'", self._ends() != 1),
            ("an age line opens something: 'opens: true'", self.line is not None and not self.opens),
            ("only a client's time moves", self.moves and self.owed_by != "client"),
            ("'right' and 'opens' exclude each other", self.right and self.opens),
            ("'until' is missing: what meets it?", self.until.empty and not (self.opens or self.right)),
            (
                "only 'unless' may take 'facts'",
                any(m.facts for m in (self.start, self.until, self.given, self.dated_by)),
            ),
            (
                "only 'until' takes 'contact' and 'work_goes_on'",
                any(m.contact or m.work_goes_on for m in (self.start, self.given, self.unless, self.dated_by)),
            ),
            ("'extension' and 'extended_by' go together", (self.extension is None) is bool(self.extended_by)),
            ("only a length is extended, and by a positive one", self._wrong_extension()),
            (f"'{self.count}' takes {' or '.join(sorted(UNITS[self.count]))}", self._wrong_unit()),
        ):
            if wrong:
                raise ValueError(text)
        return self

    def _ends(self) -> int:
        return sum(end is not None for end in (self.length, self.ends_on, self.line))

    def _wrong_unit(self) -> bool:
        lengths = [length for length in (self.length, self.extension) if length is not None]
        return any(length.unit not in UNITS[self.count] for length in lengths)

    def _wrong_extension(self) -> bool:
        more = self.extension
        return more is not None and (self.length is None or self.opens or more.number < 0)

    @property
    def stops(self) -> bool:
        """Whether its clock stands still while the referral waits for the client."""
        return self.owed_by in _ASKED and not (self.informational or self.opens or self.ends_on is not None)

    def holds_on(self, day: date) -> bool:
        """Say whether this version of the rule holds on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def place(self, word: str) -> tuple[str, str]:
        """Return lane and code of a milestone word of this deadline."""
        lane, _, code = word.rpartition(".")
        return lane or self.lane, code
