"""Routing: the table of rules in the catalog, read for one client: first choice, alternatives, who was passed over.

Pure. A fact that nobody knows never matches a rule in silence: the rule does not hold, and the fact is listed under
`needs_to_know`. A closed day is a note beside a choice, never a reason to choose another agency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from catalog import Agency, Catalog, RoutingRule, When
from models.facts import Facts
from models.screening.logic import Finding, all_of, any_of, known, negated

_OWN_FACTS: Final = frozenset(Facts.model_fields)


@dataclass(frozen=True, slots=True)
class Choice:
    """An agency to ask, the rule that chose it, and why in words."""

    agency: str
    rule: str
    #: English text of the rule's reason.
    reason: str
    reason_ko: str = ""
    urgency: str = "normal"
    #: Why it does not answer today ("sunday"); empty on an open day.
    note: str = ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An agency that a rule chose but that cannot be asked."""

    agency: str
    rule: str
    #: `refused`, `full`, `other_district`.
    reason: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where a client goes for a program."""

    first: Choice | None
    alternatives: tuple[Choice, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    #: Facts that nobody knows and that could have changed the choice, sorted.
    needs_to_know: tuple[str, ...] = ()


def route(
    program: str,
    facts: Facts,
    catalog: Catalog,
    on: date,
    refused: Collection[str],
    load: Mapping[str, int],
) -> Route:
    """Choose who is asked for a program.

    Args:
        program: Code of the program.
        facts: What is known of the client.
        catalog: What is known of agencies and rules.
        on: The day of the referral, Asia/Seoul.
        refused: Agencies that said no, or that the client does not want.
        load: Open referrals by agency; an agency not named has none.

    Raises:
        UnknownWord: the catalog has no such program.
    """
    catalog.program(program)
    chosen: dict[str, Choice] = {}
    passed: dict[str, PassedOver] = {}
    wanted: set[str] = set()
    for rule in _rules_for(program, catalog):
        holds = evaluate(rule.when, facts, on)
        if holds.truth is None:
            wanted |= holds.missing
        if holds.truth is not True:
            continue
        for agency in _reached(rule, program, catalog, facts, wanted):
            if agency.code in chosen or agency.code in passed:
                continue
            reason = _why_not(agency, facts, refused, load)
            if reason is not None:
                passed[agency.code] = PassedOver(agency.code, rule.code, reason)
            else:
                chosen[agency.code] = _choice(agency, rule, on)
    first, *others = [*chosen.values()] or [None]
    return Route(
        first=first,
        alternatives=tuple(choice for choice in others if choice is not None),
        passed_over=tuple(passed.values()),
        needs_to_know=tuple(sorted(wanted)),
    )


def evaluate(when: When | None, facts: Facts, on: date) -> Finding:
    """Judge a predicate of the catalog on the facts of a day, in three values; None holds always.

    Raises:
        LookupError: It asks for a fact that there is not; the catalog's own checks let none through.
    """
    if when is None:
        return Finding(truth=True)
    if when.negated is not None:
        return negated(evaluate(when.negated, facts, on))
    if when.fact is None:
        join = any_of if when.all is None else all_of
        return join(*(evaluate(part, facts, on) for part in when.all or when.any or ()))
    return _judge_fact(when, facts, on)


def _judge_fact(when: When, facts: Facts, on: date) -> Finding:
    """Judge a predicate about one fact."""
    name = when.fact or ""
    value = value_of(name, facts, on)
    if when.known is not None:
        return known((value is not None) is when.known, name)
    if value is None:
        return known(None, name, name)
    return known(_test(when, value), name)


def value_of(name: str, facts: Facts, on: date) -> str | int | bool | None:
    """Return a fact by the name routing rules use, derived ones included; None while nobody knows.

    Raises:
        LookupError: No fact is called that.
    """
    match name:
        case "age":
            return facts.age(on)
        case "household_size":
            return facts.household_size
        case "single_parent":
            return facts.is_single_parent(on)
        case "months_since_last_job":
            return facts.months_since_last_job(on)
        case _ if name in _OWN_FACTS:
            value: object = getattr(facts, name)
            return value if isinstance(value, str | int) else None
        case _:
            raise LookupError(f"no fact is called {name}")


def _test(when: When, value: str | int) -> bool:
    if when.equals is not None:
        return value == when.equals and isinstance(value, bool) == isinstance(when.equals, bool)
    if when.among is not None:
        return value in when.among
    if isinstance(value, str):
        return False
    return value >= when.at_least if when.at_least is not None else value <= (when.at_most or 0)


def _rules_for(program: str, catalog: Catalog) -> Iterator[RoutingRule]:
    """Give every rule of a program in order, following `like:`."""
    for rule in catalog.routing:
        if program not in rule.programs:
            continue
        if rule.to.like is None:
            yield rule
        else:
            yield from _rules_for(rule.to.like, catalog)


def _reached(rule: RoutingRule, program: str, catalog: Catalog, facts: Facts, wanted: set[str]) -> Iterator[Agency]:
    """Give the agencies a rule leads to that take the program, by code."""
    target = rule.to
    if target.agency is not None:
        agency = catalog.agency(target.agency)
        if program in agency.programs:
            yield agency
        return
    if target.district is not None and facts.district is None:
        wanted.add("district")
        return
    for _, agency in sorted(catalog.agencies.items()):
        if agency.kind != target.kind or program not in agency.programs:
            continue
        if target.district is None or facts.district in agency.districts:
            yield agency


def _why_not(agency: Agency, facts: Facts, refused: Collection[str], load: Mapping[str, int]) -> str | None:
    if agency.code in refused:
        return "refused"
    if facts.district is not None and not agency.serves(facts.district):
        return "other_district"
    if agency.capacity is not None and load.get(agency.code, 0) >= agency.capacity:
        return "full"
    return None


def _choice(agency: Agency, rule: RoutingRule, on: date) -> Choice:
    closed = agency.calendar.closed_on(on)
    return Choice(
        agency=agency.code,
        rule=rule.code,
        reason=rule.reason.en,
        reason_ko=rule.reason.ko,
        urgency=rule.urgency,
        note=f"closed: {closed}" if closed else "",
    )
