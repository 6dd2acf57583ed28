"""The digests: one letter for each agency with every reminder that no letter carries yet.

A step and the letter that carries it are joined in one transaction; before the letter's first try leaves, whoever has
answered meanwhile is taken out. From then on its body is fixed, because the same key never says two things: before a
later try it is withdrawn, and what is still owed goes out in a new letter under a new key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.digest import MOST_LINES, Digest, Line, Words
from models.case_chase import matters
from models.casebook import load_cases
from models.chasing import still_reminds
from models.counting import SEOUL
from models.database import RING
from models.keys import uuid7
from models.vocabulary import BY_AGENDA, Desk, LetterState, LetterType
from tasks import statements as sql
from tasks.agenda import look_now
from tasks.chase_reading import read_looks
from tasks.follow_report import FollowReport
from tasks.outbox import LeasedLetter
from tasks.toolbox import Toolbox

#: Sends what belongs to no desk.
FRONT_DESK: Final = Desk.INTAKE

_AGENCIES: Final = text("""
    SELECT DISTINCT agency FROM follow_up_step WHERE does = 'remind' AND letter_id IS NULL ORDER BY agency
""")
#: Whoever comes second waits here, and then finds that they are carried.
_UNSENT: Final = text(f"""
    SELECT step.id, step.referral_id, step.deadline, step.due_at, step.step,
           referral.number, referral.program, referral.journey_id
    FROM follow_up_step AS step JOIN referral ON referral.id = step.referral_id
    WHERE step.agency = :agency AND step.does = 'remind' AND step.letter_id IS NULL
    ORDER BY step.id LIMIT {MOST_LINES}
    FOR NO KEY UPDATE OF step
""")  # noqa: S608 - the limit is a literal of ours
_CARRIED: Final = text("""
    SELECT step.id, step.referral_id, step.deadline, step.due_at, step.step,
           referral.number, referral.program, referral.journey_id
    FROM follow_up_step AS step JOIN referral ON referral.id = step.referral_id
    WHERE step.letter_id = :letter ORDER BY step.id
    FOR NO KEY UPDATE OF step
""")
_CARRY: Final = text("UPDATE follow_up_step SET letter_id = :letter WHERE id = ANY(:steps)")
_UNDO: Final = text("DELETE FROM follow_up_step WHERE id = ANY(:steps)")
_TRIM: Final = text("UPDATE letter SET body = CAST(:body AS jsonb) WHERE id = :letter")
_WITHDRAW: Final = text("""
    UPDATE letter SET state = 'withdrawn', settled_at = :now, leased_until = NULL, leased_by = NULL WHERE id = :letter
""")


async def write_digests(tools: Toolbox, now: datetime, report: FollowReport) -> None:
    """Write the letters for all reminders that none carries yet, agency by agency, each in its own transaction.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; what is not carried is by the next run.
    """
    async with tools.engine.connect() as connection:
        agencies = list((await connection.execute(_AGENCIES)).scalars())
    for agency in agencies:
        while await _write_digest(tools, agency, now, report):
            pass


async def _write_digest(tools: Toolbox, agency: str, now: datetime, report: FollowReport) -> bool:
    """Write one letter; say whether there may be more to write to this agency."""
    async with tools.engine.begin() as connection:
        steps = (await connection.execute(_UNSENT, {"agency": agency})).all()
        lines, gone = await _lines(connection, tools, steps, now)
        await _undo(connection, gone, now)
        if not lines:
            return len(steps) == MOST_LINES
        carried = sorted({step.id for step in steps} - {step.id for step in gone})
        await _put_into_letter(connection, agency, lines, carried, now)
    report.tell("digest", agency=agency, referrals=str(len(lines)))
    return len(steps) == MOST_LINES


async def _put_into_letter(
    connection: AsyncConnection,
    agency: str,
    lines: Mapping[tuple[UUID, str, datetime], Line],
    carried: Sequence[int],
    now: datetime,
) -> None:
    """Write one letter with these lines, let it carry their steps, and ring who sends it."""
    digest = Digest(letter_id=uuid7(now), agency=agency, made_at=now, lines=tuple(lines.values()))
    row: dict[str, Any] = {
        "id": digest.letter_id,
        "desk": FRONT_DESK,
        "agency": agency,
        "type": LetterType.REMINDED,
        "about": f"{len(lines)} referrals",
        # With the letter's own key: the same steps may have been in another that was withdrawn.
        "cause": f"follow-up:reminders:{carried[0]}:{digest.letter_id}",
        "sequence": 1,
        "body": digest.data(),
        "state": LetterState.WAITING,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "lease": 0,
    }
    await connection.execute(sql.INSERT_LETTERS, [row])
    await connection.execute(_CARRY, {"letter": digest.letter_id, "steps": list(carried)})
    await connection.execute(RING, {"desks": [FRONT_DESK.value]})


async def last_look(
    connection: AsyncConnection, tools: Toolbox, letters: Sequence[LeasedLetter], now: datetime
) -> list[LeasedLetter]:
    """Return the letters that may leave; no digest reminds of what was answered meanwhile.

    Whoever has answered is taken out of a digest never tried before. One that was tried is withdrawn, and a new one
    with the rest waits for the next round.

    Args:
        connection: In the transaction that took the letters.
        tools: The toolbox in use.
        letters: As they were taken; those of other kinds stay as they are.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    kept: list[LeasedLetter] = []
    undone: list[Any] = []
    for letter in letters:
        if letter.type is not LetterType.REMINDED:
            kept.append(letter)
            continue
        steps = (await connection.execute(_CARRIED, {"letter": letter.id})).all()
        lines, gone = await _lines(connection, tools, steps, now)
        undone += gone
        if not lines or (gone and letter.attempts > 1):
            await connection.execute(_WITHDRAW, {"letter": letter.id, "now": now})
            if lines:
                owed = sorted({step.id for step in steps} - {step.id for step in gone})
                await _put_into_letter(connection, letter.agency, lines, owed, now)
            continue
        if gone:
            digest = Digest(
                letter_id=letter.id, agency=letter.agency, made_at=letter.created_at, lines=tuple(lines.values())
            )
            await connection.execute(_TRIM, {"letter": letter.id, "body": orjson.dumps(digest.data()).decode()})
            kept.append(replace(letter, body=digest.data()))
        else:
            kept.append(letter)
    await _undo(connection, undone, now)
    return kept


async def _undo(connection: AsyncConnection, gone: Sequence[Any], now: datetime) -> None:
    """Take back steps that came to nothing, and have their journeys looked at: they may be owed again."""
    if gone:
        await connection.execute(_UNDO, {"steps": sorted(step.id for step in gone)})
        await look_now(connection, {step.journey_id for step in gone}, now)


async def _lines(
    connection: AsyncConnection, tools: Toolbox, steps: Sequence[Any], now: datetime
) -> tuple[dict[tuple[UUID, str, datetime], Line], list[Any]]:
    """Return the lines of steps that still hold, one for each deadline, and the steps that do not."""
    cases = await load_cases(
        connection, sorted({step.journey_id for step in steps}), tools.catalog, now.astimezone(SEOUL).date()
    )
    looks = await read_looks(connection, cases, now)
    owed = {
        (matter.referral.id, matter.due.code, matter.due.due_at): matter
        for journey, case in cases.items()
        for follow_up in BY_AGENDA
        for matter in matters(case, follow_up, looks[journey])
        if still_reminds(matter)
    }
    lines: dict[tuple[UUID, str, datetime], Line] = {}
    gone: list[Any] = []
    for step in steps:
        key = step.referral_id, step.deadline, step.due_at
        matter = owed.get(key)
        if matter is None:
            gone.append(step)
            continue
        label = matter.due.label
        lines[key] = Line(
            referral=step.number,
            program=step.program,
            waits_for=step.deadline,
            label=Words(ko=label.ko, en=label.en),
            due_on=matter.due.due_effective,
            reminder=sum(each.does == "remind" for each in matter.steps[: step.step]),
        )
    return lines, gone
