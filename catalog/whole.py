"""The whole catalog: every program, agency, rule and dated parameter, loaded once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.problems import UnknownWord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from catalog.deadlines import Deadline
    from catalog.follow_ups import Plan, Resting
    from catalog.house_rules import KeepingRule, NoticeTitle, SilenceRule
    from catalog.places import Agency, Calendar, District, RoutingRule
    from catalog.shapes import Label, Parameter, Period, Program


@dataclass(frozen=True, slots=True)
class Catalog:
    """What is known about programs, agencies, routes and amounts."""

    programs: Mapping[str, Program]
    agencies: Mapping[str, Agency]
    #: In the order they are asked: by priority, then by the order of the file.
    routing: tuple[RoutingRule, ...]
    parameters: Mapping[str, Parameter]
    #: The registry of deadlines, in the order of the file.
    deadlines: tuple[Deadline, ...]
    #: What is done about each of them, by its code.
    follow_ups: Mapping[str, Plan]
    #: What staff are told of journeys that rest.
    resting: Resting
    calendars: Mapping[str, Calendar]
    districts: Mapping[str, District]
    #: When an agency is too silent, by its code; `any` for those without a rule of their own.
    silence: Mapping[str, SilenceRule]
    keeping: Mapping[str, KeepingRule]
    #: What each notice is called where staff read it, by its code.
    notices: Mapping[str, NoticeTitle]
    #: The desks' names.
    desks: Mapping[str, Label]
    #: Twelve hexadecimal digits of the hash of every file, stored with each screening.
    version: str

    def program(self, code: str) -> Program:
        """Find a program.

        Raises:
            UnknownWord: there is no such program.
        """
        if code not in self.programs:
            raise UnknownWord("program", code)
        return self.programs[code]

    def agency(self, code: str) -> Agency:
        """Find an agency.

        Raises:
            UnknownWord: there is no such agency.
        """
        if code not in self.agencies:
            raise UnknownWord("agency", code)
        return self.agencies[code]

    def parameter(self, code: str, on: date) -> Period:
        """Find the value of a parameter that holds on the legally relevant day.

        Raises:
            UnknownWord: there is no such parameter.
            NoValueOn: it holds no value on that day.
        """
        if code not in self.parameters:
            raise UnknownWord("parameter", code)
        return self.parameters[code].on(on)

    def deadlines_of(self, program: str) -> tuple[Deadline, ...]:
        """Return the deadlines that can run for a program's referrals, those of every program included."""
        return tuple(each for each in self.deadlines if not each.programs or program in each.programs)

    def silence_of(self, agency: str) -> SilenceRule:
        """Return the rule by which an agency is too silent."""
        return self.silence.get(agency, self.silence["any"])

    def programs_on(self, day: date) -> tuple[Program, ...]:
        """Return the programs that exist on a day, by code."""
        return tuple(program for _, program in sorted(self.programs.items()) if program.holds_on(day))
