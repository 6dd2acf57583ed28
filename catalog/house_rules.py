"""The shapes of the house's own rules about time: when an agency is too silent, and how long what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

from pydantic import Field, model_validator

from catalog.deadlines import Length
from catalog.shapes import Code, Label, Shape, Source
from catalog.words import DeskCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.reading import Page
    from catalog.whole import Catalog

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


class KeepingRule(Shape):
    """How long something is kept.

    `person`: what is known of a client, after the last that happened in a referral to one of `programs`; `visit`: the
    same after the last that happened at all; `consent`: until the last day of the consent; the others are no longer
    needed so long after they were settled. A client is forgotten when the longest that applies is over.
    """

    label: Label
    what: Literal["person", "visit", "consent", "inbox_data", "notices", "follow_up_runs"]
    programs: frozenset[Code] = frozenset()
    length: Length | None = None
    source: Source


def check_house_rules(catalog: Catalog, pages: Mapping[str, Page]) -> None:
    """Note every contradiction of `silence.yaml`, `keeping.yaml` and the rest of the catalog."""
    _check_silence(catalog, pages["silence.yaml"])
    _check_keeping(catalog, pages["keeping.yaml"])
    page = pages["desks.yaml"]
    for desk in get_args(DeskCode):
        if desk not in catalog.desks:
            page.wrong(("desks",), f"the desk '{desk}' has no name", "add it")
    for desk in sorted(catalog.desks.keys() - set(get_args(DeskCode))):
        page.wrong(("desks", desk), f"there is no desk '{desk}'", "mend the code, or remove it")


def _check_silence(catalog: Catalog, page: Page) -> None:
    for agency in sorted(catalog.silence.keys() - catalog.agencies.keys() - {ANY_AGENCY}):
        page.wrong(("silence", agency), f"there is no agency '{agency}'", f"use an agency's code, or '{ANY_AGENCY}'")
    if ANY_AGENCY not in catalog.silence:
        page.wrong(("silence",), f"there is no rule '{ANY_AGENCY}'", "add it: agencies without their own go by it")


def _check_keeping(catalog: Catalog, page: Page) -> None:
    kept: set[str] = set()
    for code, rule in catalog.keeping.items():
        if (rule.length is None) != (rule.what == "consent"):
            page.wrong(("keeping", code), "a rule needs a length, unless a consent is its end", "add or remove it")
        if rule.length is not None and (rule.length.unit not in {"days", "months"} or rule.length.number < 1):
            page.wrong(("keeping", code, "length"), "it is no number of days or months", "write {months: 60}")
        if (rule.what == "person") != bool(rule.programs):
            page.wrong(("keeping", code), "programs go with what: person, and with nothing else", "mend one of them")
        for program in sorted(rule.programs - catalog.programs.keys()):
            page.wrong(("keeping", code, "programs"), f"there is no program '{program}'", "mend the code")
        kept |= rule.programs
    for program in sorted(catalog.programs.keys() - kept):
        page.wrong(("keeping",), f"nothing says how long data of '{program}' is kept", "name it in a rule")
    for what in ("visit", "consent", "inbox_data", "notices", "follow_up_runs"):
        if sum(rule.what == what for rule in catalog.keeping.values()) != 1:
            page.wrong(("keeping",), f"one rule, and only one, must say what: {what}", "add it, or remove the others")
