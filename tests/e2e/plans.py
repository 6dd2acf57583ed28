"""Plans that really ran: PostgreSQL's own auto_explain writes down how it worked every statement of one database.

So whatever the product runs on its way is seen, by whichever process and driver, what its foreign keys look up too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import orjson

from benchmarks.seal import plain

_SETTINGS: Final = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_format": "json",
    # What stands in a statement's parameters is of people.
    "auto_explain.log_parameter_max_length": "0",
}
_PLAN: Final = re.compile(r"LOG:  duration: [0-9.]+ ms  plan:\n((?:\t[^\n]*\n)+)")
#: Numbered lists of values (`VALUES ($1, $2), ($3, …)`) are as long as what is written; the statement is one.
_ROWS: Final = re.compile(r"(\([^()]*\$\d[^()]*\))(?:, \([^()]*\$\d[^()]*\))+")
_REMOVED: Final = ("Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck")


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement as it ran once.

    Attributes:
        statement: Its text, in single spaces.
        rows: Read, or looked at and passed over, by all parts of its plan together.
        pages: Of tables and indexes that it touched.
        whole: Tables that its plan reads from end to end.
    """

    statement: str
    rows: int
    pages: int
    whole: frozenset[str]


class PlanLog:
    """The plans of one database's statements from a moment on, read out of its server's log."""

    def __init__(self, log: Path, url: str) -> None:
        """Look at this log of the server that holds the database of this URL; no other there may be told the same."""
        self._log, self._url, self._begins = log, plain(url), 0

    async def begin(self, **planner: str) -> None:
        """Have every session that comes from now on tell its plans, and plan by these settings of PostgreSQL's."""
        connection = await asyncpg.connect(self._url)
        try:
            name = await connection.fetchval("SELECT quote_ident(current_database())")
            for setting, value in {**_SETTINGS, **planner}.items():
                await connection.execute(f"ALTER DATABASE {name} SET {setting} = '{value}'")
        finally:
            await connection.close()
        self._begins = self._log.stat().st_size

    def told(self) -> list[Ran]:
        """Return every statement that has ended since, but for what a driver asks about PostgreSQL's own types."""
        with self._log.open("rb") as log:
            log.seek(self._begins)
            found = _PLAN.findall(log.read().decode())
        return [_read(told) for told in map(orjson.loads, found) if "pg_type" not in told["Query Text"]]


def _read(told: dict[str, Any]) -> Ran:
    nodes = list(_nodes(told["Plan"]))
    rows = sum(
        (node["Actual Rows"] + sum(node.get(removed, 0) for removed in _REMOVED)) * node["Actual Loops"]
        for node in nodes
    )
    top = told["Plan"]
    return Ran(
        statement=_ROWS.sub(r"\1, …", " ".join(told["Query Text"].split())),
        rows=round(rows),
        pages=top["Shared Hit Blocks"] + top["Shared Read Blocks"],
        whole=frozenset(node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"),
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)
