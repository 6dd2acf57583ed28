"""The shapes of the house's own rules about time: an agency too silent, papers good for so long, and what is kept."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from catalog.deadlines import Length
from catalog.shapes import Code, Label, Shape, Source
from catalog.words import DeskCode

#: The rule for agencies that have none of their own.
ANY_AGENCY = "any"


class NoticeTitle(Label):
    """What a notice is called where staff read it."""

    #: Whether it is on the supervisor's list, whichever desk it belongs to.
    supervisor: bool = False
    #: Everything of one journey that falls on one day is one notice …
    one_call: bool = False
    #: … on this desk's list; otherwise, and where nothing is named, it is on that of the referral's own desk.
    desk: DeskCode | None = None

    @model_validator(mode="after")
    def _one_desk(self) -> Self:
        if self.one_call and self.desk is None:
            text = "one notice for several programs needs a 'desk'"
            raise ValueError(text)
        return self


class SilenceRule(Shape):
    """When an agency that usually speaks is too silent; days are working days of its own calendar."""

    #: How far back its usual gap is looked for, in calendar days.
    window_days: int = Field(ge=7, le=60)
    #: On fewer days than these within the window it is no agency that usually speaks.
    spoke_on_days: int = Field(ge=2, le=60)
    #: Which of the gaps between the days it spoke is the usual one: 90 is the gap that nine of ten do not exceed.
    percentile: int = Field(ge=1, le=100)
    #: So many usual gaps are too much …
    times: int = Field(ge=1, le=20)
    #: … but never fewer working days than these.
    at_least_days: int = Field(ge=1, le=60)
    source: Source


class EvidenceKind(Shape):
    """A kind of paper that clients hand in."""

    label: Label
    #: How long it is good after the day it was received, where nobody says another day.
    valid: Length
    #: Whose referrals hang on one that was handed in for the journey as a whole; every program's where none is named.
    programs: frozenset[Code] = frozenset()
    source: Source


class KeepingRule(Shape):
    """How long something is kept.

    `person`: what is known of a client, after the last that happened in a referral to one of `programs`; `visit`: the
    same after the last that happened at all; `consent`: until the last day of the consent; the others are no longer
    needed so long after they came, were settled, began or ended. A client is forgotten when the longest that applies is
    over.
    """

    label: Label
    what: Literal["person", "visit", "consent", "inbox_data", "inbox_ids", "notices", "follow_up_runs", "agency_links"]
    programs: frozenset[Code] = frozenset()
    length: Length | None = None
    source: Source
