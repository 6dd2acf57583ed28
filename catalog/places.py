"""The shapes of the others: agencies, their calendars, districts, and the rules that choose among them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Self

from holidays import HolidayBase, country_holidays
from pydantic import ConfigDict, Field, model_validator

from catalog.shapes import Code, Label, Shape, Source, Word
from catalog.words import AgencyKind, Protocol, TargetGroup, Urgency, Weekday

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Closure(Shape):
    """A day or a run of days on which an office is closed for a reason of its own."""

    first: date
    last: date
    label: Label


class Calendar(Shape):
    """When an office is closed: weekdays, public holidays with their substitutes (by country code), own closures."""

    name: Label
    closed_weekdays: tuple[Weekday, ...] = ()
    public_holidays: str | None = None
    closures: tuple[Closure, ...] = ()

    def closed_on(self, day: date) -> str | None:
        """Return why the office is closed on a day, in English, or None."""
        for closure in self.closures:
            if closure.first <= day <= closure.last:
                return closure.label.en
        if self.public_holidays is not None and (holiday := _holidays(self.public_holidays).get(day)) is not None:
            return holiday
        weekday = _WEEKDAYS[day.weekday()]
        return weekday if weekday in self.closed_weekdays else None


@cache
def _holidays(country: str) -> HolidayBase:
    """Return a country's table of public holidays, substitute days included, named in English."""
    return country_holidays(country, language="en_US")


class District(Shape):
    """A district (gu, si, gun) with its province and the zone the asset limits speak of."""

    name: Label
    province: Word
    zone: Word


class Agency(Shape):
    """An office the center refers to, or that speaks about a referral."""

    code: Code
    kind: AgencyKind
    name: Label
    #: Districts whose residents it serves; empty means everyone.
    districts: frozenset[Code] = frozenset()
    target_groups: tuple[TargetGroup, ...] = ("everyone",)
    programs: frozenset[Code] = frozenset()
    protocol: Protocol
    #: Open referrals it takes at once; None means it has named no limit.
    capacity: int | None = Field(default=None, ge=0)
    calendar_name: str = Field(alias="calendar")
    calendar_rules: Calendar | None = None
    contact: Label
    #: Where mails with links go, of an agency that has no line of its own (`protocol: mail`).
    mailbox: str | None = None
    pretend: bool
    #: Networks outside the public internet its address may lie in.
    private_ranges: tuple[str, ...] = ()
    #: Whether it can be asked what it has said about a referral (docs/agencies.md, "When the center asks").
    answers_questions: bool = False
    source: Source

    @property
    def calendar(self) -> Calendar:
        """Return the calendar the agency keeps."""
        assert self.calendar_rules is not None  # noqa: S101 - the loader fills it before anyone sees the agency
        return self.calendar_rules

    def serves(self, district: str) -> bool:
        """Say whether residents of a district may come."""
        return not self.districts or district in self.districts


class When(Shape):
    """A predicate as data: `all`, `any`, `not`, or one fact with one test (`is in at_least at_most known`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all: tuple[When, ...] | None = None
    any: tuple[When, ...] | None = None
    negated: When | None = Field(default=None, alias="not")
    fact: str | None = None
    equals: str | int | bool | None = Field(default=None, alias="is")
    among: tuple[str | int, ...] | None = Field(default=None, alias="in")
    at_least: int | None = None
    at_most: int | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = [part is not None for part in (self.all, self.any, self.negated, self.fact)]
        if sum(forms) != 1:
            text = "a predicate needs exactly one of 'all', 'any', 'not', 'fact'"
            raise ValueError(text)
        tests = [part is not None for part in (self.equals, self.among, self.at_least, self.at_most, self.known)]
        if sum(tests) != (1 if self.fact is not None else 0):
            text = "a fact needs exactly one test of 'is', 'in', 'at_least', 'at_most', 'known'; nothing else takes one"
            raise ValueError(text)
        return self


class Target(Shape):
    """Where a rule sends: one agency, the agency of a kind for the district of residence, or as another program."""

    agency: Code | None = None
    kind: AgencyKind | None = None
    district: str | None = None
    like: Code | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare_code(cls, given: object) -> object:
        return {"agency": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(part is not None for part in (self.agency, self.kind, self.like)) != 1:
            text = "a target is an agency's code, {kind, district: residence} or {like: program}"
            raise ValueError(text)
        if self.district not in {None, "residence"} or (self.district is not None and self.kind is None):
            text = "'district' goes with 'kind' and can only be 'residence'"
            raise ValueError(text)
        return self


class RoutingRule(Shape):
    """One line of the routing table: for these programs, when this holds, go there, for this reason."""

    code: Code
    #: Lower is asked first.
    priority: int = Field(ge=0, le=1000)
    programs: tuple[Code, ...] = Field(min_length=1)
    #: None matches always.
    when: When | None = None
    to: Target
    urgency: Urgency = "normal"
    reason: Label
    source: Source
