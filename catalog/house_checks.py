"""Checks of the house's own rules against the rest of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from catalog.house_rules import ANY_AGENCY
from catalog.words import DeskCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from catalog.deadlines import Length
    from catalog.reading import Page
    from catalog.whole import Catalog


def _days(length: Length) -> int:
    """Return a length in days, months at their longest."""
    return (length.days or 0) + 31 * (length.months or 0)


def check_house_rules(catalog: Catalog, pages: Mapping[str, Page]) -> None:
    """Note every contradiction of `silence.yaml`, `keeping.yaml` and the rest of the catalog."""
    _check_silence(catalog, pages["silence.yaml"])
    _check_keeping(catalog, pages["keeping.yaml"])
    _check_evidence(catalog, pages["evidence.yaml"])
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


def _check_evidence(catalog: Catalog, page: Page) -> None:
    for code, kind in catalog.evidence.items():
        if kind.valid.unit not in {"days", "months"} or kind.valid.number < 1:
            page.wrong(("evidence", code, "valid"), "it is no number of days or months", "write {months: 3}")
        for program in sorted(kind.programs - catalog.programs.keys()):
            page.wrong(("evidence", code, "programs"), f"there is no program '{program}'", "mend the code")


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
    longest = {rule.what: _days(rule.length) for rule in catalog.keeping.values() if rule.length is not None}
    if longest.get("visit", 0) > longest.get("inbox_data", 0):
        text = "a visit is kept longer than what events said, by which its last day is known"
        page.wrong(("keeping",), text, "make inbox_data as long, or visit shorter")
    for what in ("visit", "consent", "inbox_data", "notices", "follow_up_runs", "agency_links"):
        if sum(rule.what == what for rule in catalog.keeping.values()) != 1:
            page.wrong(("keeping",), f"one rule, and only one, must say what: {what}", "add it, or remove the others")
