"""Writing down: everything that a batch's cases came to, in one transaction.

One statement changes referrals, one writes all that is new, one wakes and rings; only changed facts, needs and consents
cost one for each journey.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import ReferralView
from models.columns import as_json
from models.database import LETTERS
from models.keys import uuid7
from models.numbering import next_numbers
from models.numbers import Kind
from models.roads import CLOSED
from models.vocabulary import Desk
from models.work import CaseWork
from tasks import statements as sql
from tasks.agenda import touching
from tasks.letters import letter_rows
from tasks.noticing import gone, notice_rows, open_again
from tasks.rows import (
    Shown,
    aside_rows,
    born_row,
    fate_rows,
    milestone_rows,
    overtaken_rows,
    proven_rows,
    standing_row,
    transition_rows,
)
from tasks.screenings import keeping_screenings
from tasks.told import Told, told_rows
from tasks.toolbox import World


async def write_down(
    connection: AsyncConnection,
    works: Sequence[CaseWork],
    told: Sequence[Told],
    tools: World,
    shown: Mapping[Desk, Shown],
) -> dict[UUID, str]:
    """Write the works of one batch; return the numbers of every referral they touched, by id.

    Args:
        connection: In the transaction that holds the cases.
        works: The cases with all that was done to them. Where several are of one journey, each goes on where the one
            before it ended, and its `touched` and `born` hold theirs.
        told: What the works tell other desks; what one of them has heard is in its fates.
        tools: What is known, and the time.
        shown: Where the moves of each desk are shown.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refuses; the transaction cannot be used any more.
    """
    now = works[0].now if works else tools.clock()
    #: How each journey stands in the end.
    ends = list({work.case.journey_id: work for work in works}.values())
    numbers = await number_born(connection, ends, tools)
    await _change_referrals(connection, works, ends)
    letters = await letter_rows(connection, works, numbers, tools)
    notices = list(notice_rows(works))
    await open_again(connection, notices, now)
    await _journeys(connection, works)
    await _many(connection, sql.UNDO_EXPIRY, list(overtaken_rows(works)))
    fates = {event: fate for work in works for event, fate in work.fates.items()}
    new = {each.id for each in told}
    events = told_rows(told, fates)
    born = [numbers[key] for work in ends for key in work.born]
    document = {
        "referrals": [born_row(w, r, numbers, now) for w in ends for r in w.case.referrals if r.id in w.born],
        "transitions": list(transition_rows(works, shown)),
        "milestones": list(milestone_rows(works)),
        "letters": letters,
        "events": events,
        "notices": notices,
        "aside": list(aside_rows(works)),
        "fates": list(fate_rows(fates, new)),
        "proven": list(proven_rows(works)),
    }
    parameters = {
        "given": _whole(document),
        "numbers": sorted(born),
        "heard": sorted(fates.keys() - new),
        "now": now,
        **gone(works, notices),
        **keeping_screenings(works),
        **touching({work.case.journey_id for work in works if _has_changed(work)}),
    }
    await connection.execute(sql.WRITE, parameters)
    moved = {numbers[row.referral_id] for work in works for row, _ in work.transitions if row.start is not row.end}
    rung = {each.desk.value for each in told if each.id not in fates}
    # A shift looks at its own outbox after each batch that wrote letters.
    rung |= {
        r.desk.value + LETTERS for w, r in _written_to(works) if shown[w.desk].shift is None or r.desk is not w.desk
    }
    if born or moved or rung:
        woken = {"numbers": sorted(born), "moved": sorted(moved), "desks": sorted(rung), "now": now}
        await connection.execute(sql.WAKE, woken)
    return numbers


async def _change_referrals(connection: AsyncConnection, works: Sequence[CaseWork], ends: Sequence[CaseWork]) -> None:
    """Write how referrals that were there stand now; at no moment may two referrals of one program be open.

    So what opens again, and stays so, comes after what closes.
    """
    reopened = {
        row.referral_id
        for work in works
        for row, _ in work.transitions
        if row.start in CLOSED and row.end not in CLOSED
    }
    changed = [r for work in ends for r in work.case.referrals if r.id in work.touched and r.id not in work.born]
    for again in (False, True):
        rows = [{"id": r.id, **standing_row(r)} for r in changed if (r.is_open and r.id in reopened) is again]
        if rows:
            parameters = {"given": as_json(rows), "ids": [row["id"] for row in rows]}
            await connection.execute(sql.UPDATE_REFERRALS, parameters)


async def _many(connection: AsyncConnection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(statement, rows)


def _whole(document: dict[str, list[dict[str, Any]]]) -> str:
    """Return the document as JSON, if its rows are what their tables take.

    Raises:
        TypeError: They are not: a fault of the program.
    """
    for name, columns in sql.COLUMNS.items():
        if any(row.keys() != columns for row in document[name]):
            message = f"rows of {name} have other columns"
            raise TypeError(message)
    return as_json(document)


async def number_born(connection: AsyncConnection, works: Iterable[CaseWork], tools: World) -> dict[UUID, str]:
    """Return the numbers of the referrals that were touched, by id; those that were just born get theirs now.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, OSError, TimeoutError: The database is away.
    """
    numbers: dict[UUID, str] = {}
    unnumbered: list[UUID] = []
    for work in works:
        for referral in work.case.referrals:
            if referral.id not in work.touched:
                continue
            if referral.number is None:
                unnumbered.append(referral.id)
            else:
                numbers[referral.id] = referral.number
    fresh = await next_numbers(connection.engine, Kind.REFERRAL, tools.today().year, len(unnumbered))
    return numbers | dict(zip(unnumbered, fresh, strict=True))


def _written_to(works: Iterable[CaseWork]) -> Iterator[tuple[CaseWork, ReferralView]]:
    """Yield the referrals that got a letter: their desks deliver it."""
    for work in works:
        written = {letter.referral_id for letter in work.letters}
        yield from ((work, r) for r in work.case.referrals if r.id in written)


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


def _has_changed(work: CaseWork) -> bool:
    """Say whether a follow-up may see the case otherwise than before."""
    changed = work.touched, work.milestones, work.new_consents, work.withdrawn_recipients, work.overtaken
    return any(changed) or work.journey_changed or work.stuck is not None
