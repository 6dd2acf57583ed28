"""What became of a letter: each result is written under the fence of its lease, and an arrival becomes an event.

Results that come in together share one transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.breaker import Health, after_failure, after_gone, after_success
from agencies.errors import CredentialAlarm, EndpointGone, KeysUnreadable, NotDelivered, TellAPerson, TryAgain
from agencies.link_book import links_arrived
from agencies.schedule import next_attempt
from models.columns import as_json, table_of
from models.database import BELL
from models.keys import uuid7
from models.notice import Notice
from models.vocabulary import Alarm, BreakerState, Desk
from tasks import statements as sql
from tasks.health import Lines, clear_credential_alarm, hasten, keep, lock_lines, look_at_lines, raise_credential_alarm
from tasks.outbox import LeasedLetter
from tasks.undelivered import settle_undelivered

#: Letters that arrived, under the fence of their leases, in the order of their ids, so that two never wait crosswise; a
#: request's arrival is an event. `more` is whether another letter of the same referral waits for this one.
_ARRIVED: Final = text(f"""
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(CAST(:given AS text) AS jsonb)) AS given (id uuid, lease int, nth int)
    ), held AS (
        SELECT letter.id, given.nth FROM letter JOIN given ON given.id = letter.id AND given.lease = letter.lease
        WHERE letter.state = 'waiting' ORDER BY letter.id FOR NO KEY UPDATE OF letter
    ), sent AS (
        UPDATE letter SET state = 'sent', settled_at = :now, leased_until = NULL, leased_by = NULL, last_problem = NULL
        FROM held WHERE letter.id = held.id
        -- Not the leased letter's journey: it may have ended in another one meanwhile.
        RETURNING letter.id, letter.desk, letter.journey_id, letter.referral_id, letter.referral_number, letter.type,
                  held.nth
    ), told AS (
        INSERT INTO inbox_event (desk, journey_id, referral_number, source, source_id, word, data, digest,
                                 occurred_at, received_at, fate)
        SELECT desk, journey_id, referral_number, 'delivery', CAST(id AS text), 'received', '{{}}', '',
               :now, :now, 'waiting'
        FROM sent WHERE type = 'referral.requested' ORDER BY nth
        ON CONFLICT DO NOTHING RETURNING desk
    ), rung AS (
        SELECT pg_notify('{BELL}', desk) FROM (SELECT DISTINCT desk FROM told) AS any_of_them
    )
    SELECT sent.id, (SELECT count(*) FROM rung) AS rung,
           EXISTS (
               SELECT 1 FROM letter AS later
               WHERE later.referral_id = sent.referral_id AND later.state = 'waiting' AND later.id <> sent.id
           ) AS more
    FROM sent
""")  # noqa: S608 - the bell is our own constant
_AGAIN: Final = text("""
    UPDATE letter SET next_attempt_at = :next, leased_until = NULL, leased_by = NULL, last_problem = :problem
    WHERE id = :id AND lease = :lease AND state = 'waiting' RETURNING id, journey_id
""")
_PERSON: Final = text("""
    UPDATE letter SET state = 'with_person', leased_until = NULL, leased_by = NULL, last_problem = :problem,
                      person_told_at = COALESCE(person_told_at, :now)
    WHERE id = :id AND lease = :lease AND state = 'waiting' RETURNING id, journey_id
""")


@dataclass(frozen=True, slots=True)
class Result:
    """One exchange's end: None is an arrival; `links` those that a mail carried."""

    letter: LeasedLetter
    problem: NotDelivered | None
    links: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What a round of results came to; `alarms` with the agencies they are new for.

    `more` is whether letters may be due now that waited for these.
    """

    delivered: int
    retried: int
    with_person: int
    alarms: Mapping[Alarm, list[str]]
    more: bool


async def settle(connection: AsyncConnection, results: Sequence[Result], now: datetime) -> Settled:
    """Write the results of one round; a result whose lease is over changes nothing.

    Args:
        connection: In a transaction.
        results: What came back.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refuses; nothing may be taken for written.
    """
    retried = with_person = 0
    arrived = [result.letter for result in results if result.problem is None]
    delivered, more = await _arrived(connection, arrived, now) if arrived else (0, False)
    if links := {link for result in results for link in result.links}:
        await links_arrived(connection, links, now)
    for result in results:
        match result.problem:
            case None:
                pass
            case TellAPerson() as problem:
                with_person += await _to_a_person(connection, result.letter, problem, now)
            case problem:
                retried += await _again(connection, result.letter, problem, now)
    alarms = await _look_after_lines(connection, results, now)
    unreadable = {each.letter.agency: each.letter.desk for each in results if isinstance(each.problem, KeysUnreadable)}
    for agency, desk in sorted(unreadable.items()):
        await _line_notice(connection, desk, agency, "keys_unreadable", now)
    return Settled(delivered, retried, with_person, alarms, more or len(arrived) < len(results))


async def _arrived(connection: AsyncConnection, letters: Sequence[LeasedLetter], now: datetime) -> tuple[int, bool]:
    """Write that letters arrived; return how many count, and whether others waited for them."""
    given = [{"id": letter.id, "lease": letter.lease, "nth": nth} for nth, letter in enumerate(letters)]
    parameters = {"given": as_json(given), "now": now}
    rows = (await connection.execute(_ARRIVED, parameters)).all()
    settled = {row.id for row in rows}
    for letter in letters:
        if letter.id in settled and letter.person_told_at is not None:
            await settle_undelivered(connection, letter.id, now)
    return len(settled), any(row.more for row in rows)


async def _again(connection: AsyncConnection, letter: LeasedLetter, problem: NotDelivered, now: datetime) -> int:
    asked = problem.retry_after if isinstance(problem, TryAgain) else None
    again = {
        "id": letter.id,
        "lease": letter.lease,
        "next": next_attempt(letter.id, letter.attempts, now, asked),
        "problem": problem.why,
    }
    return 1 if (await connection.execute(_AGAIN, again)).one_or_none() is not None else 0


async def _to_a_person(connection: AsyncConnection, letter: LeasedLetter, problem: NotDelivered, now: datetime) -> int:
    refused = {"id": letter.id, "lease": letter.lease, "problem": problem.why, "now": now}
    kept = (await connection.execute(_PERSON, refused)).one_or_none()
    if kept is None:
        return 0
    await _notice(connection, letter, kept.journey_id, "letter_refused", problem.why, now)
    return 1


async def _notice(
    connection: AsyncConnection,
    letter: LeasedLetter,
    journey: UUID | None,
    code: str,
    detail: str,
    now: datetime,
) -> None:
    row = {
        "id": uuid7(now),
        "journey_id": journey,
        "desk": letter.desk.value,
        "code": code,
        "about": letter.referral_number or letter.agency,
        "detail": f"{letter.agency}: {detail}"[:400],
        "key": f"{code}:{letter.id}",
        "raised_at": now,
    }
    await connection.execute(sql.TELL_ANEW, row)


async def _look_after_lines(
    connection: AsyncConnection, results: Iterable[Result], now: datetime
) -> dict[Alarm, list[str]]:
    """Keep the breakers: only lines that are, or were, not well cost a statement, and are decided under a lock.

    What never reached the agency says nothing about its line. Return the alarms that are new, with their agencies.
    """
    alarms: dict[Alarm, list[str]] = {}
    told = [result for result in results if _reached(result.problem)]
    problems = [result for result in told if result.problem is not None]
    lines: Lines = await look_at_lines(connection, now)
    concerned = {
        result.letter.agency
        for result in told
        if result.letter.agency in lines.health or _after(Health(), result.problem, now) != Health()
    }
    before = await lock_lines(connection, concerned, now) if concerned else {}
    after = dict(before)
    for result in told:
        agency = result.letter.agency
        if agency in after:
            after[agency] = _after(after[agency], result.problem, now)
    for agency, health in sorted(after.items()):
        if health != before[agency]:
            await keep(connection, agency, health, now)
    heard_again = {result.letter.agency for result in results if result.problem is None} & lines.alarmed
    for agency in sorted(heard_again):
        await clear_credential_alarm(connection, agency)
    await hasten(connection, heard_again | _closed_again(before, after), now)
    for result in problems:
        agency = result.letter.agency
        alarm: Alarm | None = None
        if isinstance(result.problem, EndpointGone):
            alarm = Alarm.ENDPOINT_DISABLED
        if isinstance(result.problem, CredentialAlarm):
            await raise_credential_alarm(connection, agency, now)
            alarm = Alarm.CREDENTIAL_ALARM
        if alarm is not None and await _line_notice(connection, result.letter.desk, agency, alarm, now):
            alarms.setdefault(alarm, []).append(agency)
    return alarms


def _reached(problem: NotDelivered | None) -> bool:
    """Say whether the agency, or its silence, was met: a letter that only people here can mend may not have left."""
    return not (isinstance(problem, TellAPerson | KeysUnreadable) and problem.status is None)


def _after(health: Health, problem: NotDelivered | None, now: datetime) -> Health:
    match problem:
        case EndpointGone():
            return after_gone(health)
        case TryAgain(retry_after=asked):
            return after_failure(health, now, asked)
        case _:
            return after_success(health)


def _closed_again(before: Mapping[str, Health], after: Mapping[str, Health]) -> set[str]:
    closed = BreakerState.CLOSED
    return {agency for agency in after if after[agency].state is closed and before[agency].state is not closed}


async def _line_notice(connection: AsyncConnection, desk: Desk, agency: str, code: str, now: datetime) -> bool:
    """Raise a notice about a line, once a day; say whether it is new."""
    row = {
        "id": uuid7(now),
        "desk": desk,
        "code": str(code),
        "about": agency,
        "detail": "",
        "key": f"{code}:{agency}:{now.date().isoformat()}",
        "by_rule": False,
        "raised_at": now,
    }
    return (await connection.execute(sql.INSERT_NOTICES.returning(table_of(Notice).c.id), row)).scalar() is not None
