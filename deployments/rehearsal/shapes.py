"""The shape of a scenario file: who walks in, what happens when, and what must then be true.

`docs/scenarios.md` explains it to authors; `scenarios/schema.json` is made from it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from catalog import Label
from deployments.rehearsal.expected import Code, Expected, Shape
from models.counting import SEOUL
from models.vocabulary import FollowUp


def _seoul(given: object) -> object:
    if isinstance(given, str):
        try:
            return datetime.strptime(given, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL)
        except ValueError:
            raise ValueError(f"'{given[:40]}' is no moment: write YYYY-MM-DD HH:MM, Seoul time") from None
    if isinstance(given, date) and not isinstance(given, datetime):
        raise ValueError("a day without a time: write YYYY-MM-DD HH:MM, Seoul time")  # noqa: TRY004 - pydantic tells it
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


class StaffWord(Shape):
    """An event for `POST /api/journeys/{number}/events`; `program` stands for that program's latest referral."""

    event: Code
    """A journey event (`facts_changed`, `consent_given` …) or a word about a referral (`withdrawn`, `progressed` …)."""
    program: Code | None = None
    facts: Mapping[str, Any] | None = None
    phone: str | None = None
    address: str | None = None
    address_secret: bool | None = None
    district: Code | None = None
    neighborhood: str | None = None
    needs: tuple[Code, ...] | None = None
    consent: Mapping[str, Any] | None = None
    purpose: Code | None = None
    recipient: Code | None = None
    reason: Code | None = None
    milestone: Code | None = None
    lane: Code | None = None
    outcome: Code | None = None
    reference: str | None = None
    note: str | None = None
    agency: Code | None = None
    redirect_to: Code | None = None
    proposed_program: Code | None = None
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
    appointment: Moment | None = None
    """When the client is expected."""
    redirect_to: Code | None = None
    proposed_program: Code | None = None
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


class Entry(Shape):
    """One thing that happens, or one look at what is true."""

    at: Moment
    intake: Literal["opened"] | None = None
    """The client walks in: `opened` is posted to the intake door."""
    staff: StaffWord | None = None
    agency: AgencyWord | None = None
    weather: Forecast | None = None
    follow_up: FollowUp | None = None
    """This follow-up runs now, besides the times at which it runs by itself."""
    wait: Literal["until"] | None = None
    """Nothing happens but that time passes until then, and with it what falls due."""
    expect: Expected | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        kinds = ("intake", "staff", "agency", "weather", "follow_up", "wait", "expect")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"an entry holds 'at' and exactly one of {', '.join(map(repr, kinds))}")
        return self


class AsIn(Shape):
    """The beginning that this journey shares with another: who walks in, and what happens before a moment."""

    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\.yaml$")]
    """A scenario file of the same folder. What it expects is checked where it stands, not here again."""
    before: Moment
    """From here on this file's own timeline tells what happens."""


class Scenario(Shape):
    """One client's journey."""

    scenario: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
    """Its short name."""
    title: Label
    story: str
    """The journey in plain words."""
    opened: Mapping[str, Any] | None = None
    """The body of `POST /api/journeys`; left out where the journey begins `as_in` another file."""
    as_in: AsIn | None = None
    timeline: Annotated[tuple[Entry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for earlier, later in zip(self.timeline, self.timeline[1:], strict=False):
            if later.at < earlier.at:
                raise ValueError(f"the entry at {later.at:%Y-%m-%d %H:%M} stands after a later one: put them in order")
        if (self.opened is None) == (self.as_in is None):
            raise ValueError("a scenario holds exactly one of 'opened' and 'as_in'")
        if self.opened is not None and self.timeline[0].intake is None:
            raise ValueError("the first entry must be 'intake: opened'")
        return self
