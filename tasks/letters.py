"""Letters as they are written into the outbox: packed with the few items the program allows, keyed once for ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.packet import CARRIES_ITEMS, BasisGiven, Person, pack
from models.case import Case, ReferralView
from models.counting import day_of
from models.keys import uuid7
from models.vocabulary import Basis, Item, LetterState, LetterType
from models.work import CaseWork, LetterDraft
from tasks import statements as sql
from tasks.toolbox import World

#: Letters after which nothing about the client may leave for that referral any more.
STOPS: Final = frozenset({LetterType.CANCELLED, LetterType.CANCEL_REQUESTED, LetterType.CONSENT_REVOKED})


async def letter_rows(
    connection: AsyncConnection,
    works: Sequence[CaseWork],
    numbers: dict[UUID, str],
    tools: World,
) -> list[dict[str, Any]]:
    """Return outbox rows for every letter the works wrote; the people are read once for all.

    Where a letter takes back what has not left yet, neither of them leaves.
    """
    writing = [work for work in works if work.letters]
    if not writing:
        return []
    found = await connection.execute(sql.PEOPLE, {"journeys": [work.case.journey_id for work in writing]})
    people = {row.pop("id"): Person.model_validate(row) for row in map(dict[str, Any], found.mappings())}
    rows = [
        _row(letter, work.case, people[work.case.journey_id], numbers, work.now)
        for work in writing
        for letter in work.letters
        if tools.catalog.agency(_referral(work.case, letter).agency).protocol != "mirror"
    ]
    never_left = await _stop(connection, rows, writing[0].now)
    return [row for row in rows if not (row["type"] in STOPS and row["referral_id"] in never_left)]


async def _stop(connection: AsyncConnection, rows: Sequence[dict[str, Any]], now: datetime) -> set[UUID]:
    """Withdraw letters that later ones take back; return the referrals whose request never left the center."""
    stopping = {row["referral_id"] for row in rows if row["type"] in STOPS}
    if not stopping:
        return set()
    stopped = (await connection.execute(sql.STOP_LETTERS, {"referrals": sorted(stopping), "now": now})).all()
    never_left = {row.referral_id for row in stopped if row.type == LetterType.REQUESTED and not row.attempts}
    for position, row in enumerate(rows):
        later = rows[position + 1 :]
        taken_back = any(one["referral_id"] == row["referral_id"] and one["type"] in STOPS for one in later)
        if taken_back and row["type"] not in STOPS:
            row["state"], row["settled_at"] = LetterState.WITHDRAWN, now
            if row["type"] is LetterType.REQUESTED:
                never_left.add(row["referral_id"])
    return never_left


def _referral(case: Case, letter: LetterDraft) -> ReferralView:
    return next(referral for referral in case.referrals if referral.id == letter.referral_id)


def _row(letter: LetterDraft, case: Case, person: Person, numbers: dict[UUID, str], now: datetime) -> dict[str, Any]:
    referral = _referral(case, letter)
    number = numbers[referral.id]
    before = next((r.number for r in case.referrals if r.id == referral.predecessor_id), None)
    key = uuid7(now)
    packet = pack(
        referral.items,
        person,
        case.facts,
        letter_id=key,
        agency=referral.agency,
        letter_type=letter.type,
        referral=number,
        program=referral.program,
        made_at=now,
        application_date=referral.application_date,
        basis=BasisGiven(kind=referral.basis or Basis.CONSENT, cite=referral.basis_cite or ""),
        urgency="urgent" if letter.urgent else "normal",
        reason=letter.reason,
        predecessor=before,
        told=_told(referral, case) if letter.type is CARRIES_ITEMS else None,
    )
    return {
        "id": key,
        "desk": referral.desk,
        "journey_id": case.journey_id,
        "referral_id": referral.id,
        "referral_number": number,
        "agency": referral.agency,
        "type": letter.type,
        "about": letter.about,
        "cause": letter.cause,
        "sequence": letter.sequence,
        "body": packet.data(),
        "state": LetterState.WAITING,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "lease": 0,
        "settled_at": None,
    }


def _told(referral: ReferralView, case: Case) -> dict[str, Any]:
    """Return items that are neither person nor fact: how the screening looks, and the hire.

    By which route a worker is a target is not told: the employer must not learn of a family or a debt from it.
    """
    told: dict[Item, Any] = {}
    looks = str(case.screening(referral.program).result)
    job = case.job_of(referral.program)
    if Item.SCREENING in referral.items:
        told[Item.SCREENING] = looks
    if Item.TARGET_CONFIRMATION in referral.items:
        told[Item.TARGET_CONFIRMATION] = looks
    if Item.HIRE in referral.items and job is not None:
        told[Item.HIRE] = {"on": day_of(job.since).isoformat()}
    return {item.value: value for item, value in told.items()}
