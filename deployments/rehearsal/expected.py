"""The shape of what a scenario expects: what must be true at a moment; what is left out is not looked at."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.due import DueStatus
from models.vocabulary import Item, LetterType, Party, ReferralState

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=80)]
#: A milestone of the main lane, or `lane.code` of another.
MilestonePlace = Annotated[str, StringConstraints(pattern=r"^([a-z0-9_]+\.)?[a-z0-9_]+$", max_length=80)]
#: As in `catalog/deadlines.yaml`: D06, D35-answer.
DeadlineCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+([_-][A-Za-z0-9]+)*$", max_length=60)]
#: Who can hold a referral while it is open.
Held = Literal["center", "agency", "client"]


class Shape(BaseModel):
    """What all parts share: frozen, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DeadlineExpected(Shape):
    """One deadline of a referral as it stands; what is left out is not looked at."""

    due_raw: date | None = None
    """Last day as counted."""
    due_effective: date | None = None
    """Last day after moving off a Saturday or holiday, which only a client's time does."""
    extendable_to: date | None = None
    """Last day if extended as far as the law allows."""
    extended_from: date | None = None
    """Last day before the office extended it."""
    status: DueStatus | None = None
    met_on: date | None = None
    """Day (Asia/Seoul) on which it was met."""
    owed_by: Code | None = None
    informational: bool | None = None
    """Whether it is only mirrored, and nobody is chased."""


class StepExpected(Shape):
    """Something a follow-up did about a deadline."""

    does: Code
    """A word of `catalog/follow_ups.yaml`."""
    on: date | None = None
    """Day (Asia/Seoul) on which it was done."""


class ReferralExpected(Shape):
    """The latest referral of a program; what is left out is not looked at."""

    state: ReferralState | None = None
    turn: Party | None = None
    agency: Code | None = None
    outcome: Code | None = None
    reason: Code | None = None
    waits_for: Code | None = None
    basis: Code | None = None
    application_date: date | None = None
    milestones: Mapping[Code, tuple[Code, ...]] = Field(default_factory=dict[str, tuple[str, ...]])
    """By lane: exactly these were reached, in this order."""
    reached: Mapping[MilestonePlace, date] = Field(default_factory=dict[str, date])
    """Days (Asia/Seoul) on which milestones were reached: `in_force`, or `lane.code` of another lane."""
    deadlines: Mapping[DeadlineCode, DeadlineExpected] = Field(default_factory=dict[str, DeadlineExpected])
    """How these deadlines of the catalog stand."""
    no_deadlines: tuple[DeadlineCode, ...] = ()
    """Deadlines that must not run for it."""
    held: Mapping[Held, int] = Field(default_factory=dict[Held, int])
    """Days each party held it so far, to the nearest whole day."""
    steps: Mapping[DeadlineCode, tuple[StepExpected, ...]] = Field(default_factory=dict[str, tuple[StepExpected, ...]])
    """What the follow-ups did about these deadlines: exactly this, in this order; `[]` for nothing."""
    outlook: tuple[str, ...] = ()
    """Each is part of one of the lines on what can be paid beside other benefits; `{…}` is a value of the catalog."""
    earlier: "tuple[ReferralExpected, ...] | None" = None
    """The program's other referrals: exactly so many, oldest first."""
    count: int | None = None
    """How many referrals of this program there are; 0 for none."""


class SentExpected(Shape):
    """Everything an agency has received so far."""

    letters: int | None = None
    """How many letters, whatever they say."""
    types: Mapping[LetterType, int] = Field(default_factory=dict[LetterType, int])
    """How many letters of a type."""
    items: tuple[Item, ...] | None = None
    """Exactly these items reached it."""
    never: tuple[Item, ...] = ()
    """These items never reached it."""
    program: Code | None = None
    """Only letters about this program count."""


class ScreeningExpected(Shape):
    """What the pre-screening of a program says today."""

    result: Literal["LIKELY", "BORDERLINE", "NEEDS_INFO", "UNLIKELY", "EXCLUDED"] | None = None
    lines: tuple[str, ...] = ()
    """Each is part of one of the printed lines; `{…}` is a value of the catalog."""
    missing: tuple[str, ...] | None = None
    routes: tuple[str, ...] = ()
    """Ways into the program with their own results, e.g. `single parent: LIKELY`; each must be among those found."""


class RouteExpected(Shape):
    """Where the routing rules would send the client for a program today; what is left out is not looked at."""

    first: Code | None = None
    """The agency that is asked first."""
    alternatives: tuple[Code, ...] | None = None
    """Exactly these follow, in this order."""
    passed_over: Mapping[Code, Code] = Field(default_factory=dict[str, str])
    """Agencies that cannot be asked, and why: refused, full, other_district."""


class ReportExpected(Shape):
    """An agency's line of `ieum report` for everything since the intake; what is left out is not looked at."""

    sent: int | None = None
    in_service: int | None = None
    completed: int | None = None
    """Whatever the outcome."""
    declined: int | None = None
    """Whatever the reason."""
    redirected: int | None = None
    expired: int | None = None
    no_show: int | None = None
    withdrawn: int | None = None
    reply_rate: int | None = None
    acceptance_rate: int | None = None
    no_show_rate: int | None = None
    """To the nearest whole per cent."""


class ParkedExpected(Shape):
    """An event that was accepted and that nobody could apply."""

    word: Code
    reason: Code


class Expected(Shape):
    """What must be true now; what is left out is not looked at."""

    referrals: Mapping[Code, ReferralExpected] = Field(default_factory=dict[str, ReferralExpected])
    count: int | None = None
    """Referrals there are in all."""
    parked: tuple[ParkedExpected, ...] | None = None
    """Exactly these events are parked."""
    notices: tuple[str, ...] = ()
    """Open notices there must be: `code`, or `code about`."""
    no_notices: tuple[str, ...] = ()
    """Open notices there must not be."""
    set_aside: tuple[str, ...] | None = None
    """Exactly these desks have set the journey aside."""
    dormant: bool | None = None
    """Whether the journey rests because the client cannot be reached or wishes so."""
    consents: Mapping[Code, date | Literal["none"]] = Field(default_factory=dict[str, date | Literal["none"]])
    """Until which day the consents to a recipient hold that hold today; `none` where nothing may be told."""
    sent: Mapping[Code, SentExpected] = Field(default_factory=dict[str, SentExpected])
    screening: Mapping[Code, ScreeningExpected] = Field(default_factory=dict[str, ScreeningExpected])
    report: Mapping[Code, ReportExpected] = Field(default_factory=dict[str, ReportExpected])
    """Lines of the linkage report, by agency."""
    routes: Mapping[Code, RouteExpected] = Field(default_factory=dict[str, RouteExpected])
    """By program."""
