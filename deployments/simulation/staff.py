"""The staff of a simulation: they read the open notices each morning and do what a notice asks of a person.

They ask clients for consent and for facts that were missing, say who hired them, and let a journey that rests go on
when its client is heard of again. What they do not settle stays open, as it would.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, text

from deployments.simulation.center import Center
from deployments.simulation.dice import Dice
from deployments.simulation.population import Person
from models.counting import day_of

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: How many clients agree when they are asked.
_AGREE: Final = 0.9
_CONSENT_DAYS: Final = 365
#: How many of those hired had completed a program before.
_COMPLETE: Final = 0.6
#: How many of those who could not be reached are heard of again, and after how many days.
_COME_BACK: Final = 0.5
_AWAY_DAYS: Final = (20.0, 120.0)
#: The one employer of the catalog.
_EMPLOYER: Final = "sunny-day-care"

_OPEN: Final = text("""
    SELECT notice.id, journey.number, notice.code, notice.about FROM notice
    JOIN journey ON journey.id = notice.journey_id
    WHERE notice.settled_at IS NULL AND notice.raised_at > :since
      AND notice.code IN ('consent_missing', 'guardian_consent_missing', 'facts_missing', 'client_dormant')
    ORDER BY notice.raised_at, notice.key
""")


@dataclass(slots=True)
class Staff:
    """Whoever works at the center.

    Attributes:
        center: Where they work.
        people: Their clients by the number of the journey.
        seed: Of the simulation.
    """

    center: Center
    people: Mapping[str, Person]
    seed: int
    _asked: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    #: Who is heard of again when: moment, journey, key.
    _returning: list[tuple[datetime, str, str]] = field(default_factory=list[tuple[datetime, str, str]])
    _since: datetime = _NEVER

    async def morning(self, now: datetime) -> None:
        """Do what the notices that were raised since the last morning ask, and hear of those who are back."""
        since, self._since = self._since, now
        async with self.center.tools.engine.connect() as connection:
            rows = (await connection.execute(_OPEN, {"since": since})).all()
        for number, word, key, data in (said for row in rows for said in self._answer(row, now)):
            await self.center.staff_say(number, key, word, data, now)
        while self._returning and self._returning[0][0] <= now:
            _, number, key = heapq.heappop(self._returning)
            await self.center.staff_say(number, key, "woken", {}, now)

    def _answer(self, row: Row[Any], now: datetime) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Yield what is said to one notice: journey, word, key, data."""
        person = self.people[row.number]
        about = row.about.partition(":")[2]
        if row.code == "client_dormant":
            key = f"{row.number}:back:{day_of(now).isoformat()}"
            dice = Dice(self.seed, key)
            if dice.happens(_COME_BACK):
                heapq.heappush(self._returning, (now + dice.days(*_AWAY_DAYS), row.number, key))
            return
        if row.code == "facts_missing":
            wanted = set(about.split(","))
            facts = {name: value for name, value in person.facts.items() if name in wanted}
            if "employer" in wanted:
                facts["employer"] = _EMPLOYER
            if "program_completed" in wanted:
                completed = Dice(self.seed, person.nth, "completed").happens(_COMPLETE)
                facts["program_completed"] = completed
                facts |= {"program_completed_on": day_of(now).isoformat()} if completed else {}
            if facts and self._once(row.number, ",".join(sorted(facts))):
                yield row.number, "facts_changed", f"{row.number}:facts:{','.join(sorted(facts))}", {"facts": facts}
            return
        if not self._once(row.number, about) or not Dice(self.seed, person.nth, "agrees", about).happens(_AGREE):
            return
        until = (day_of(now) + timedelta(days=_CONSENT_DAYS)).isoformat()
        for nth, consent in enumerate(person.consents_to(about, until)):
            yield row.number, "consent_given", f"{row.number}:consent:{about}:{nth}", {"consent": consent}

    def _once(self, number: str, about: str) -> bool:
        if (number, about) in self._asked:
            return False
        self._asked.add((number, about))
        return True
