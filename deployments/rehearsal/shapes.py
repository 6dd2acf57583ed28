"""The shape of a scenario file: who walks in, what happens when, and what must then be true.

`docs/scenarios.md` explains it to authors; `scenarios/schema.json` is made from it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from catalog import Label
from deployments.clocks import SEOUL
from models.vocabulary import Item, LetterType, Party, ReferralState

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=80)]


def _seoul(given: object) -> object:
    if isinstance(given, str):
        try:
            return datetime.strptime(given, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)
        except ValueError:
            raise ValueError(f"'{given[:40]}' is no moment: write YYYY-MM-DD HH:MM, Seoul time") from None
    if isinstance(given, date) and not isinstance(given, datetime):
        raise ValueError("a day without a time: write YYYY-MM-DD HH:MM, Seoul time")
    return given


Moment = Annotated[
    datetime,
    BeforeValidator(_seoul),
    WithJsonSchema({
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$",
        "description": "Asia/Seoul date and time",
    }),
]  # fmt: skip


class Shape(BaseModel):
    """What all parts share: frozen, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class StaffWord(Shape):
    """An event for `POST /api/journeys/{number}/events`; `program` stands for that program's latest referral."""

    event: Code
    """A journey event (`facts_changed`, `consent_given` …) or a word about a referral (`withdrawn`, `progressed` …)."""
    program: Code | None = None
    facts: Mapping[str, Any] | None = None
    needs: tuple[Code, ...] | None = None
    consent: Mapping[str, Any] | None = None
    recipient: Code | None = None
    reason: Code | None = None
    milestone: Code | None = None
    lane: Code | None = None
    outcome: Code | None = None
    reference: str | None = None
    note: str | None = None
    agency: Code | None = None
    occurred_at: Moment | None = None
    """When it happened; the entry's own time when left out."""
    status: int = 202
    """What the door must answer."""


class AgencyWord(Shape):
    """A word of an agency, sent by the sandbox through the real door."""

    agency: Code
    """Who speaks."""
    event: Code
    program: Code | None = None
    """The latest referral of this program is meant."""
    referral: str | None = None
    """A referral by number, where an agency speaks of one that we do not know."""
    outcome: Code | None = None
    reason: Code | None = None
    milestone: Code | None = None
    lane: Code | None = None
    reference: str | None = None
    note: str | None = None
    appointment: Mapping[str, Any] | None = None
    redirect_to: Code | None = None
    occurred_at: Moment | None = None
    """When it happened; the entry's own time when left out."""
    id: str | None = None
    """The webhook's id, to say the same thing again later."""
    mode: Literal["structured", "binary"] = "structured"
    status: int = 202
    """What the door must answer."""

    @model_validator(mode="after")
    def _about_one(self) -> Self:
        if (self.program is None) == (self.referral is None):
            raise ValueError("an agency speaks of exactly one of 'program' or 'referral'")
        return self


class Forecast(Shape):
    """From now on an agency behaves like this; the words are the sandbox's (docs/scenarios.md)."""

    agency: str
    """An agency's code, or `*` for all without weather of their own."""
    weather: Mapping[str, Any] = Field(default_factory=dict[str, Any])
    """Empty for a mild day."""


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
    """Each is part of one of the printed lines."""
    missing: tuple[str, ...] | None = None
    routes: tuple[str, ...] = ()
    """Ways into the program with their own results, e.g. `single parent: LIKELY`; each must be among those found."""


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
    sent: Mapping[Code, SentExpected] = Field(default_factory=dict[str, SentExpected])
    screening: Mapping[Code, ScreeningExpected] = Field(default_factory=dict[str, ScreeningExpected])


class Entry(Shape):
    """One thing that happens, or one look at what is true."""

    at: Moment
    intake: Literal["opened"] | None = None
    """The client walks in: `opened` is posted to the intake door."""
    staff: StaffWord | None = None
    agency: AgencyWord | None = None
    weather: Forecast | None = None
    expect: Expected | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        there = [name for name in ("intake", "staff", "agency", "weather", "expect") if getattr(self, name) is not None]
        if len(there) != 1:
            raise ValueError("an entry holds 'at' and exactly one of 'intake', 'staff', 'agency', 'weather', 'expect'")
        return self


class Scenario(Shape):
    """One client's journey."""

    scenario: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
    """Its short name."""
    title: Label
    story: str
    """The journey in plain words."""
    opened: Mapping[str, Any]
    """The body of `POST /api/journeys`."""
    timeline: Annotated[tuple[Entry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for earlier, later in zip(self.timeline, self.timeline[1:], strict=False):
            if later.at < earlier.at:
                raise ValueError(f"the entry at {later.at:%Y-%m-%d %H:%M} stands after a later one: put them in order")
        if self.timeline[0].intake is None:
            raise ValueError("the first entry must be 'intake: opened'")
        return self
