"""The shape of the morning's list, as the API answers it and the command line prints it; numbers and codes only."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """A frozen piece of the list."""

    model_config = ConfigDict(frozen=True)


class Title(Part):
    """A name in both languages of the house."""

    ko: str
    en: str


class NoticeLine(Part):
    """Something a person must do or know."""

    id: UUID = Field(description="what `ieum notice settle` is told")
    code: str = Field(examples=["consent_missing"], description="docs/runbook.md has a heading for each")
    title: Title
    desk: str
    about: str = Field(description="program, agency or number")
    journey: str | None = Field(description="null where it belongs to none")
    days: int = Field(description="days since it was raised; 0 is today")


class LetterLine(Part):
    """A letter that lies with a person."""

    referral: str | None
    agency: str
    type: str
    problem: str | None
    days: int


class ParkedLine(Part):
    """An event that was accepted and could not be applied."""

    id: int = Field(description="what `ieum event` is told")
    source: str
    reason: str | None
    days: int


class AsideLine(Part):
    """A journey that the desk cannot go on with."""

    journey: str
    reason: str
    event: int | None
    days: int


class DeskList(Part):
    """One desk's morning. Each list shows at most 50, the oldest first; the counts are of all."""

    desk: str
    title: Title
    overdue: int = Field(description="deadlines that passed, were followed up, and are not answered")
    due_today: int = Field(description="deadlines that a follow-up has told of, and that end today")
    set_aside: list[AsideLine]
    letters: list[LetterLine]
    parked: list[ParkedLine]
    notices: list[NoticeLine] = Field(description="without those of the supervisor's list")
    counts: dict[str, int] = Field(description="set_aside, letters, parked, notices, and notices_today")


class Digest(Part):
    """What needs a person today."""

    day: date
    desks: list[DeskList]
    supervisor: list[NoticeLine] = Field(description="the oldest first, at most 50")
    supervisor_count: int
    parked_without_desk: list[ParkedLine] = Field(description="of referrals nobody knows")
    journeys_on_the_agenda: dict[str, int] = Field(description="by follow-up: journeys it looks at today")
