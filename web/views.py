"""What the staff's API answers: a journey as it stands, without names. These shapes are the OpenAPI page's too."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

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
    numbers: list[str] | None = Field(default=None, description="journeys or referrals of ours it is about")


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
    perhaps_same_person: list[str] = Field(
        default_factory=list, description="journeys of somebody who may be the same person: merge them if so"
    )


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
    extendable_to: date | None = Field(description="last day if extended as far as the law allows; null if it was")
    extended_from: date | None = Field(
        description="last day before the office extended it; null where it did not, or not in time"
    )
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
    predecessor: str | None = Field(description="number of the referral this one followed")
    successor: str | None = Field(description="number of the referral that followed this one")
    redirect_to: str | None = Field(description="agency it was handed on to")
    proposed_program: str | None = Field(description="what the agency proposed when it declined")
    appointments_missed: int = Field(description="by the client; no refusal")
    contact_attempts: int = Field(description="attempts to reach the client")
    transitions: int
    days_by_party: DaysView
    deadlines: list[DeadlineView] = Field(description="those that have begun, the earliest due first")
    outlook: list[str] = Field(description="what can be paid beside other benefits, by the catalog's amounts")


class NoticeView(View):
    """Something a person must do or know."""

    id: UUID = Field(description="what POST /api/notices/{id}/settle and `ieum notice settle` are told")
    code: str
    label: LabelView | None = Field(default=None, description="what it is called in both languages of the house")
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


class EvidenceView(View):
    """A paper the client handed in; never what is in it."""

    id: UUID
    kind: str = Field(examples=["medical_certificate"])
    label: LabelView | None = Field(description="null for a kind the catalog does not know any more")
    referral: str | None = Field(description="number of the referral it was handed in for; null for the whole journey")
    received_on: date
    valid_until: date = Field(description="the last day on which it is good")
    good: bool = Field(description="that day has not passed")


class JourneyView(View):
    """A journey as it stands."""

    number: str
    opened_on: date
    needs: list[str]
    merged: list[str] = Field(description="numbers of journeys that ended in this one; asked for, they answer it")
    household_size: int
    dormant_since: datetime | None = Field(description="since when nothing is done for now; null while it goes on")
    dormant_reason: str | None = Field(description="why: no_show, or the code staff gave")
    referrals: list[ReferralView]
    evidence: list[EvidenceView] = Field(description="papers the client handed in, the one noted last at the end")
    notices: list[NoticeView] = Field(description="those still open")
    set_aside: list[SetAsideView]
    waiting_events: int


class DifferenceView(View):
    """A fact on which the two journeys disagree."""

    fact: str = Field(examples=["monthly_income"])
    kept: Any = Field(description="what the journey that stays says")
    other: Any = Field(description="what the journey that ended in it said")


class MergedView(View):
    """Two journeys of one person are one."""

    number: str = Field(description="the journey that stays")
    merged: str = Field(description="the one that ended in it; its number goes on being answered")
    withdrawn: list[str] = Field(description="referrals that gave way to another of the same program")
    differ: list[str] = Field(
        description="what the two disagree on, by name: facts, or name, phone, address, household of the client"
    )
    taken_over: list[str] = Field(description="facts that only the other one knew")
    differences: list[DifferenceView] = Field(description="the differing facts as they stand now")


class ScreeningView(View):
    """What a pre-screening said; never a decision."""

    program: str
    result: str = Field(description="LIKELY, BORDERLINE, NEEDS_INFO, UNLIKELY or EXCLUDED")
    reason: str
    lines: list[str] = Field(
        description="everything it compared, with amounts", examples=[["2 persons 1,300,000 ≤ 1,480,490 (52 %, 2018)"]]
    )
    routes: list[str] = Field(description="every way into the program with its own result")
    missing: list[str] = Field(description="facts, or numbers of the catalog, that are not known")
    law: list[str]
    params_version: str = Field(description="version of the catalog whose numbers were used")
    asked_on: date = Field(description="the legally relevant day")
    recorded_at: datetime


class ScreeningsView(View):
    """One page of a journey's pre-screenings, the newest first."""

    journey: str
    screenings: list[ScreeningView]
    next: str | None = Field(description="address of the next page, or null on the last")


class JourneyLine(View):
    """A journey in the list."""

    number: str
    opened_on: date
    needs: list[str]
    open_referrals: int
    notices: int
    set_aside: int
    dormant_since: datetime | None


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


class FollowUpView(View):
    """How one scheduled follow-up stands."""

    follow_up: str
    state: str | None = Field(description="Of its latest run: open, done or broken; null where there was none")
    began_at: datetime | None = Field(description="When its latest run began")
    ended_at: datetime | None = Field(description="When its latest run ended")
    last_done_at: datetime | None = Field(description="When the latest run that came to its end ended")
    next_at: datetime = Field(description="Its next hour")
    late: bool = Field(description="It did not run when it should have, half an hour being allowed")


class FollowUpsView(View):
    """How the scheduled follow-ups stand."""

    status: str = Field(description="late where one is late, else on_time")
    follow_ups: list[FollowUpView]
