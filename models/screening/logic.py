"""Three-valued logic for screenings: true, false, and nobody knows (Kleene), with what each prints and lacks.

A false part beats an unknown one in "all", a true part beats an unknown one in "any"; so an exclusion that is known
stands, whatever else is unknown, and more knowledge never takes a definite answer back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known about one condition."""

    #: None means that nobody knows.
    truth: bool | None
    #: Lines to print, one for each input compared.
    lines: tuple[str, ...] = ()
    #: Facts that would settle it; empty unless the truth is unknown.
    missing: frozenset[str] = frozenset()
    #: Within a tenth of a line, so that the office may well find otherwise.
    near: bool = False


def known(truth: bool | None, line: str, *facts: str) -> Finding:  # noqa: FBT001 - it is the value itself
    """State a condition; where the truth is None, `facts` say what is missing."""
    if truth is None:
        return Finding(None, (f"{line}: not known",), frozenset(facts))
    return Finding(truth, (f"{line}: {'yes' if truth else 'no'}",))


def told(truth: bool | None, line: str) -> Finding:  # noqa: FBT001 - it is the value itself
    """State something rare that is another's to say, an employer's or another office's: untold it holds nobody up.

    The office that decides checks it in any case; what is known to hold counts in full.
    """
    return Finding(truth is True, (f"{line}: {'yes' if truth else 'no' if truth is False else 'not told'}",))


def no(line: str) -> Finding:
    """State a condition that is known not to hold."""
    return Finding(truth=False, lines=(f"{line}: no",))


def all_of(*parts: Finding) -> Finding:
    """Join conditions that must all hold."""
    refuted = [part for part in parts if part.truth is False]
    if refuted:
        return Finding(truth=False, lines=_lines(parts), near=all(part.near for part in refuted))
    unknown = [part for part in parts if part.truth is None]
    if unknown:
        return Finding(None, _lines(parts), _missing(unknown))
    return Finding(truth=True, lines=_lines(parts), near=any(part.near for part in parts))


def any_of(*parts: Finding) -> Finding:
    """Join conditions of which one is enough."""
    met = [part for part in parts if part.truth is True]
    if met:
        return Finding(truth=True, lines=_lines(parts), near=all(part.near for part in met))
    unknown = [part for part in parts if part.truth is None]
    if unknown:
        return Finding(None, _lines(parts), _missing(unknown))
    return Finding(truth=False, lines=_lines(parts), near=any(part.near for part in parts))


def negated(part: Finding) -> Finding:
    """Turn a condition around; what is unknown stays unknown."""
    return replace(part, truth=None if part.truth is None else not part.truth)


def _lines(parts: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for part in parts for line in part.lines))


def _missing(parts: Iterable[Finding]) -> frozenset[str]:
    return frozenset[str]().union(*(part.missing for part in parts))
