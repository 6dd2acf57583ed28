"""What can be wrong with the catalog, and with a word that is looked up in it.

CatalogFault
CatalogError   the files are wrong: the start is refused, with every problem named
UnknownWord    someone used a word the catalog does not hold: a person looks, never a default
NoValueOn      a dated parameter holds nothing on that day: the catalog needs a new period
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One mistake in one file: where it is, what is wrong, what to do."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        """Give the problem on one line, as compilers do: `file:line: what; remedy`."""
        return f"{self.file}:{self.line}: {self.what}; {self.remedy}"


class CatalogFault(Exception):  # noqa: N818 - names what happened, as all faults of this house do
    """The catalog cannot answer."""


class CatalogError(CatalogFault):
    """The catalog's files are wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Take every problem found, in any order."""
        #: All problems, sorted by file and line.
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        count = len(self.problems)
        heading = f"the catalog has {count} problem{'s' if count != 1 else ''}:"
        super().__init__("\n".join([heading, *(f"  {problem}" for problem in self.problems)]))


class UnknownWord(CatalogFault):
    """The catalog does not hold this word."""

    def __init__(self, kind: str, word: str) -> None:
        """Keep the word; its text is shown only where it looks like a code, for it may come from outside."""
        self.kind = kind
        self.word = word
        shown = word if _CODE.fullmatch(word) else "(not a code)"
        super().__init__(f"the catalog knows no {kind} {shown}")


class NoValueOn(CatalogFault):
    """A dated parameter holds no value on this day."""

    def __init__(self, parameter: str, on: date) -> None:
        """Keep the parameter's code and the day asked for."""
        self.parameter = parameter
        self.on = on
        super().__init__(f"the catalog holds no {parameter} for {on.isoformat()}")
