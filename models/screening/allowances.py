"""Allowances of children: what the offices would pay for each, and how two for the same thing are set off. Pure.

The education allowance and the school supplies of single-parent support are for the same thing: which came first
decides (guide to the education benefit 2026, p. 33, seen in a third party's quotation; read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from models.household import Member
from models.screening.ask import Ask

#: Levels of school both allowances know.
SCHOOLS: Final = ("elementary", "middle", "high")
#: A parent of this age or younger, or an unmarried one with a child of this age or younger, is paid more
#: (한부모가족지원법 §12, read 2026-11-22); how much was not read.
_YOUNG_PARENT, _SMALL_CHILD = 34, 5


@dataclass(frozen=True, slots=True)
class Offset:
    """What one child in school brings a year from both benefits.

    Attributes:
        level: Of school.
        education_won: Education allowance a year that remains.
        supplies_won: School supplies a year that remain.
        line: How it was reckoned, in words.
    """

    level: str
    education_won: int
    supplies_won: int
    line: str


def offset(level: str, education_won: int, supplies_won: int, *, supplies_first: bool, year: int) -> Offset:
    """Set the two allowances of one child off against each other.

    Args:
        level: `elementary`, `middle` or `high`.
        education_won: Education allowance a year.
        supplies_won: School supplies a year; zero where there are none at this level.
        supplies_first: Whether the school supplies were granted before the education benefit.
        year: Whose amounts they are.
    """
    if supplies_won == 0:
        line = f"{level} school: education allowance {education_won:,} ({year}); no school supplies at this level"
        return Offset(level, education_won, 0, line)
    if not supplies_first:
        line = f"{level} school: education allowance {education_won:,} ({year}) came first; no school supplies"
        return Offset(level, education_won, 0, line)
    left = max(education_won - supplies_won, 0)
    line = (
        f"{level} school: school supplies {supplies_won:,} came first; "
        f"education allowance {education_won:,} − {supplies_won:,} = {left:,} ({year})"
    )
    return Offset(level, left, supplies_won, line)


def child_rearing(ask: Ask) -> tuple[str, ...]:
    """Say for whom the child-rearing allowance would be paid: all of them counted, then child by child."""
    below, amount = ask.number("child-care-age"), ask.number("child-care-amount")
    if ask.facts.household is None or below is None or amount is None:
        return ()
    paid = [child for child in ask.facts.children if _is_paid(ask, child, below)]
    of_age = f"{len(paid)} {'child' if len(paid) == 1 else 'children'} under {below}"
    lines = [f"outlook: child-rearing allowance for {of_age}, {amount:,} won a month each ({ask.on.year})"]
    for child in ask.facts.children:
        won = f"{amount:,} won a month" if child in paid else "none"
        lines.append(f"outlook: {_called(ask, child)}: child-rearing allowance {won} (under {below}, {ask.on.year})")
    return (*lines, *_more(ask))


def school_supplies(ask: Ask) -> Iterator[str]:
    """Say what school supplies would be paid for each pupil, less what the education benefit has paid already."""
    for child in ask.facts.children:
        amount = _of_level(ask, "school-supplies-amount", child)
        if amount is None:
            continue
        paid = f"{amount:,} won a year"
        if amount == 0:
            paid = "none at this level"
        elif ask.facts.education_benefit:
            paid = "none: the education allowance came first"
        elif ask.facts.education_benefit is None:
            paid = f"{paid}, none where the education allowance came first"
        yield f"outlook: {_called(ask, child)}, {child.school_level} school: school supplies {paid} ({ask.on.year})"


def education_allowance(ask: Ask) -> Iterator[str]:
    """Say what education allowance would be paid for each pupil, less the school supplies that came first."""
    for child in ask.facts.children:
        amount, supplies = (_of_level(ask, f"{name}-amount", child) for name in ("education", "school-supplies"))
        if amount is None or child.school_level is None:
            continue
        if ask.facts.single_parent_support and supplies:
            line = offset(child.school_level, amount, supplies, supplies_first=True, year=ask.on.year).line
        else:
            line = f"{child.school_level} school: education allowance {amount:,} won a year ({ask.on.year})"
        yield f"outlook: {_called(ask, child)}, {line}"


def _is_paid(ask: Ask, child: Member, below: int) -> bool:
    pupil_below = ask.number("child-care-student-age")
    pupil = pupil_below is not None and child.school_level == "high" and child.under(pupil_below, ask.on) is True
    return pupil or child.under(below, ask.on) is True


def _more(ask: Ask) -> Iterator[str]:
    """Name what is paid on top for young parents and small children; the amounts are the office's."""
    age = ask.facts.age(ask.on)
    young = age is not None and age <= _YOUNG_PARENT
    unmarried = ask.facts.marital == "single"
    small = any(child.under(_SMALL_CHILD + 1, ask.on) for child in ask.facts.children)
    if ask.facts.children and (young or (unmarried and small)):
        yield "outlook: more for a young parent or a small child (§12): the office says how much"


def _of_level(ask: Ask, parameter: str, child: Member) -> int | None:
    """Return a year's amount for a pupil, zero where there is none at the level; None for others, or without a year."""
    period = ask.period(parameter)
    if period is None or child.school_level not in SCHOOLS:
        return None
    return period.of(child.school_level) or 0


def _called(ask: Ask, child: Member) -> str:
    age = child.age(ask.on)
    return "child of unknown age" if age is None else f"child of {age}"
