"""One batch: what waits for some desks in the cases that could be claimed, worked and written in one transaction.

The desks take turns on the same cases: what one tells another is heard in the same batch. Each case is worked for
itself; one that is stuck at a desk is set aside there with its reason, and neither the others nor other desks notice.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from tasks.told import Told, number_told
from tasks.toolbox import Toolbox
from tasks.writing import number_born, write_down

#: Why an event is held back that is not itself at fault: its journey is set aside.
BEHIND: Final = "set_aside"
#: How often the desks of one batch take turns at the most; what is told in the last one waits for the next batch.
TURNS: Final = 24


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
    #: Events wait, but another process holds their cases at this moment.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSetup:
    """Which desk works, by which rules, and who hears what."""

    desk: Desk
    rules: Rules
    hears: Hears
    shift: int
    flow_run_id: UUID | None = None


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
    # In the order of their oldest events.
    oldest = sorted((events[0].id, journey) for those in waiting.values() for journey, events in those.items())
    cases = await read(connection, list({journey: None for _, journey in oldest}), tools.catalog, tools.today())
    now = tools.clock()
    chased = {
        journey: cases[journey]
        for those in waiting.values()
        for journey, events in those.items()
        if stuck is None and _chased(events)
    }
    table = _Table(cases, now, aside, await read_looks(connection, chased, now) if chased else {})
    told: list[Told] = []
    for _ in range(TURNS):
        desk = next((desk for desk in by_desk if waiting.get(desk)), None)
        if desk is None:
            break
        works = [table.work(by_desk[desk], journey, events, stuck) for journey, events in waiting.pop(desk).items()]
        fresh = await number_told(connection, works)
        told += fresh
        for each in fresh:
            if each.desk in by_desk and not each.from_sibling:
                waiting.setdefault(each.desk, {}).setdefault(each.journey_id, []).append(each.event)
                if each.aside:
                    aside.add((each.desk, each.journey_id))
        if any(waiting.values()):
            # Whoever goes on with a case may speak of what was just born.
            table.name(await number_born(connection, works, tools))
    shown = {setup.desk: Shown(setup.shift, setup.flow_run_id) for setup in setups}
    numbers = await write_down(connection, table.works, told, tools, shown)
    report = _report(table.works, numbers)
    report.cleared = not any(waiting.values())
    return report


@dataclass(slots=True)
class _Table:
    """The cases of one batch, at which its desks take turns: each goes on where the one before it ended."""

    cases: dict[UUID, Case]
    now: datetime
    #: Who has set which journey aside; grows while the batch is worked.
    aside: set[tuple[Desk, UUID]]
    looks: Mapping[UUID, Look]
    works: list[CaseWork] = field(default_factory=list[CaseWork])
    taken: Counter[str] = field(default_factory=Counter[str])
    _last: dict[UUID, CaseWork] = field(default_factory=dict[UUID, CaseWork])
    _asked: dict[tuple[Desk, UUID], CaseWork] = field(default_factory=dict[tuple[Desk, UUID], CaseWork])

    def work(self, setup: DeskSetup, journey: UUID, events: list[HeardEvent], stuck: Stuck | None) -> CaseWork:
        """Let a desk hear events of a case, or keep them for later; with a reason, set the case aside."""
        case, last = self.cases[journey], self._last.get(journey)
        blank = CaseWork(case=case, desk=setup.desk, now=self.now, taken=self.taken, look=self.looks.get(journey))
        if last is not None:
            blank.touched, blank.born = last.touched.copy(), last.born.copy()
        if (setup.desk, journey) in self.aside or stuck is not None:
            done = _hold_back(blank, events, stuck)
        else:
            done = _work(blank, events, setup)
        if done.stuck is not None:
            self.aside.add((setup.desk, journey))
        elif done.rules_asked:
            self._ask_no_more(setup.desk, journey)
            self._asked[setup.desk, journey] = done
        self.cases[journey] = done.case
        self._last[journey] = done
        self.works.append(done)
        return done

    def name(self, numbers: Mapping[UUID, str]) -> None:
        """Let the cases know the numbers of what was born."""
        for journey, work in self._last.items():
            if any(r.id in numbers and r.number is None for r in work.case.referrals):
                named = (r if r.number else replace(r, number=numbers.get(r.id)) for r in work.case.referrals)
                self.cases[journey] = work.case = replace(work.case, referrals=tuple(named))

    def _ask_no_more(self, desk: Desk, journey: UUID) -> None:
        """Let what a desk's rules wanted before in this batch be forgotten: they were asked again to the end."""
        before = self._asked.get((desk, journey))
        if before is not None:
            before.notices = [notice for notice in before.notices if not notice.by_rule]
            before.rules_asked = False


def _hold_back(work: CaseWork, events: list[HeardEvent], stuck: Stuck | None) -> CaseWork:
    """Keep a set-aside case's events for later; with a reason, set the case aside."""
    work.stuck, work.stuck_event = stuck, events[0].id if stuck else None
    reason = BEHIND if stuck is None else stuck.reason
    work.fates.update({event.id: (Fate.HELD_BACK, reason) for event in events})
    return work


def _chased(events: Sequence[HeardEvent]) -> bool:
    """Say whether a follow-up gives something up: then it must be known whether that is still owed."""
    return any(event.word == ReferralEvent.EXPIRED and event.source.startswith(FOLLOW_UP) for event in events)


def _work(work: CaseWork, events: list[HeardEvent], setup: DeskSetup) -> CaseWork:
    """Hear every event in order, then ask the rules; on the way a case may get stuck."""
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
    attempt, screened = work.copy(), dict(work.case.screened)
    try:
        ask(attempt, setup.rules, events[-1].id, lambda: uuid7(work.now))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one case, the others are worked
        work.stuck, work.stuck_event = _stuck(error, "could_not_be_planned"), events[-1].id
        # What a broken rule asked is not what was decided on; the notes are shared by all that follows this case.
        work.case.screened.clear()
        work.case.screened.update(screened)
        # A person's choice lives in its event alone until it is drafted: it must be heard again.
        chosen = [event.id for event in events if event.word == JourneyEvent.REFERRAL_CHOSEN]
        work.fates.update(dict.fromkeys(chosen, (Fate.HELD_BACK, work.stuck.reason)))
        return work
    return attempt


def _stuck(error: Exception, reason: str) -> Stuck:
    return error if isinstance(error, Stuck) else Stuck(reason, outline(error))


def _report(works: list[CaseWork], numbers: dict[UUID, str]) -> BatchReport:
    """Return what a batch came to, as a whole and for each desk."""
    total = _report_of(works, numbers)
    desks = {work.desk for work in works}
    total.of = {desk: _report_of([work for work in works if work.desk is desk], numbers) for desk in desks}
    return total


def _report_of(works: list[CaseWork], numbers: dict[UUID, str]) -> BatchReport:
    cases = {work.case.journey_id for work in works}
    report = BatchReport(cases=len(cases), proven=sum(1 for _ in proven_rows(works)))
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
