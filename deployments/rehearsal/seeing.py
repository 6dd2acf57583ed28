"""Seeing: how a rehearsed journey stands right now, read from the tables and from what the agencies received."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog
from models.case import Case
from models.casebook import load_cases
from models.counting import day_of
from tasks.linkage import report
from tasks.toolbox import Clock
from web.journey_reading import read_journey
from web.views import DaysView, DeadlineView

_STEPS: Final = text("SELECT referral_id, deadline, does, done_at FROM follow_up_step ORDER BY id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A letter as an agency took it: the names of its items, never their values."""

    agency: str
    type: str
    program: str
    items: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """What a follow-up did about a deadline, and on which day."""

    deadline: str
    does: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralTime:
    """A referral's time up to now, as staff see it."""

    deadlines: tuple[DeadlineView, ...] = ()
    #: None where there is no such referral.
    held: DaysView | None = None
    steps: tuple[StepDone, ...] = ()
    #: What can be paid beside other benefits, a line each.
    outlook: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything expectations are held against, at one moment."""

    case: Case
    #: (word, reason) of every parked event.
    parked: tuple[tuple[str, str], ...]
    #: `code about` of every open notice.
    notices: tuple[str, ...]
    #: Desks that have set the journey aside.
    set_aside: tuple[str, ...]
    received: tuple[Received, ...]
    #: By referral.
    time: Mapping[UUID, ReferralTime] = field(default_factory=dict[UUID, ReferralTime])
    dormant: bool = False
    #: The agencies' lines of the linkage report since the intake, by agency.
    report: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])


async def look(engine: AsyncEngine, catalog: Catalog, clock: Clock, journey: UUID, control: httpx.AsyncClient) -> Scene:
    """Return how things stand.

    Args:
        engine: The rehearsal's own database; everything in it belongs to this journey.
        catalog: What is known.
        clock: The virtual clock.
        journey: Key of the journey.
        control: The sandbox's control room.
    """
    async with engine.connect() as connection:
        cases = await load_cases(connection, [journey], catalog, day_of(clock()))
        parked = await connection.execute(
            text("SELECT word, coalesce(fate_reason, '') FROM inbox_event WHERE fate = 'parked' ORDER BY id")
        )
        notices = await connection.execute(
            text("SELECT trim(code || ' ' || about) FROM notice WHERE settled_at IS NULL ORDER BY raised_at, id")
        )
        aside = await connection.execute(text("SELECT desk FROM set_aside ORDER BY desk"))
        dormant = await connection.scalar(text("SELECT dormant_since FROM journey WHERE id = :id"), {"id": journey})
        answer = await control.get("/letters")
        case = cases[journey]
        counted = await report(engine, catalog, case.opened_on, day_of(clock()), clock())
        return Scene(
            case=case,
            parked=tuple((row[0], row[1]) for row in parked),
            notices=tuple(row[0] for row in notices),
            set_aside=tuple(row[0] for row in aside),
            received=_received(answer.raise_for_status().json()["letters"]),
            time=await _time(engine, connection, case, clock),
            dormant=dormant is not None,
            report={line["agency"]: line for line in counted.agencies},
        )


async def _time(engine: AsyncEngine, connection: AsyncConnection, case: Case, clock: Clock) -> dict[UUID, ReferralTime]:
    """Return the time of every referral, by the same reading that answers the staff's API."""
    steps: defaultdict[UUID, list[StepDone]] = defaultdict(list)
    for row in await connection.execute(_STEPS):
        steps[row.referral_id].append(StepDone(deadline=row.deadline, does=row.does, on=day_of(row.done_at)))
    shown = await read_journey(engine, case.number, case.catalog, clock())
    by_number = {referral.number: referral for referral in shown.referrals} if shown is not None else {}
    return {
        referral.id: ReferralTime(
            deadlines=tuple(by_number[referral.number].deadlines),
            held=by_number[referral.number].days_by_party,
            steps=tuple(steps[referral.id]),
            outlook=tuple(by_number[referral.number].outlook),
        )
        for referral in case.referrals
        if referral.number in by_number
    }


def _received(letters: Sequence[Mapping[str, Any]]) -> tuple[Received, ...]:
    return tuple(
        Received(
            agency=letter["agency"],
            type=str(letter["type"]).removeprefix("ieum.").removesuffix(".v1"),
            program=letter["program"] or "",
            items=frozenset(letter["items"]),
        )
        for letter in letters
        if letter["taken"]
    )
