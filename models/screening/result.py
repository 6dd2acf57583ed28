"""The result of a pre-screening: how likely a program is, what it was reckoned from, and what is still missing.

It is never a decision. The deciding office alone says whether someone may have a benefit; the center says how likely it
looks, and hands over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from catalog import Source
from models.screening.logic import Finding, any_of


class Result(StrEnum):
    """How a program looks for a client."""

    LIKELY = "LIKELY"
    BORDERLINE = "BORDERLINE"
    NEEDS_INFO = "NEEDS_INFO"
    UNLIKELY = "UNLIKELY"
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What a pre-screening found. Its lines hold amounts: show them to staff, keep them out of logs and Prefect."""

    program: str
    result: Result
    #: What was compared, in words: "2 persons 1,300,000 ≤ 1,480,490 (52 %, 2018)".
    lines: tuple[str, ...]
    #: Facts to ask for, sorted; `catalog.<parameter>` is a number the catalog does not hold for that day.
    missing: tuple[str, ...] = ()
    reason: str = ""
    #: Every way into the program with its own result: "type I: LIKELY".
    routes: tuple[str, ...] = ()
    law: tuple[Source, ...] = ()
    #: Version of the catalog whose numbers were used.
    params_version: str
    #: The legally relevant day the numbers were taken for.
    asked_on: date


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Something that shuts a program out whatever else holds."""

    reason: str
    holds: Finding


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a program: what must hold, and what shuts it."""

    name: str
    conditions: Finding
    exclusions: tuple[Exclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """All ways into a program, and what is worth saying besides."""

    ways: tuple[Way, ...]
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Judged:
    """One way with its result."""

    name: str
    result: Result
    reason: str
    missing: frozenset[str]
    lines: tuple[str, ...]


#: The best way decides; a way that is shut does not shut the others.
_ORDER: Final = (Result.LIKELY, Result.BORDERLINE, Result.NEEDS_INFO, Result.UNLIKELY, Result.EXCLUDED)


def judge(way: Way) -> Judged:
    """Judge one way: shut beats unlikely, unlikely beats unknown, unknown beats near, near beats likely."""
    shut = any_of(*(exclusion.holds for exclusion in way.exclusions))
    wanted = way.conditions
    lines = tuple(dict.fromkeys((*wanted.lines, *shut.lines)))
    if shut.truth is True:
        reason = next(exclusion.reason for exclusion in way.exclusions if exclusion.holds.truth is True)
        return Judged(way.name, Result.EXCLUDED, reason, frozenset(), lines)
    if wanted.truth is False and not wanted.near:
        return Judged(way.name, Result.UNLIKELY, "a condition does not hold", frozenset(), lines)
    if wanted.truth is None or shut.truth is None:
        missing = wanted.missing | shut.missing
        return Judged(way.name, Result.NEEDS_INFO, f"not known: {', '.join(sorted(missing))}", missing, lines)
    if wanted.near:
        return Judged(way.name, Result.BORDERLINE, "close to a line, or for the office to find", frozenset(), lines)
    return Judged(way.name, Result.LIKELY, "every condition looks met", frozenset(), lines)


def best_of(ways: tuple[Way, ...]) -> tuple[Judged, tuple[Judged, ...]]:
    """Return the way that looks best (of equals the first), and all of them in their order.

    Raises:
        ValueError: There is no way at all.
    """
    judged = tuple(judge(way) for way in ways)
    return min(judged, key=lambda one: _ORDER.index(one.result)), judged
