"""What one run of a follow-up came to, and what its job is; known without Prefect, for doors import it."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tasks.toolbox import Toolbox

#: Lines of one run's table; past it only counts are told.
LINES: Final = 200


@dataclass(slots=True)
class FollowReport:
    """What one run came to: counts, and a table of numbers and codes only (never a person's data)."""

    counts: Counter[str] = field(default_factory=Counter[str])
    table: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def tell(self, what: str, **line: str) -> None:
        """Count something, and keep a line of the table for it while there is room."""
        self.counts[what] += 1
        if len(self.table) < LINES:
            self.table.append({"what": what, **line})

    def add(self, other: "FollowReport") -> None:
        """Add another report: what one transaction came to, once it is committed."""
        self.counts += other.counts
        self.table.extend(other.table[: max(0, LINES - len(self.table))])


#: Does a follow-up's work as of a moment (aware), in transactions of its own.
Job = Callable[[Toolbox, datetime], Awaitable[FollowReport]]
