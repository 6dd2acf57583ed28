"""The shapes of what is known: sources, labels, programs with their lanes, dated parameters.

Every shape is frozen and refuses unknown keys. Money is in won, dates are Asia/Seoul dates, codes of programs and
agencies have hyphens, codes of milestones, outcomes and reasons have underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from catalog.problems import NoValueOn, UnknownWord
from catalog.words import (
    AgencyKind,
    BenefitParty,
    DeskCode,
    FactName,
    HappenedCode,
    ItemCode,
    ScreeningName,
    Unit,
    Whose,
)

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Shape(BaseModel):
    """A frozen piece of the catalog that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Shape):
    """A name in both languages of the house."""

    ko: Text
    en: Text


class Source(Shape):
    """Where a fact was read, and whether it was read at the authority itself.

    `verified` is true only for the text of a statute, decree or rule, or a document of the deciding office; a figure
    seen on a third party's page or known from memory is false, and `note` says which.
    """

    cite: Text
    url: str | None = None
    read_on: date
    verified: bool
    note: str = ""


class Milestone(Shape):
    """A step of a program that an agency reports; `by` narrows who may report it, `means` is what other desks hear."""

    code: Word
    label: Label
    by: AgencyKind | None = None
    means: HappenedCode | None = None
    #: Facts that are so from then on.
    makes_known: Mapping[FactName, bool] = {}
    #: An unfavorable decision before it falls: the referral is taken up again; so does an end that can be appealed.
    reopens: bool = False
    #: What the agency waited for has come: it is at work again, as after any milestone of the main lane.
    resumes: bool = False
    #: From then on the benefit is no longer paid.
    ends: bool = False
    #: Name of an entry of the program's `sources`.
    source: str | None = None


class Outcome(Shape):
    """How a completed referral ended; `means` is what other desks hear."""

    label: Label
    means: HappenedCode | None = None
    favorable: bool
    #: The benefit is paid from then on, until a milestone of the main lane ends it.
    pays: bool = False


class DeclineReason(Shape):
    """Why an agency said no, and whose reason it is."""

    label: Label
    whose: Whose
    #: Nothing was wrong but the office: the next one is asked, and the day of application stays.
    wrong_office: bool = False


class Statute(Shape):
    """The law under which a referral may go out without consent."""

    source: Source
    label: Label

    @property
    def cite(self) -> str:
        """Return the citation stored with the referral."""
        return self.source.cite


class Program(Shape):
    """Something a client can be referred to, with everything the center must know about it."""

    code: Code
    desk: DeskCode
    name: Label
    also_known_as: tuple[Label, ...] = ()
    party: BenefitParty
    valid_from: date
    valid_to: date | None = None
    sources: Mapping[str, Source] = Field(min_length=1)
    decides: AgencyKind
    decided_by: Label
    speakers: frozenset[AgencyKind] = frozenset()
    lanes: Mapping[str, tuple[Milestone, ...]]
    outcomes: Mapping[Word, Outcome] = Field(min_length=1)
    decline_reasons: Mapping[Word, DeclineReason] = Field(min_length=1)
    items: tuple[ItemCode, ...] = Field(min_length=1)
    statute: Statute | None = None
    screening: ScreeningName | None = None

    @property
    def law(self) -> tuple[Source, ...]:
        """Return the program's sources in the order of the file."""
        return tuple(self.sources.values())

    @property
    def decided_by_text(self) -> str:
        """Return who decides, in English."""
        return self.decided_by.en

    def holds_on(self, day: date) -> bool:
        """Say whether the program exists on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def milestone(self, lane: str, code: str) -> Milestone:
        """Find a milestone of a lane.

        Raises:
            UnknownWord: the program has no such lane, or the lane no such milestone.
        """
        if lane not in self.lanes:
            raise UnknownWord("lane", lane)
        for milestone in self.lanes[lane]:
            if milestone.code == code:
                return milestone
        raise UnknownWord("milestone", code)

    def outcome(self, code: str) -> Outcome:
        """Find an outcome.

        Raises:
            UnknownWord: the program has no such outcome.
        """
        if code not in self.outcomes:
            raise UnknownWord("outcome", code)
        return self.outcomes[code]

    def decline_reason(self, code: str) -> DeclineReason:
        """Find a decline reason.

        Raises:
            UnknownWord: the program has no such reason.
        """
        if code not in self.decline_reasons:
            raise UnknownWord("decline reason", code)
        return self.decline_reasons[code]


class Period(Shape):
    """The value of a parameter between two days, both included; either one value or a table by household size."""

    valid_from: date
    valid_to: date | None = None
    value: int | None = None
    #: By key: "1".."7" and "more" (each further person) for household sizes, or a zone or school level.
    table: Mapping[str, int] | None = None
    source: Source

    def of(self, key: str) -> int | None:
        """Return the table's value for a key, or the one value where there is no table."""
        return self.value if self.table is None else self.table.get(key)

    def for_household(self, size: int) -> int | None:
        """Return the value for a household of `size` persons; beyond the table each person adds `more`."""
        if self.table is None:
            return self.value
        if str(size) in self.table:
            return self.table[str(size)]
        largest = max((int(key) for key in self.table if key.isdigit()), default=0)
        if size < 1 or largest == 0 or "more" not in self.table:
            return None
        return self.table[str(largest)] + (size - largest) * self.table["more"]


class Parameter(Shape):
    """A number the law changes from time to time, with the days each value holds."""

    code: Code
    name: Label
    unit: Unit
    periods: tuple[Period, ...] = Field(min_length=1)

    def on(self, day: date) -> Period:
        """Return the period that holds on the legally relevant day.

        Raises:
            NoValueOn: no period holds on that day.
        """
        for period in self.periods:
            if period.valid_from <= day and (period.valid_to is None or day <= period.valid_to):
                return period
        raise NoValueOn(self.code, day)
