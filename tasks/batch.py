"""One batch of a desk: the waiting events of the cases it could claim, worked and written in one transaction.

Cases are worked one by one, and one that is stuck is set aside with its reason; the others never notice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import Case
from models.case_chase import Look
from models.casebook import bare_cases, load_cases
from models.database import is_away
from models.hearing import FOLLOW_UP, Hears, hear
from models.keys import uuid7
from models.planning import Rules, ask
from models.vocabulary import Desk, Fate, JourneyEvent, ReferralEvent
from models.work import CaseWork, HeardEvent, Stuck
from tasks.chase_reading import read_looks
from tasks.claims import anything_waits, claim, waiting_events
from tasks.outline import outline
from tasks.rows import Shown, proven_rows
from tasks.toolbox import Toolbox
from tasks.writing import write_down

#: Why an event is held back that is not itself at fault: its journey is set aside.
BEHIND: Final = "set_aside"


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
    #: Events wait, but another desk or process holds their cases at this moment.
    held_elsewhere: bool = False

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSetup:
    """Which desk works, by which rules, and who hears what."""

    desk: Desk
    rules: Rules
    hears: Hears
    shift: int
    flow_run_id: UUID | None = None


async def work_batch(tools: Toolbox, setup: DeskSetup) -> BatchReport:
    """Claim, hear, ask, write: one transaction. An empty report means that nothing could be claimed.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refused; nothing of the batch was written.
    """
    async with tools.engine.begin() as connection:
        claimed = await claim(connection, setup.desk)
        if not claimed.journeys:
            return BatchReport(held_elsewhere=await anything_waits(connection, setup.desk))
        report = await _work_claimed(connection, claimed.journeys, tools, setup)
        report.cleared = claimed.all
        return report


async def work_one_by_one(tools: Toolbox, setup: DeskSetup) -> BatchReport:
    """Work a batch a case at a time, after it could not be written whole: the one that fails again is set aside.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    total = BatchReport()
    async with tools.engine.begin() as connection:
        for journey in (await claim(connection, setup.desk)).journeys:
            try:
                async with connection.begin_nested():
                    report = await _work_claimed(connection, [journey], tools, setup)
            except Exception as refused:
                if is_away(refused):
                    raise
                unwritten = Stuck("could_not_be_written", outline(refused))
                report = await _work_claimed(connection, [journey], tools, setup, unwritten)
            total.add(report, len(total.moved) + len(report.moved))
    return total


async def _work_claimed(
    connection: AsyncConnection,
    journeys: Sequence[UUID],
    tools: Toolbox,
    setup: DeskSetup,
    stuck: Stuck | None = None,
) -> BatchReport:
    waiting, aside = await waiting_events(connection, setup.desk, journeys)
    read = load_cases if stuck is None else bare_cases
    cases = await read(connection, list(waiting), tools.catalog, tools.today())
    now = tools.clock()
    chased = {journey: cases[journey] for journey, events in waiting.items() if stuck is None and _chased(events)}
    looks = await read_looks(connection, chased, now) if chased else {}
    works: list[CaseWork] = []
    taken: Counter[str] = Counter()
    for journey, events in waiting.items():
        case = cases[journey]
        if journey in aside or stuck is not None:
            works.append(_hold_back(case, events, setup.desk, now, stuck))
        else:
            works.append(_work(case, events, setup, now, taken, looks.get(journey)))
    numbers = await write_down(connection, works, tools, Shown(setup.shift, setup.flow_run_id))
    return _report(works, numbers)


def _hold_back(case: Case, events: list[HeardEvent], desk: Desk, now: datetime, stuck: Stuck | None) -> CaseWork:
    """Keep a set-aside case's events for later; with a reason, set the case aside."""
    work = CaseWork(case=case, desk=desk, now=now, stuck=stuck, stuck_event=events[0].id if stuck else None)
    reason = BEHIND if stuck is None else stuck.reason
    work.fates.update({event.id: (Fate.HELD_BACK, reason) for event in events})
    return work


def _chased(events: Sequence[HeardEvent]) -> bool:
    """Say whether a follow-up gives something up: then it must be known whether that is still owed."""
    return any(event.word == ReferralEvent.EXPIRED and event.source.startswith(FOLLOW_UP) for event in events)


def _work(
    case: Case, events: list[HeardEvent], setup: DeskSetup, now: datetime, taken: Counter[str], look: Look | None
) -> CaseWork:
    """Hear every event in order, then ask the rules; on the way a case may get stuck."""
    work = CaseWork(case=case, desk=setup.desk, now=now, taken=taken, look=look)
    for position, event in enumerate(events):
        attempt = work.copy()
        try:
            hear(attempt, event, setup.hears)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one case, the others are worked
            work.stuck, work.stuck_event = _stuck(error, "could_not_be_heard"), event.id
            # The reason stands with the event that is at fault; those behind it only wait.
            work.fates.update({later.id: (Fate.HELD_BACK, BEHIND) for later in events[position + 1 :]})
            work.fates[event.id] = (Fate.HELD_BACK, work.stuck.reason)
            return work
        work = attempt
    attempt = work.copy()
    try:
        ask(attempt, setup.rules, events[-1].id, lambda: uuid7(now))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one case, the others are worked
        work.stuck, work.stuck_event = _stuck(error, "could_not_be_planned"), events[-1].id
        # A person's choice lives in its event alone until it is drafted: it must be heard again.
        chosen = [event.id for event in events if event.word == JourneyEvent.REFERRAL_CHOSEN]
        work.fates.update(dict.fromkeys(chosen, (Fate.HELD_BACK, work.stuck.reason)))
        return work
    return attempt


def _stuck(error: Exception, reason: str) -> Stuck:
    return error if isinstance(error, Stuck) else Stuck(reason, outline(error))


def _report(works: list[CaseWork], numbers: dict[UUID, str]) -> BatchReport:
    report = BatchReport(cases=len(works), proven=sum(1 for _ in proven_rows(works)))
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
