"""A center on paper: the six desks over one case, without database, Prefect or agencies.

It keeps what the tables would keep and builds the case anew from it for every batch, as a restarted process does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from flows.desks import DESKS, HEARS
from models.case import Case, ReferralView
from models.counting import day_of
from models.hearing import hear
from models.keys import uuid7
from models.meanings import ended_before
from models.numbers import Kind, spell
from models.planning import ask
from models.vocabulary import Desk, Fate, JourneyEvent, LetterType, ReferralEvent, ReferralState
from models.work import CaseWork, HeardEvent, LetterDraft, MilestoneRow, NoticeDraft, Stuck, TransitionRow
from tests.story.people import MORNING

_KEPT_ELSEWHERE: dict[str, Any] = {
    "milestones": (), "letters": frozenset(), "sequence": 0, "last_hash": "", "earlier": (), "taken_up_at": None
}  # fmt: skip


@dataclass
class PaperCenter:
    """One journey and everything that would be written about it."""

    base: Case
    now: datetime = MORNING
    rows: dict[UUID, ReferralView] = field(default_factory=dict[UUID, ReferralView])
    log: list[tuple[TransitionRow, str]] = field(default_factory=list[tuple[TransitionRow, str]])
    milestones: list[MilestoneRow] = field(default_factory=list[MilestoneRow])
    letters: list[LetterDraft] = field(default_factory=list[LetterDraft])
    notices: dict[tuple[str, str], NoticeDraft] = field(default_factory=dict[tuple[str, str], NoticeDraft])
    events: dict[int, HeardEvent] = field(default_factory=dict[int, HeardEvent])
    fates: dict[int, tuple[Fate, str | None]] = field(default_factory=dict[int, tuple[Fate, str | None]])
    waiting: dict[Desk, list[HeardEvent]] = field(default_factory=lambda: {desk: [] for desk in Desk})
    set_aside: dict[Desk, Stuck] = field(default_factory=dict[Desk, Stuck])
    _ids: Iterable[int] = field(default_factory=lambda: count(1))
    _keys: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    # what a test says

    def later(self, **time: float) -> None:
        """Let time pass (`days=1`, `hours=2`)."""
        self.now += timedelta(**time)

    def opens(self) -> None:
        """Let the client walk in, and every desk work until nothing waits."""
        self.journey(JourneyEvent.OPENED)

    def journey(self, word: JourneyEvent, **data: object) -> None:
        """Let staff say something of the whole journey, and every desk work."""
        self.put(Desk.INTAKE, "staff:front-desk", word, dict(data), None, self.now)
        self.work()

    def agency(
        self, program: str, word: str, *, by: str | None = None, at: datetime | None = None, **data: object
    ) -> str:
        """Let the agency of a program's referral (or another) say something, and every desk work; return its fate."""
        about = self.referral(program)
        return self._said(about, f"agency:{by or about.agency}", word, data, at)

    def staff(self, program: str, word: str, **data: object) -> str:
        """Let staff say something of a program's referral, and every desk work; return its fate."""
        return self._said(self.referral(program), "staff:front-desk", word, data, None)

    # what a test looks at

    def case(self) -> Case:
        """Build the case anew from what was written."""
        return replace(
            self.base,
            today=day_of(self.now),
            referrals=tuple(self._whole(row) for row in self.rows.values()),
        )

    def referral(self, program: str) -> ReferralView:
        """Return the referral of a program as it stands."""
        return self.case().referral(program)

    def state(self, program: str) -> ReferralState | None:
        """Return where the referral of a program stands."""
        return self.referral(program).state

    def asked(self) -> list[tuple[str, str]]:
        """Return who was asked for what, in order: program and agency."""
        wanted = [letter for letter in self.letters if letter.type is LetterType.REQUESTED]
        return [(self.rows[w.referral_id].program, self.rows[w.referral_id].agency) for w in wanted]

    def told(self, kind: LetterType) -> list[tuple[str, str]]:
        """Return which program's agency was told of what in letters of one kind, in order: program and reason."""
        return [
            (self.rows[letter.referral_id].program, letter.about.partition(":")[0])
            for letter in self.letters
            if letter.type is kind
        ]

    def noticed(self) -> set[str]:
        """Return the codes of what a person was asked to do."""
        return {code for code, _ in self.notices}

    # how it works

    def put(
        self, desk: Desk, source: str, word: str, data: dict[str, Any], number: str | None, at: datetime
    ) -> HeardEvent:
        """Put an event into a desk's inbox."""
        event = HeardEvent(
            id=next(iter(self._ids)), source=source, word=word, data=data, occurred_at=at, referral_number=number
        )
        self.events[event.id] = event
        self.waiting[desk].append(event)
        return event

    def work(self) -> None:
        """Let every desk clear its inbox until nothing waits anywhere."""
        while busy := [desk for desk in Desk if self.waiting[desk]]:
            for desk in busy:
                self.write(self.batch(desk))

    def batch(self, desk: Desk) -> CaseWork:
        """Hear all that waits for a desk and ask its rules; nothing is written yet."""
        events = self.waiting[desk]
        work = CaseWork(case=self.case(), desk=desk, now=self.now)
        if desk in self.set_aside:
            work.fates |= {event.id: (Fate.HELD_BACK, "set_aside") for event in events}
            return work
        for place, event in enumerate(events):
            attempt = work.copy()
            try:
                hear(attempt, event, HEARS)
            except Stuck as stuck:
                work.stuck = stuck
                work.fates |= {later.id: (Fate.HELD_BACK, "set_aside") for later in events[place:]}
                work.fates[event.id] = (Fate.HELD_BACK, stuck.reason)
                return work
            work = attempt
        attempt = work.copy()
        try:
            ask(attempt, DESKS[desk].rules, events[-1].id, lambda: uuid7(self.now))
        except Stuck as stuck:
            work.stuck = stuck
            return work
        return attempt

    def write(self, work: CaseWork) -> None:
        """Write a batch down, as one transaction would."""
        self.waiting[work.desk] = []
        self.fates |= work.fates
        if work.stuck is not None:
            self.set_aside[work.desk] = work.stuck
        self.base = replace(
            self.base,
            facts=work.case.facts,
            wants=work.case.wants,
            consents=work.case.consents,
            dormant_since=work.case.dormant_since,
            dormant_reason=work.case.dormant_reason,
        )
        self.log += work.transitions
        self.milestones += work.milestones
        self.letters += work.letters
        self.notices |= {(notice.code, notice.about): notice for notice in work.notices}
        for standing in work.case.referrals:
            if standing.id in work.touched:
                number = standing.number or spell(Kind.REFERRAL, self.now.year, 1 + len(self.rows))
                self.rows[standing.id] = replace(standing, number=number, **_KEPT_ELSEWHERE)
        for tell in work.tells:
            key = (f"desk:{work.desk}", tell.key)
            if key not in self._keys:
                self._keys.add(key)
                self.put(tell.desk, key[0], JourneyEvent.HEARD, {"happened": tell.happened.value}, None, self.now)

    def _said(self, about: ReferralView, source: str, word: str, data: dict[str, Any], at: datetime | None) -> str:
        event = self.put(about.desk, source, word, data, about.number, at or self.now)
        self.work()
        fate, reason = self.fates[event.id]
        return fate.value if reason is None else f"{fate}: {reason}"

    def _whole(self, row: ReferralView) -> ReferralView:
        own = [(step, hashed) for step, hashed in self.log if step.referral_id == row.id]
        ends = [step for step, _ in own if step.event in {ReferralEvent.COMPLETED, ReferralEvent.REOPENED}]
        earlier, taken_up_at = ended_before((step.outcome, step.reason, step.occurred_at) for step in ends)
        return replace(
            row,
            earlier=earlier,
            taken_up_at=taken_up_at,
            milestones=tuple(m.milestone for m in self.milestones if m.referral_id == row.id),
            letters=frozenset((letter.type, letter.about) for letter in self.letters if letter.referral_id == row.id),
            sequence=own[-1][0].sequence if own else 0,
            last_hash=own[-1][1] if own else "",
        )
