"""What the staff's API answers: a journey as it stands, without names. These shapes are the OpenAPI page's too."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class View(BaseModel):
    """A frozen answer."""

    model_config = ConfigDict(frozen=True)


class ErrorView(View):
    """One field that cannot be taken."""

    field: str
    problem: str
    remedy: str


class ProblemView(View):
    """RFC 9457 problem; never with input in it."""

    type: str = Field(description="/problems/ and the code; that address explains it", examples=["/problems/bad-seal"])
    title: str
    status: int
    detail: str
    fault: str = Field(description="sender or center")
    remedy: str
    errors: list[ErrorView] | None = None


class AcceptedView(View):
    """The event is committed and will be heard."""

    status: str = Field(examples=["accepted"])
    id: str


class FateView(View):
    """What became of an agency's event."""

    id: str
    status: str = Field(description="waiting, applied, already_known, older, parked, held_back or dropped")
    reason: str | None = Field(description="a code, where the status has one: see docs/runbook.md")
    referral: str | None


class OpenedView(View):
    """The journey that is open now."""

    number: str = Field(examples=["J-2017-000042-1"])
    opened_on: date
    href: str


class MilestoneView(View):
    """A step of the program, mirrored from the agency's word."""

    code: str
    occurred_at: datetime


class DaysView(View):
    """How many days each party held a referral, by its log; together the time until it was closed, or until now."""

    center: float
    agency: float
    client: float


class LabelView(View):
    """A name in both languages of the house."""

    ko: str
    en: str


class DeadlineView(View):
    """One deadline of a referral, as docs/deadlines.md has it."""

    code: str = Field(examples=["D01"])
    label: LabelView
    owed_by: str = Field(description="agency, client, center, or court, employer, city, nhis, ministry")
    force: str = Field(description="law, guideline or practice")
    due_raw: date = Field(description="last day as counted")
    due_effective: date = Field(description="after moving off a Saturday or holiday, which only a client's time does")
    due_at: datetime = Field(description="first moment that is late, or from which it is open")
    extendable_to: date | None = Field(description="last day if extended as far as the law allows")
    met_at: datetime | None
    status: str = Field(
        description="running, paused, met, met_late, late, informational_late, lapsed (a right not used) or open"
    )
    informational: bool = Field(description="only mirrored; nobody is chased")


class ReferralView(View):
    """One program asked of one agency."""

    number: str | None = Field(examples=["R-2017-000108-8"])
    desk: str
    program: str
    agency: str
    state: str
    whose_turn: str = Field(description="center, agency, client or none")
    outcome: str | None
    reason: str | None
    waits_for: str | None
    reference: str | None
    application_date: date
    basis: str | None = Field(description="why the disclosure was lawful: consent, statute or vital_interest")
    basis_cite: str | None
    items: list[str] = Field(description="which items were disclosed, never what is in them")
    milestones: dict[str, list[MilestoneView]] = Field(description="by lane, oldest first")
    transitions: int
    days_by_party: DaysView
    deadlines: list[DeadlineView] = Field(description="those that have begun, the earliest due first")


class NoticeView(View):
    """Something a person must do or know."""

    code: str
    label: LabelView | None = Field(default=None, description="what it is called, where a follow-up raised it")
    desk: str
    about: str
    detail: str
    raised_at: datetime


class SetAsideView(View):
    """A desk that cannot go on with this journey."""

    desk: str
    reason: str
    detail: str
    event_id: int | None = Field(description="for `ieum event replay` or `set-aside`, once the cause is mended")
    since: datetime


class JourneyView(View):
    """A journey as it stands."""

    number: str
    opened_on: date
    needs: list[str]
    household_size: int
    referrals: list[ReferralView]
    notices: list[NoticeView] = Field(description="those still open")
    set_aside: list[SetAsideView]
    waiting_events: int


class JourneyLine(View):
    """A journey in the list."""

    number: str
    opened_on: date
    needs: list[str]
    open_referrals: int
    notices: int
    set_aside: int


class JourneysView(View):
    """One page of journeys, the newest first."""

    journeys: list[JourneyLine]
    next: str | None = Field(description="address of the next page, or null on the last")


class EventAcceptedView(View):
    """The staff's event is committed."""

    status: str = Field(examples=["accepted"])
    id: int
    href: str = Field(description="what became of it")


class EventFateView(View):
    """What became of a staff event."""

    id: int
    event: str
    status: str
    reason: str | None
    referral: str | None
    settled_at: datetime | None


class HealthView(View):
    """How the process is."""

    status: str
