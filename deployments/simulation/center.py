"""The center of a simulation: the product's own desks, outbox and follow-ups, worked one after the other.

What the hall does side by side is done here in a fixed order, so that the same seed gives the same year. Letters are
handed to the world without HTTP; everything else is the code and the tables of every day.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import TextClause, text

from deployments.simulation.population import Person
from deployments.simulation.world import Letter, Word
from flows.desks import DESKS
from models.counting import day_of
from models.vocabulary import Desk
from tasks.batch import work_batch
from tasks.outbox import LeasedLetter, lease_letters
from tasks.results import Result, settle
from tasks.toolbox import Toolbox
from tasks.turns import DeskSetup
from web.checks import of_intake, shaped
from web.intake import open_journey
from web.letterbox import Arrival, Letterbox
from web.reach import Budget
from web.shapes import Intake

#: Who speaks for the center's staff here.
STAFF: Final = "simulation"
#: One statement of this machine may wait so long: a simulation is in no hurry.
_SECONDS: Final = 60.0

_BUSY: Final = text("SELECT DISTINCT desk FROM inbox_event WHERE fate = 'waiting'")
_DUE: Final = text("SELECT DISTINCT desk FROM letter WHERE state = 'waiting' AND next_attempt_at <= :now")
_JOURNEY: Final = text("SELECT id FROM journey WHERE number = :number")


class Unsettled(RuntimeError):  # noqa: N818 - named by what it says
    """The desks write to each other without end: a fault of the rules."""


class Center:
    """Doors, desks and outbox on one database."""

    def __init__(self, tools: Toolbox) -> None:
        """Take the toolbox, whose clock the simulation moves."""
        self.tools = tools
        self._letterbox = Letterbox(tools.engine, seconds=_SECONDS)
        #: Counts for the progress line: events worked, moves, letters.
        self.events = self.moves = self.letters = self.set_aside = 0

    async def walk_in(self, person: Person) -> str:
        """Let a client walk in through the intake's own checks; return the journey's number.

        Raises:
            ValueError: The population made somebody up who cannot be.
        """
        body = person.intake()
        intake = shaped(Intake, body)
        today = day_of(person.comes_at)
        problems = list(of_intake(intake, today, today, self.tools.catalog))
        if problems:
            raise ValueError(f"person {person.nth} cannot be: {problems[0]}")
        opened = await open_journey(
            self.tools.engine,
            intake,
            opened_on=today,
            token=STAFF,
            key=f"person-{person.nth}",
            digest=_digest(body),
            now=self.tools.clock(),
        )
        return opened.number

    async def agencies_say(self, words: Iterable[Word]) -> None:
        """Put agencies' words into the inbox, as the webhook door does once it has opened the seal."""
        await self._put(
            Arrival(
                source=f"agency:{word.agency}",
                source_id=word.id,
                word=word.event,
                data=word.data,
                digest=_digest(word.data),
                occurred_at=word.at,
                received_at=self.tools.clock(),
                referral_number=word.referral,
            )
            for word in words
        )

    async def staff_say(self, number: str, key: str, word: str, data: Mapping[str, Any], at: datetime) -> None:
        """Put an event of the whole journey into the intake desk's inbox.

        Args:
            number: The journey's.
            key: Unique for what is said.
            word: A `JourneyEvent`.
            data: As the door would write it.
            at: When it happened.
        """
        async with self.tools.engine.connect() as connection:
            journey = await connection.scalar(_JOURNEY, {"number": number})
        arrival = Arrival(
            source=f"staff:{STAFF}",
            source_id=key,
            word=word,
            data=data,
            digest=_digest(data),
            occurred_at=at,
            received_at=self.tools.clock(),
            desk=Desk.INTAKE,
            journey_id=journey,
        )
        await self._put([arrival])

    async def work(self, rounds: int = 200) -> list[tuple[Letter, str]]:
        """Let desks and outbox rest; return every letter that reached its agency, with its journey's number.

        Raises:
            Unsettled: They do not come to rest.
        """
        arrived: list[tuple[Letter, str]] = []
        for _ in range(rounds):
            busy = await self._words(_BUSY)
            for desk in busy:
                await self._shift(desk)
            due = await self._words(_DUE, now=self.tools.clock())
            for desk in due:
                arrived += await self._post(desk)
            if not busy and not due:
                return arrived
        raise Unsettled(Unsettled.__doc__)

    async def _words(self, statement: TextClause, **parameters: object) -> list[Desk]:
        async with self.tools.engine.connect() as connection:
            found = set((await connection.execute(statement, parameters)).scalars())
        return [desk for desk in Desk if desk in found]

    async def _shift(self, desk: Desk) -> None:
        """Work a desk's inbox until it is empty."""
        entry = DESKS[desk]
        setup = DeskSetup(desk=desk, rules=entry.rules, hears=self.tools.hears, shift=0)
        while True:
            report = await work_batch(self.tools, setup)
            self.events += report.events
            self.moves += report.moves
            self.letters += report.letters
            self.set_aside += report.set_aside
            if not report.events:
                return

    async def _post(self, desk: Desk) -> list[tuple[Letter, str]]:
        """Hand over every letter of a desk that is due; all arrive."""
        leased: list[LeasedLetter] = []
        now = self.tools.clock()
        while True:
            async with self.tools.engine.begin() as connection:
                more = await lease_letters(connection, [desk], now, self.tools.process)
            leased += more
            if not more:
                break
        # The outbox chooses among equals by random keys; here the order follows from what they are about.
        leased.sort(key=lambda letter: (letter.created_at, letter.agency, letter.referral_number or "", letter.type))
        async with self.tools.engine.begin() as connection:
            await settle(connection, [Result(letter, None) for letter in leased], self.tools.clock())
        return [
            (Letter(agency=letter.agency, type=letter.type.value, data=letter.body), str(letter.journey_id))
            for letter in leased
        ]

    async def _put(self, arrivals: Iterable[Arrival]) -> None:
        budget = Budget(_SECONDS)
        await asyncio.gather(*(self._letterbox.put(arrival, budget) for arrival in arrivals))


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=_plain)).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
