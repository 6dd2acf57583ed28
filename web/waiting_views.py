"""What the staff's API answers about all that waits for a person; no names, no words of a sender."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from web.views import LabelView, View


class OpenNoticeView(View):
    """Something a person must do or know, of one journey or of none."""

    id: UUID = Field(description="what POST /api/notices/{id}/settle and `ieum notice settle` are told")
    code: str = Field(examples=["endpoint_disabled"], description="docs/runbook.md has a heading for each")
    label: LabelView | None = Field(default=None, description="what it is called in both languages of the house")
    about: str = Field(description="program, agency or referral number")
    detail: str
    desk: str
    journey: str | None = Field(description="the journey's number; null where it belongs to none")
    raised_at: datetime


class SettledNoticeView(OpenNoticeView):
    """A notice that is settled, and stays as it was settled first."""

    settled_at: datetime
    settled_by: str = Field(
        examples=["staff:front-desk"],
        description="staff: and the token's name, cli: and the account; desk, follow-up or merge if by itself",
    )
    settled_why: str | None = Field(description="in that person's words; null where nobody said why")


class ParkedEventView(View):
    """An event that was accepted and fits no journey."""

    id: int = Field(description="what `ieum event set-aside` is told")
    source: str = Field(examples=["agency:nhis"])
    reason: str | None = Field(examples=["unknown_referral"])
    received_at: datetime


class ParkedView(View):
    """Parked events of no journey, the newest first."""

    count: int = Field(description="all of them")
    events: list[ParkedEventView] = Field(description="at most 100")


class LetterView(View):
    """A letter that waits for a person's decision."""

    referral: str | None = Field(
        description="what `ieum letter resend` is told; null for a reminder of many, which goes by the agency's code",
        examples=["R-2017-000108-8"],
    )
    agency: str
    type: str
    last_problem: str | None
    created_at: datetime


class WithPersonView(View):
    """Letters that wait for a person's decision, the newest first."""

    count: int = Field(description="all of them")
    letters: list[LetterView] = Field(description="at most 100")


class NoticesView(View):
    """What waits for a person in the whole house."""

    notices: list[OpenNoticeView] = Field(description="open ones of all journeys and of none, the newest first")
    next: str | None = Field(description="address of the next page of notices, or null on the last")
    parked_without_journey: ParkedView
    letters_with_person: WithPersonView
