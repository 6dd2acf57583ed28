"""The timeline: each thing that happened as one line, who said it, about what, and whose turn it is then."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog import Catalog
from models.roads import TURN
from models.vocabulary import Party, ReferralEvent, ReferralState

_SINCE = text(
    "SELECT t.id, t.event, t.end, t.lane, t.milestone, t.outcome, t.reason, t.who, t.occurred_at, r.program, r.agency,"
    " r.number, r.waits_for FROM transition t JOIN referral r ON r.id = t.referral_id WHERE t.id > :last ORDER BY t.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline; codes and numbers, nothing about the client."""

    at: datetime
    who: str
    says: str
    program: str
    number: str
    turn: str


class Timeline:
    """Tells what is new since it was asked last."""

    def __init__(self, engine: AsyncEngine, catalog: Catalog) -> None:
        """Read the log of this database."""
        self._engine = engine
        self._catalog = catalog
        self._last = 0

    async def news(self) -> list[Line]:
        """Return the lines of every step since the last call, oldest first."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(_SINCE, {"last": self._last})).mappings().all()
        #: Letters that have arrived by now: their lines say whose turn it is since.
        arrived = {row["number"] for row in rows if row["event"] == "received"}
        lines: list[Line] = []
        for row in rows:
            self._last = row["id"]
            if (line := self._line(dict(row))) is not None:
                there = row["event"] == "requested" and row["number"] in arrived
                lines.append(replace(line, turn=Party.AGENCY) if there else line)
        return lines

    def _line(self, row: dict[str, Any]) -> Line | None:
        event, end = ReferralEvent(row["event"]), ReferralState(row["end"])
        program = self._catalog.program(row["program"])
        if event is ReferralEvent.DRAFTED and row["waits_for"] is None:
            return None
        if event is ReferralEvent.RECEIVED and row["who"] == "delivery":
            return None
        _, _, code = str(row["who"]).partition(":")
        who = self._agency(code) if row["who"].startswith("agency:") else "the center"
        return Line(
            at=row["occurred_at"],
            who=who,
            says=self._says(event, row),
            program=program.name.en,
            number=row["number"],
            turn=TURN[end],
        )

    def _says(self, event: ReferralEvent, row: dict[str, Any]) -> str:
        program = self._catalog.program(row["program"])
        match event:
            case ReferralEvent.DRAFTED:
                return (
                    f"wants to ask {self._agency(row['agency'])}; waits for {str(row['waits_for']).replace('_', ' ')}"
                )
            case ReferralEvent.REQUESTED:
                return f"asks {self._agency(row['agency'])}"
            case ReferralEvent.PROGRESSED:
                return program.milestone(row["lane"] or "main", row["milestone"]).label.en
            case ReferralEvent.COMPLETED:
                return f"completed: {program.outcome(row['outcome']).label.en}"
            case ReferralEvent.DECLINED:
                return f"declined: {program.decline_reason(row['reason']).label.en}"
            case _:
                return str(event)

    def _agency(self, code: str) -> str:
        return self._catalog.agency(code).name.en if code in self._catalog.agencies else code
