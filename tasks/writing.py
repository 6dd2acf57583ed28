"""Writing down: everything that a batch's cases came to, in one transaction.

Each statement writes its rows for all cases at once; only changed facts, needs and consents cost one for each journey.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import ReferralView
from models.database import RING
from models.keys import uuid7
from models.numbers import Kind, spell
from models.vocabulary import JourneyEvent, ReferralState
from models.work import CaseWork, TransitionRow
from tasks import statements as sql
from tasks.agenda import look_now
from tasks.early import take_up_early
from tasks.letters import letter_rows
from tasks.noticing import settle_parked, write_notices
from tasks.screenings import keep_screenings
from tasks.toolbox import World


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a batch's moves are shown: the shift, and its Prefect run; neither where a person moved by a door."""

    shift: int | None
    flow_run_id: UUID | None


async def write_down(
    connection: AsyncConnection,
    works: Sequence[CaseWork],
    tools: World,
    shown: Shown,
) -> dict[UUID, str]:
    """Write the works of one batch; return the numbers of every referral they touched, by id.

    Args:
        connection: In the transaction that holds the cases.
        works: The cases with all that was done to them.
        tools: What is known, and the time.
        shown: Where the moves are shown.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refuses; the transaction cannot be used any more.
    """
    now = works[0].now if works else tools.clock()
    numbers = await _number(connection, works, tools)
    touched = [(work, referral) for work in works for referral in work.case.referrals if referral.id in work.touched]
    # What was closed first: at no moment may two referrals of one program be open.
    changed = sorted((r for w, r in touched if r.id not in w.born), key=lambda referral: referral.is_open)
    await _many(connection, sql.UPDATE_REFERRAL, [_changed(referral) for referral in changed])
    await _many(connection, sql.INSERT_REFERRALS, [_born(w, r, numbers, now) for w, r in touched if r.id in w.born])
    await _many(connection, sql.INSERT_TRANSITIONS, list(_transitions(works, shown)))
    await _many(connection, sql.INSERT_MILESTONES, list(_milestones(works)))
    await _many(connection, sql.INSERT_LETTERS, await letter_rows(connection, works, numbers, tools))
    rung = await _tell(connection, works, numbers)
    await write_notices(connection, works, now)
    await _many(connection, sql.INSERT_SET_ASIDE, list(_set_aside(works)))
    await _journeys(connection, works)
    await keep_screenings(connection, works, now)
    await _settle(connection, works, now)
    await _many(connection, sql.UNDO_EXPIRY, list(_overtaken(works)))
    asked = {referral.id: referral.agency for work in works for referral in work.case.referrals}
    proven = [row for work in works for row, _ in work.transitions if _proves(row, asked[row.referral_id])]
    if proven:
        referrals, moments = [row.referral_id for row in proven], [row.occurred_at for row in proven]
        await connection.execute(sql.PROVEN, {"referrals": referrals, "moments": moments, "now": now})
    rung |= await _hear_again(connection, works, numbers, now)
    await look_now(connection, {work.case.journey_id for work in works if _has_changed(work)}, now)
    await connection.execute(RING, {"desks": sorted(rung)})
    return numbers


async def _hear_again(
    connection: AsyncConnection, works: Iterable[CaseWork], numbers: dict[UUID, str], now: datetime
) -> set[str]:
    """Let words that came too early be heard again, now that their referrals have moved; return the desks to ring."""
    moved = {numbers[row.referral_id] for work in works for row, _ in work.transitions if row.start is not row.end}
    if not moved:
        return set()
    woken = (await connection.execute(sql.UNPARK_EARLY, {"numbers": sorted(moved)})).all()
    await settle_parked(connection, [row.id for row in woken], now)
    return {row.desk for row in woken}


async def _many(connection: AsyncConnection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(statement, rows)


async def _number(connection: AsyncConnection, works: Iterable[CaseWork], tools: World) -> dict[UUID, str]:
    numbers: dict[UUID, str] = {}
    unnumbered: list[ReferralView] = []
    for work in works:
        for referral in work.case.referrals:
            if referral.id not in work.touched:
                continue
            if referral.number is None:
                unnumbered.append(referral)
            else:
                numbers[referral.id] = referral.number
    if unnumbered:
        year = tools.today().year
        parameters = {"kind": Kind.REFERRAL.value, "year": year, "count": len(unnumbered)}
        last: int = (await connection.execute(sql.NEXT_NUMBERS, parameters)).scalar_one()
        first = last - len(unnumbered) + 1
        numbers.update({r.id: spell(Kind.REFERRAL, year, first + n) for n, r in enumerate(unnumbered)})
    return numbers


def _born(work: CaseWork, referral: ReferralView, numbers: dict[UUID, str], now: datetime) -> dict[str, Any]:
    return {
        "id": referral.id,
        "number": numbers[referral.id],
        "journey_id": work.case.journey_id,
        "client_id": work.case.client_id,
        "desk": referral.desk,
        "program": referral.program,
        "agency": referral.agency,
        "application_date": referral.application_date,
        "predecessor_id": referral.predecessor_id,
        "created_at": now,
        **_standing(referral),
    }


def _changed(referral: ReferralView) -> dict[str, Any]:
    return {"key": referral.id, **{f"new_{name}": value for name, value in _standing(referral).items()}}


def _standing(referral: ReferralView) -> dict[str, Any]:
    return {
        "state": referral.state,
        "outcome": referral.outcome,
        "outcome_at": referral.outcome_at,
        "reason": referral.reason,
        "heard_at": referral.heard_at,
        "reference": referral.reference,
        "waits_for": referral.waits_for,
        "rule": referral.rule,
        "basis": referral.basis,
        "basis_cite": referral.basis_cite,
        "items": list(referral.items),
        "redirect_to": referral.redirect_to,
        "proposed_program": referral.proposed_program,
    }


def _transitions(works: Iterable[CaseWork], shown: Shown) -> Iterable[dict[str, Any]]:
    for work in works:
        for row, hashed in work.transitions:
            yield {**asdict(row), "hash": hashed, "shift": shown.shift, "flow_run_id": shown.flow_run_id}


def _milestones(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    for work in works:
        for row in work.milestones:
            yield {
                "referral_id": row.referral_id,
                "lane": row.milestone.lane,
                "code": row.milestone.code,
                "occurred_at": row.milestone.occurred_at,
                "recorded_at": work.now,
                "cause": row.cause,
            }


async def _tell(connection: AsyncConnection, works: Iterable[CaseWork], numbers: dict[UUID, str]) -> set[str]:
    """Write events for other desks, wake events that waited for a new referral; return the desks to ring."""
    rows = [
        {
            "desk": tell.desk,
            "journey_id": tell.journey_id or work.case.journey_id,
            "source": f"desk:{work.desk}",
            "source_id": f"{work.case.number}:{tell.key}",
            "word": JourneyEvent.HEARD.value,
            "data": {"happened": tell.happened.value},
            "occurred_at": work.now,
            "received_at": work.now,
            "fate": "waiting",
            "digest": "",
        }
        for work in works
        for tell in work.tells
    ]
    await _many(connection, sql.INSERT_EVENTS, rows)
    rung = {str(row["desk"]) for row in rows}
    born = [numbers[key] for work in works for key in work.born]
    rung |= await take_up_early(connection, born)
    return rung | {letter.desk.value for letter in _foreign_letters(works)}


def _foreign_letters(works: Iterable[CaseWork]) -> Iterable[ReferralView]:
    """Return referrals of other desks that got a letter: their desks deliver it."""
    for work in works:
        written = {letter.referral_id for letter in work.letters}
        yield from (r for r in work.case.referrals if r.id in written)


def _set_aside(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    for work in works:
        if work.stuck is not None:
            yield {
                "journey_id": work.case.journey_id,
                "desk": work.desk,
                "reason": work.stuck.reason,
                "detail": work.stuck.detail[:400],
                "event_id": work.stuck_event,
                "since": work.now,
            }


async def _journeys(connection: AsyncConnection, works: Sequence[CaseWork]) -> None:
    """Write changed facts, needs, consents and whether a journey rests (rare)."""
    for work in works:
        case = work.case
        if work.journey_changed:
            facts = case.facts.model_dump(mode="json", exclude={"birth_date", "sex", "household"}, exclude_none=True)
            document = {
                "id": case.journey_id,
                "facts": orjson.dumps(facts).decode(),
                "needs": orjson.dumps(sorted(case.wants)).decode(),
                "dormant_since": case.dormant_since,
                "dormant_reason": case.dormant_reason,
            }
            await connection.execute(sql.UPDATE_JOURNEY, document)
        for recipient in sorted(work.withdrawn_recipients, key=str):
            parameters = {"journey": case.journey_id, "recipient": recipient, "now": work.now}
            await connection.execute(sql.WITHDRAW_CONSENTS, parameters)
    giving = [work for work in works if work.new_consents]
    if not giving:
        return
    found = await connection.execute(sql.CLIENTS, {"journeys": [work.case.journey_id for work in giving]})
    clients: dict[UUID, UUID] = {row.id: row.client_id for row in found}
    rows = [
        {
            "id": uuid7(work.now),
            "client_id": clients[work.case.journey_id],
            "purpose": consent.purpose,
            "recipient": consent.recipient,
            "items": sorted(consent.items),
            "given_by": consent.given_by,
            "valid_from": consent.valid_from,
            "valid_to": consent.valid_to,
            "recorded_at": work.now,
            "withdrawn_at": work.now if consent.withdrawn else None,
        }
        for work in giving
        for consent in work.new_consents
    ]
    await _many(connection, sql.INSERT_CONSENTS, rows)


async def _settle(connection: AsyncConnection, works: Iterable[CaseWork], now: datetime) -> None:
    by_fate: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    for work in works:
        for event_id, (fate, reason) in work.fates.items():
            by_fate[fate.value, reason].append(event_id)
    for (fate, reason), ids in by_fate.items():
        await connection.execute(sql.SETTLE_EVENTS, {"fate": fate, "reason": reason, "now": now, "ids": ids})


def _overtaken(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    """Yield the steps that came to nothing; should what they were about be owed again, they are taken again."""
    for work in works:
        for referral, deadline, due_at in work.overtaken:
            yield {"referral": referral, "deadline": deadline, "due_at": due_at}


def _has_changed(work: CaseWork) -> bool:
    """Say whether a follow-up may see the case otherwise than before."""
    changed = work.touched, work.milestones, work.new_consents, work.withdrawn_recipients, work.overtaken
    return any(changed) or work.journey_changed or work.stuck is not None


def _proves(row: TransitionRow, asked: str) -> bool:
    """Say whether it is the addressee's own word: who only decides has not got the letter."""
    return row.start is ReferralState.REQUESTED and row.who == f"agency:{asked}"
