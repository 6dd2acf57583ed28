"""The outlook of benefits that touch each other: what can be paid by the catalog's amounts, never a promise. Pure.

The education allowance and the school supplies of single-parent support are for the same thing: which came first
decides (guide to the education benefit 2026, p. 33, seen in a third party's quotation; read 2026-11-22). The
child-rearing allowance counts from the day of application, and stays beside other benefits (한부모가족지원법 §12②,
read 2026-11-22).
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from catalog import NoValueOn
from models.case import Case, ReferralView
from models.household import Member
from models.screening.allowances import SCHOOLS, Offset, offset

SINGLE_PARENT: Final = "single-parent-support"
EDUCATION: Final = "education-benefit"


def offsets(case: Case) -> tuple[Offset, ...]:
    """Return the offset for each child in school where both benefits are paid; none where one is not.

    Of two granted at the same moment the school supplies count as first; where the allowance is the larger the sum is
    the same either way.
    """
    supplies_since, education_since = _granted(case, SINGLE_PARENT), _granted(case, EDUCATION)
    if supplies_since is None or education_since is None:
        return ()
    return tuple(_reckoned(case, case.today, supplies_first=supplies_since <= education_since))


def lines(case: Case, referral: ReferralView) -> tuple[str, ...]:
    """Return the outlook of one referral, a sentence each: for staff's eyes.

    Raises:
        UnknownWord: The catalog lacks a program or a parameter.
    """
    if referral.program == EDUCATION and case.is_current(EDUCATION):
        return tuple(each.line for each in offsets(case))
    if referral.program != SINGLE_PARENT or not (referral.is_open or case.is_current(SINGLE_PARENT)):
        return ()
    return (*_child_rearing(case, referral), *(each.line for each in offsets(case)))


def _granted(case: Case, program: str) -> datetime | None:
    return case.referral(program).outcome_at if case.is_current(program) else None


def _reckoned(case: Case, on: date, *, supplies_first: bool) -> Iterator[Offset]:
    for level in _levels(case.facts.children):
        education, supplies = _amount(case, "education-amount", level), _amount(case, "school-supplies-amount", level)
        if education is not None and supplies is not None:
            yield offset(level, education, supplies, supplies_first=supplies_first, year=on.year)


def _levels(children: tuple[Member, ...]) -> Iterator[str]:
    yield from (child.school_level for child in children if child.school_level in SCHOOLS)


def _amount(case: Case, parameter: str, level: str) -> int | None:
    """Return a year's amount for a level of school, zero where there is none, or None where the catalog has no year."""
    try:
        return case.catalog.parameter(parameter, case.today).of(level) or 0
    except NoValueOn:
        return None


def _child_rearing(case: Case, referral: ReferralView) -> Iterator[str]:
    try:
        below = case.catalog.parameter("child-care-age", case.today).value
        amount = case.catalog.parameter("child-care-amount", case.today).value
    except NoValueOn:
        return
    if below is None or amount is None or case.facts.household is None:
        return
    count = len(case.facts.children_under(below, case.today))
    children = f"{count} {'child' if count == 1 else 'children'} under {below}"
    since = referral.application_date.isoformat()
    yield f"child-rearing allowance for {children}, {amount:,} a month each, counted from the application of {since}"
