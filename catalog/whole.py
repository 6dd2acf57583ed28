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
    from catalog.house_rules import EvidenceKind, KeepingRule, NoticeTitle, SilenceRule
    from catalog.places import Agency, Calendar, District, RoutingRule
    from catalog.shapes import Label, Parameter, Period, Program


@dataclass(frozen=True, slots=True)
class Deciding:
    """Referrals one agency decides although another is the addressee: a program's, sent to an agency."""

    program: str
    addressee: str
    #: Steps with which the matter goes to the decider, of the lane `main`; empty: none is named.
    handed_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """What is known about programs, agencies, routes and amounts; compared by identity."""

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
    #: Papers that clients hand in, by the code of their kind.
    evidence: Mapping[str, EvidenceKind]
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

    def decided_by(self, agency: str) -> tuple[Deciding, ...]:
        """Return which referrals sent to others an agency decides.

        Whoever takes a program itself has no part in what another got of it; where several could decide, nobody knows
        which, so none does.

        Raises:
            UnknownWord: there is no such agency.
        """
        decider = self.agency(agency)
        return tuple(
            Deciding(program.code, addressee.code, self._handed_on(program))
            for _, program in sorted(self.programs.items())
            if program.decides == decider.kind and program.code not in decider.programs
            for _, addressee in sorted(self.agencies.items())
            if program.code in addressee.programs and addressee.kind != decider.kind
            if [decider.code] == [each.code for each in self.agencies.values() if _may_decide(each, program, addressee)]
        )

    def _handed_on(self, program: Program) -> tuple[str, ...]:
        """Return the steps with which the time begins that a program's decider owes."""
        owed = [each for each in self.deadlines_of(program.code) if each.owed_by == program.decides]
        return tuple(sorted({step for each in owed if each.lane == "main" for step in each.start.milestones}))

    def silence_of(self, agency: str) -> SilenceRule:
        """Return the rule by which an agency is too silent."""
        return self.silence.get(agency, self.silence["any"])

    def programs_on(self, day: date) -> tuple[Program, ...]:
        """Return the programs that exist on a day, by code."""
        return tuple(program for _, program in sorted(self.programs.items()) if program.holds_on(day))


def _may_decide(agency: Agency, program: Program, addressee: Agency) -> bool:
    """Say whether an agency is of the deciding kind and serves people whom the addressee serves."""
    apart = agency.districts and addressee.districts and not agency.districts & addressee.districts
    return agency.kind == program.decides and not apart
