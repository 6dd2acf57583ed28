"""Checks of the routing table: every program has a way, every way leads somewhere, none in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.words import FACT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from catalog.places import RoutingRule, When
    from catalog.reading import Page, Place
    from catalog.whole import Catalog


def check_routing(catalog: Catalog, page: Page) -> None:
    """Note every contradiction of the routing table on its page."""
    for rule in catalog.routing:
        place: Place = ("rules", rule.code)
        for program in rule.programs:
            if program not in catalog.programs:
                page.wrong((*place, "programs"), f"there is no program '{program}'", "mend the code")
        for fact in _facts(rule.when):
            if fact not in FACT_NAMES:
                page.wrong(
                    (*place, "when"), f"there is no fact '{fact}'", f"use one of {', '.join(sorted(FACT_NAMES))}"
                )
        _check_target(rule, catalog, page)
    for program in sorted(catalog.programs):
        if not any(program in rule.programs for rule in catalog.routing):
            page.wrong(("rules",), f"no rule says where {program} goes", "add a rule for it")
        elif program in _reached(program, catalog):
            page.wrong(("rules",), f"the rules for {program} lead back to it", "break the circle of 'like:'")


def _facts(when: When | None) -> Iterator[str]:
    if when is None:
        return
    if when.fact is not None:
        yield when.fact
    for part in (*(when.all or ()), *(when.any or ()), when.negated):
        yield from _facts(part)


def _check_target(rule: RoutingRule, catalog: Catalog, page: Page) -> None:
    place: Place = ("rules", rule.code, "to")
    target = rule.to
    if target.like is not None:
        if target.like not in catalog.programs:
            page.wrong(place, f"there is no program '{target.like}'", "mend the code")
        return
    if target.agency is not None and target.agency not in catalog.agencies:
        page.wrong(place, f"there is no agency '{target.agency}'", "mend the code, or add it to agencies.yaml")
        return
    reached = [
        agency for agency in catalog.agencies.values() if target.agency == agency.code or target.kind == agency.kind
    ]
    for program in rule.programs:
        if not any(program in agency.programs for agency in reached):
            page.wrong(place, f"no agency this rule reaches takes {program}", "list it under the agency's 'programs:'")


def _reached(program: str, catalog: Catalog) -> set[str]:
    """Return every program whose rules are asked, through `like:`, when this one is routed."""
    reached: set[str] = set()
    ahead = [program]
    while ahead:
        here = ahead.pop()
        for rule in catalog.routing:
            like = rule.to.like
            if here in rule.programs and like is not None and like not in reached:
                reached.add(like)
                ahead.append(like)
    return reached
