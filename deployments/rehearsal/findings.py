"""Findings: what one expectation of a scenario expected, and what was found. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

NOTHING = "nothing"
NO_REFERRAL = "no such referral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One expectation and what was found."""

    at: datetime
    line: int
    about: str
    expected: str
    actual: str
    met: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison, before it is known where it was asked for."""

    about: str
    expected: str
    actual: str
    met: bool


def same(about: str, expected: object, actual: object) -> Compared:
    """Compare two things as they are printed."""
    wanted, found = str(expected), NOTHING if actual is None else str(actual)
    return Compared(about, wanted, found, wanted == found)


def some(words: Iterable[str], between: str = ", ") -> str:
    """Print several words, or that there is none."""
    return between.join(words) or NOTHING
