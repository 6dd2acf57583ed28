"""The time of a journey's referrals for the staff's API: days each party held them, and their deadlines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pydantic
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog, UnknownWord
from models.case import Case, MilestoneView, ReferralView
from models.casebook import ended
from models.counting import day_of
from models.deadlines import deadlines_of
from models.facts import Facts
from models.handing_on import pauses_before
from models.outlook import lines
from models.turnbook import load_turns
from models.turns import Turns
from models.vocabulary import Desk, Party, ReferralState
from web.views import DaysView, DeadlineView

_SECONDS_A_DAY: Final = 86_400
#: Digits of a day that are shown: less than a second.
_DIGITS: Final = 5

#: A referral's row, and its milestones by lane.
Rows = Sequence[Mapping[str, Any]]


async def read_time(
    connection: AsyncConnection,
    journey: Mapping[str, Any],
    referrals: Rows,
    milestones: Rows,
    catalog: Catalog,
    now: datetime,
) -> dict[UUID, dict[str, object]]:
    """Return, by referral id, what a view has of time, and its outlook; one statement more, for all of them.

    A journey with a word or a fact nobody knows is shown all the same: it has no deadlines until a person has looked.

    Args:
        connection: In the transaction that read the rows.
        journey: With `id`, `number`, `opened_on` and `facts`, the household among them.
        referrals: All of the journey's.
        milestones: Of these referrals.
        catalog: What is known.
        now: Aware.
    """
    turns = await load_turns(connection, [row["id"] for row in referrals], now)
    views = {row["id"]: _view(row, milestones) for row in referrals}
    case = Case(
        journey_id=journey["id"],
        number=journey["number"],
        opened_on=journey["opened_on"],
        today=day_of(now),
        wants=frozenset(),
        facts=_facts(journey["facts"]),
        catalog=catalog,
        referrals=tuple(views.values()),
    )
    return {
        row["id"]: {
            "days_by_party": days_by_party(turns[row["id"]]),
            "deadlines": _deadlines(views[row["id"]], turns, case, now, urgent=row["urgent"]),
            "outlook": _outlook(views[row["id"]], case),
        }
        for row in referrals
    }


def days_by_party(turns: Turns) -> DaysView:
    """Return the days each party held a referral."""
    held = turns.by_party
    days = {party.value: round(held[party].total_seconds() / _SECONDS_A_DAY, _DIGITS) for party in Party}
    return DaysView(center=days["center"], agency=days["agency"], client=days["client"])


def _deadlines(
    view: ReferralView, turns: Mapping[UUID, Turns], case: Case, now: datetime, *, urgent: bool
) -> list[DeadlineView]:
    try:
        before = pauses_before(case, view, turns)
        found = deadlines_of(view, turns[view.id], case, now, urgent=urgent, before=before)
    except UnknownWord:
        return []
    return [DeadlineView.model_validate(due, from_attributes=True) for due in found]


def _outlook(view: ReferralView, case: Case) -> list[str]:
    try:
        return list(lines(case, view))
    except UnknownWord:
        return []


def _facts(known: Mapping[str, Any]) -> Facts:
    try:
        return Facts.model_validate(known)
    except pydantic.ValidationError:
        return Facts()


def _view(row: Mapping[str, Any], milestones: Rows) -> ReferralView:
    earlier, taken_up_at = ended(row["ends"])
    return ReferralView(
        id=row["id"],
        number=row["number"],
        program=row["program"],
        agency=row["agency"],
        desk=Desk(row["desk"]),
        state=ReferralState(row["state"]),
        outcome=row["outcome"],
        outcome_at=row["outcome_at"],
        reason=row["reason"],
        application_date=row["application_date"],
        predecessor_id=row["predecessor_id"],
        heard_at=row["heard_at"],
        earlier=earlier,
        taken_up_at=taken_up_at,
        milestones=tuple(
            MilestoneView(m["lane"], m["code"], m["occurred_at"]) for m in milestones if m["referral_id"] == row["id"]
        ),
    )
