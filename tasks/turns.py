"""Turns: the desks of one batch on the same cases, each where the one before it ended. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from models.case import Case
from models.case_chase import Look
from models.changing import changed
from models.hearing import Hears, hear
from models.keys import uuid7
from models.planning import Rules, ask
from models.vocabulary import Desk, Fate, JourneyEvent
from models.work import CaseWork, HeardEvent, Stuck
from tasks.outline import outline

#: Why an event is held back that is not itself at fault: its journey is set aside.
BEHIND: Final = "set_aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSetup:
    """Which desk works, by which rules, and who hears what."""

    desk: Desk
    rules: Rules
    hears: Hears
    shift: int
    flow_run_id: UUID | None = None


@dataclass(slots=True)
class BatchCases:
    """The cases of one batch, on which its desks take turns: each goes on where the one before it ended."""

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
            self._forget_earlier_wants(setup.desk, journey)
            done.screenings = tuple(done.case.screenings())
            self._asked[setup.desk, journey] = done
        self.cases[journey] = done.case
        self._last[journey] = done
        self.works.append(done)
        return done

    def give_numbers(self, numbers: Mapping[UUID, str]) -> None:
        """Let the cases know the numbers of what was born."""
        for journey, work in self._last.items():
            if any(r.id in numbers and r.number is None for r in work.case.referrals):
                named = (r if r.number else changed(r, number=numbers.get(r.id)) for r in work.case.referrals)
                self.cases[journey] = work.case = work.case.following(referrals=tuple(named))

    def _forget_earlier_wants(self, desk: Desk, journey: UUID) -> None:
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
