"""A referral as its log and its milestones tell it, for the tests of deadlines."""

from datetime import date, datetime
from uuid import UUID

import catalog
from models.case import Case, MilestoneView, ReferralView
from models.deadlines import deadlines_of
from models.due import Due
from models.facts import Facts
from models.turns import Move, turns_of
from models.vocabulary import Desk, ReferralState

KNOWN = catalog.load()
S = ReferralState


def at(text: str) -> datetime:
    """Read `2018-01-08` or `2018-01-08 10:30`, Seoul time."""
    return datetime.fromisoformat(f"{text.replace(' ', 'T')}+09:00" if " " in text else f"{text}T10:00+09:00")


class Told:
    """A referral as its log and its milestones tell it, begun with its request."""

    def __init__(self, program: str, asked: str, application: str | None = None, *, urgent: bool = False) -> None:
        self.program, self.urgent = program, urgent
        self.application = date.fromisoformat(application or asked[:10])
        self.moves = [Move(at(asked), S.DRAFTED), Move(at(asked), S.REQUESTED)]
        self.milestones: list[MilestoneView] = []
        self.facts = Facts()
        self.others: tuple[ReferralView, ...] = ()

    def stood(self, when: str, state: ReferralState, outcome: str | None = None, declined: str | None = None) -> "Told":
        """Let the referral come to a state."""
        self.moves.append(Move(at(when), state, outcome, declined))
        return self

    def reached(self, when: str, *codes: str, lane: str = "main") -> "Told":
        """Let milestones be told."""
        self.milestones += [MilestoneView(lane, code, at(when)) for code in codes]
        return self

    def seen(self, now: str) -> dict[str, Due]:
        """Return the deadlines by code, as they stand then."""
        moment, last = at(now), self.moves[-1]
        referral = ReferralView(
            id=UUID(int=7),
            program=self.program,
            agency="x",
            desk=Desk(KNOWN.program(self.program).desk),
            application_date=self.application,
            state=last.end,
            outcome=last.outcome,
            reason=last.declined,
            outcome_at=None if last.outcome is None else last.occurred_at,
            milestones=tuple(self.milestones),
        )
        case = Case(
            journey_id=UUID(int=1),
            number="J-2017-000042-1",
            opened_on=self.application,
            today=moment.date(),
            wants=frozenset(),
            facts=self.facts,
            catalog=KNOWN,
            referrals=(*self.others, referral),
        )
        found = deadlines_of(referral, turns_of(self.moves, moment), case, moment, urgent=self.urgent)
        assert sorted(found, key=lambda due: due.due_at) == list(found)
        return {due.code: due for due in found}


def last_days(due: Due) -> tuple[str, str]:
    """Return the last day as counted and the last day that counts."""
    return due.due_raw.isoformat(), due.due_effective.isoformat()
