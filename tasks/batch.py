"""One batch: what waits for some desks in the cases that could be claimed, worked and written in one transaction.

The desks take turns on the same cases: what one tells another is heard in the same batch. Each case is worked for
itself; one that is stuck at a desk is set aside there with its reason, and neither the others nor other desks notice.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from models.casebook import bare_cases, load_cases
from models.database import is_away
from models.hearing import FOLLOW_UP
from models.vocabulary import Desk, ReferralEvent
from models.work import CaseWork, HeardEvent, Stuck
from tasks.chase_reading import read_looks
from tasks.claims import anything_waits, claim, waiting_events
from tasks.outline import outline
from tasks.rows import Shown, proven_rows
from tasks.told import Told, number_told
from tasks.toolbox import Toolbox
from tasks.turns import BatchCases, DeskSetup
from tasks.writing import number_born, write_down

#: How often the desks of one batch take turns at the most; what is told in the last one waits for the next batch.
TURNS: Final = 24
#: Cases after which whoever else shares the event loop has a turn.
BREATHES_AFTER: Final = 10


@dataclass(frozen=True, slots=True)
class Moved:
    """A line for the shift's log and artifact: numbers and codes only."""

    referral: str
    start: str
    event: str
    end: str
    milestone: str


@dataclass(slots=True)
class BatchReport:
    """What one batch, or a whole shift of them, came to."""

    #: Cases that were worked, again with each batch.
    cases: int = 0
    events: int = 0
    moves: int = 0
    letters: int = 0
    set_aside: int = 0
    notices: int = 0
    fates: Counter[str] = field(default_factory=Counter[str])
    moved: list[Moved] = field(default_factory=list[Moved])
    #: Letters that agencies' own words showed to have arrived: what waited behind them may go out.
    proven: int = 0
    #: Nothing was left waiting that was there when the batch began.
    cleared: bool = False
    #: Events wait, but somebody else holds their cases at this moment: another process, a door, a follow-up.
    held_elsewhere: bool = False
    #: What it came to for each of its desks.
    of: "dict[Desk, BatchReport]" = field(default_factory=dict[Desk, "BatchReport"])

    def add(self, other: "BatchReport", keep: int) -> None:
        """Add another report; at most `keep` lines of moves are kept."""
        self.cases += other.cases
        self.events += other.events
        self.moves += other.moves
        self.letters += other.letters
        self.set_aside += other.set_aside
        self.notices += other.notices
        self.fates += other.fates
        self.moved.extend(other.moved[: max(0, keep - len(self.moved))])


async def work_batch(tools: Toolbox, *setups: DeskSetup) -> BatchReport:
    """Claim, hear, ask, write: one transaction. An empty report means that nothing could be claimed.

    Args:
        tools: The toolbox.
        setups: The desks that are worked, each once.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refused; nothing of the batch was written.
    """
    desks = [setup.desk for setup in setups]
    async with tools.engine.begin() as connection:
        claimed = await claim(connection, desks)
        if not claimed.journeys:
            return BatchReport(held_elsewhere=await anything_waits(connection, desks))
        report = await _work_claimed(connection, claimed.journeys, tools, setups)
        report.cleared &= claimed.all
        return report


async def work_one_by_one(tools: Toolbox, setup: DeskSetup) -> BatchReport:
    """Work a desk's batch a case at a time, after it could not be written whole: what fails again is set aside.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    total = BatchReport()
    async with tools.engine.begin() as connection:
        for journey in (await claim(connection, [setup.desk])).journeys:
            try:
                async with connection.begin_nested():
                    report = await _work_claimed(connection, [journey], tools, [setup])
            except Exception as refused:
                if is_away(refused):
                    raise
                unwritten = Stuck("could_not_be_written", outline(refused))
                report = await _work_claimed(connection, [journey], tools, [setup], unwritten)
            total.add(report, len(total.moved) + len(report.moved))
    return total


async def _work_claimed(
    connection: AsyncConnection,
    journeys: Sequence[UUID],
    tools: Toolbox,
    setups: Sequence[DeskSetup],
    stuck: Stuck | None = None,
) -> BatchReport:
    by_desk = {setup.desk: setup for setup in setups}
    waiting, aside = await waiting_events(connection, by_desk, journeys)
    read = load_cases if stuck is None else bare_cases
    heard = list({journey: None for those in waiting.values() for journey in those})
    cases = await read(connection, heard, tools.catalog, tools.today())
    now = tools.clock()
    chased = {
        journey: cases[journey]
        for those in waiting.values()
        for journey, events in those.items()
        if stuck is None and _chased(events)
    }
    at_hand = BatchCases(cases, now, aside, await read_looks(connection, chased, now) if chased else {})
    told: list[Told] = []
    for _ in range(TURNS):
        desk = next((desk for desk in by_desk if waiting.get(desk)), None)
        if desk is None:
            break
        works: list[CaseWork] = []
        for nth, (journey, events) in enumerate(waiting.pop(desk).items(), start=1):
            works.append(at_hand.work(by_desk[desk], journey, events, stuck))
            if nth % BREATHES_AFTER == 0:
                # Doors and senders share the loop.
                await asyncio.sleep(0)
        fresh = await number_told(connection, works)
        told += fresh
        for each in fresh:
            if each.desk in by_desk and not each.from_sibling:
                waiting.setdefault(each.desk, {}).setdefault(each.journey_id, []).append(each.event)
                if each.aside:
                    aside.add((each.desk, each.journey_id))
        if any(waiting.values()):
            # Whoever goes on with a case may speak of what was just born.
            at_hand.give_numbers(await number_born(connection, works, tools))
    shown = {setup.desk: Shown(setup.shift, setup.flow_run_id) for setup in setups}
    numbers = await write_down(connection, at_hand.works, told, tools, shown)
    report = _report(at_hand.works, numbers)
    report.cleared = not any(waiting.values())
    return report


def _chased(events: Sequence[HeardEvent]) -> bool:
    """Say whether a follow-up gives something up: then it must be known whether that is still owed."""
    return any(event.word == ReferralEvent.EXPIRED and event.source.startswith(FOLLOW_UP) for event in events)


def _report(works: list[CaseWork], numbers: dict[UUID, str]) -> BatchReport:
    """Return what a batch came to, as a whole and for each desk."""
    by_desk: dict[Desk, list[CaseWork]] = {}
    for work in works:
        by_desk.setdefault(work.desk, []).append(work)
    total = BatchReport(of={desk: _report_of(own, numbers) for desk, own in by_desk.items()})
    for part in total.of.values():
        total.add(part, len(total.moved) + len(part.moved))
        total.proven += part.proven
    # One that several desks worked is one.
    total.cases = _cases_in(works)
    return total


def _cases_in(works: Sequence[CaseWork]) -> int:
    return len({work.case.journey_id for work in works})


def _report_of(works: Sequence[CaseWork], numbers: dict[UUID, str]) -> BatchReport:
    report = BatchReport(cases=_cases_in(works), proven=sum(1 for _ in proven_rows(works)))
    for work in works:
        report.events += len(work.fates)
        report.moves += len(work.transitions)
        report.letters += len(work.letters)
        report.notices += len(work.notices)
        report.set_aside += work.stuck is not None
        report.fates.update(fate.value for fate, _ in work.fates.values())
        report.moved.extend(
            Moved(numbers[row.referral_id], row.start or "–", row.event, row.end, row.milestone or "")
            for row, _ in work.transitions
        )
    return report
