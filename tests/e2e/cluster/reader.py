"""The independent reader: what the agencies saw is held against what the database holds, in plain SQL.

It imports nothing of the product and of its other tests. Every question returns the sentences of what is wrong; none is
the good answer.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"
_START: Final = "0" * 64


@dataclass(slots=True)
class Witness:
    """What the agencies and the front desk know by themselves.

    Attributes:
        programs: What each journey is asked for, once each.
        opened: Number of each journey that a door acknowledged, by its number in the run.
        acknowledged: Agency and id of every webhook that a door answered 2xx.
        letters: Agency, type of letter, referral, and the keys under which it came, in order.
        asked: The referrals that asked for a program, by journey (number in the run) and program.
        frozen: Transactions that a desk held when it was stopped, until after it had lost them.
    """

    programs: Sequence[str] = ()
    opened: dict[int, str] = field(default_factory=dict[int, str])
    acknowledged: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    letters: defaultdict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: defaultdict[tuple[int, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    frozen: set[str] = field(default_factory=set[str])


async def webhooks_lost(connection: Connection, witness: Witness) -> list[str]:
    """Return webhooks that were acknowledged and are in no inbox, or had no effect."""
    rows = await connection.fetch("SELECT source, source_id, fate, fate_reason FROM inbox_event")
    fates = {(row["source"].removeprefix("agency:"), row["source_id"]): row for row in rows}
    wrong = [f"{agency} {id_}: in no inbox" for agency, id_ in witness.acknowledged if (agency, id_) not in fates]
    for agency, id_ in witness.acknowledged & fates.keys():
        if fates[agency, id_]["fate"] not in {"applied", "already_known"}:
            wrong.append(f"{agency} {id_}: {fates[agency, id_]['fate']} ({fates[agency, id_]['fate_reason']})")
    return wrong


async def intakes_lost(connection: Connection, witness: Witness) -> list[str]:
    """Return journeys whose number a door gave out and that are not there."""
    numbers = {row["number"] for row in await connection.fetch("SELECT number FROM journey")}
    return [f"{number}: no such journey" for number in witness.opened.values() if number not in numbers]


async def two_keys(connection: Connection, witness: Witness) -> list[str]:
    """Return letters that reached an agency under two keys, or under one that stands nowhere; programs asked twice."""
    known = {str(row["id"]) for row in await connection.fetch("SELECT id FROM letter")}
    wrong = [
        f"{referral} at {agency}: {type_} under {len(set(keys))} keys"
        for (agency, type_, referral), keys in witness.letters.items()
        if len(set(keys)) > 1
    ]
    wrong += [
        f"{referral} at {agency}: {type_} under a key that no letter has"
        for (agency, type_, referral), keys in witness.letters.items()
        if not known.issuperset(keys)
    ]
    wrong += [
        f"journey {nth}: {program} asked by {len(referrals)} referrals"
        for (nth, program), referrals in witness.asked.items()
        if len(referrals) > 1
    ]
    twice = await connection.fetch(
        "SELECT journey_id, program, count(*) FROM referral GROUP BY 1, 2 HAVING count(*) > 1"
    )
    return wrong + [f"{row['journey_id']}: {row['count']} referrals for {row['program']}" for row in twice]


async def out_of_order(connection: Connection, witness: Witness) -> list[str]:
    """Return steps that do not follow the one before: number, state, moment, or hash of the chain."""
    del witness
    logs: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in await connection.fetch("SELECT * FROM transition ORDER BY referral_id, id"):
        logs[str(row["referral_id"])].append(row)
    states = await connection.fetch("SELECT id, number, state FROM referral")
    wrong = [
        f"{row['number']}: {fault}" for row in states for fault in _of_log(logs.pop(str(row["id"]), []), row["state"])
    ]
    return wrong + [f"{referral}: a log of no referral" for referral in logs]


def _of_log(log: Sequence[Mapping[str, Any]], state: str) -> Iterator[str]:
    at, before, recorded = None, _START, None
    for nth, row in enumerate(log, start=1):
        if row["sequence"] != nth:
            yield f"step {nth} has number {row['sequence']}"
        if row["start"] != at:
            yield f"step {nth} starts at {row['start']}, the one before ended at {at}"
        if recorded is not None and row["recorded_at"] < recorded:
            yield f"step {nth} was recorded before the one before it"
        if row["previous_hash"] != before or row["hash"] != _hash(row):
            yield f"step {nth} breaks the chain"
        at, before, recorded = row["end"], row["hash"], row["recorded_at"]
    if at != state:
        yield f"is {state}, its log ends at {at}"


_HASHED: Final = (
    *("referral_id", "sequence", "start", "event", "end", "lane", "milestone", "outcome", "reason", "cause", "who"),
    *("occurred_at", "recorded_at", "previous_hash"),
)


def _hash(row: Mapping[str, Any]) -> str:
    values = [_plain(row[name]) for name in _HASHED]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)


async def unfinished(connection: Connection, witness: Witness) -> list[str]:
    """Return journeys that did not come to their end, and whatever still waits or lies aside."""
    rows = await connection.fetch(
        "SELECT journey.number, program, state FROM journey JOIN referral ON referral.journey_id = journey.id"
    )
    done = {(row["number"], row["program"]) for row in rows if row["state"] == "completed"}
    wrong = [
        f"{number}: {program} is not completed"
        for number in witness.opened.values()
        for program in witness.programs
        if (number, program) not in done
    ]
    for what, where in {
        "event": "inbox_event WHERE fate IN ('waiting', 'held_back', 'parked')",
        "letter": "letter WHERE state NOT IN ('sent', 'withdrawn')",
        "journey set aside": "set_aside",
    }.items():
        count = await connection.fetchval(f"SELECT count(*) FROM {where}")  # noqa: S608 - three literals
        wrong += [f"{count} times a {what} is left over"] if count else []
    return wrong


async def never_arrived(connection: Connection, witness: Witness) -> list[str]:
    """Return letters that are marked as sent and that no agency has seen."""
    seen = {key for keys in witness.letters.values() for key in keys}
    sent = await connection.fetch("SELECT id, referral_number FROM letter WHERE state = 'sent'")
    return [f"{row['referral_number']}: sent, but never seen" for row in sent if str(row["id"]) not in seen]


_UNHELD: Final = """
SELECT journey, count(DISTINCT xact) AS times FROM audit.work WHERE NOT held GROUP BY journey
"""
_TWICE: Final = """
SELECT journey, event, count(*) AS times FROM audit.work WHERE event IS NOT NULL
GROUP BY journey, event HAVING count(*) > 1 AND bool_or(was <> 'waiting')
"""
_AT_ONCE: Final = """
WITH worked AS (
    SELECT work.journey, work.xact, work.pid, work.port, min(work.at) AS since, max(done.at) AS until
    FROM audit.work AS work JOIN audit.done AS done USING (xact) GROUP BY 1, 2, 3, 4
)
SELECT one.journey, count(*) AS times FROM worked AS one JOIN worked AS other
    ON other.journey = one.journey AND other.xact > one.xact AND other.since < one.until AND one.since < other.until
GROUP BY one.journey
"""


async def worked_at_once(connection: Connection, witness: Witness) -> list[str]:
    """Return cases that were worked without being held, twice for one event, or in two transactions at a time."""
    del witness
    unheld = [f"{row['journey']}: written {row['times']} times unheld" for row in await connection.fetch(_UNHELD)]
    twice = [f"{row['journey']}: event {row['event']} worked twice" for row in await connection.fetch(_TWICE)]
    at_once = [f"{row['journey']}: worked at once {row['times']} times" for row in await connection.fetch(_AT_ONCE)]
    return unheld + twice + at_once


_STALE_RESULTS: Final = """
WITH taken AS (
    SELECT letter, new_lease AS lease, taken_by FROM audit.letter WHERE new_lease > old_lease AND taken_by IS NOT NULL
), written AS (
    SELECT note.letter, note.old_lease AS lease, session.process FROM audit.letter AS note
    JOIN audit.session AS session USING (pid, port)
    WHERE note.new_lease = note.old_lease AND note.old_state = 'waiting'
      AND (note.new_state IN ('sent', 'with_person') OR note.put_off)
      -- A case that is being worked may settle its letters itself: an agency that speaks of a referral has its letter.
      AND NOT EXISTS (SELECT 1 FROM audit.work AS work WHERE work.xact = note.xact)
)
SELECT written.letter FROM written JOIN taken USING (letter, lease) WHERE taken.taken_by <> written.process
"""
_STALE_WORK: Final = """
SELECT DISTINCT xact FROM (SELECT xact FROM audit.work UNION SELECT xact FROM audit.letter) AS noted
WHERE xact::xid::text = ANY($1::text[])
"""


async def stale_writes(connection: Connection, witness: Witness) -> list[str]:
    """Return results written by somebody who had lost the letter's lease, and work of transactions that were lost."""
    results = await connection.fetch(_STALE_RESULTS)
    work = await connection.fetch(_STALE_WORK, sorted(witness.frozen))
    wrong = [f"letter {row['letter']}: a result under a lease that another holds" for row in results]
    return wrong + [f"transaction {row['xact']} of a desk that was cut off was committed" for row in work]


QUESTIONS: Final[Mapping[str, Callable[[Connection, Witness], Awaitable[list[str]]]]] = {
    "accepted webhooks lost": webhooks_lost,
    "accepted intakes lost": intakes_lost,
    "referrals under two keys": two_keys,
    "transitions out of order": out_of_order,
    "journeys unfinished": unfinished,
    "letters sent that never arrived": never_arrived,
    "cases worked by two at once": worked_at_once,
    "writes of a stale desk": stale_writes,
}


async def read(connection: Connection, witness: Witness) -> dict[str, list[str]]:
    """Ask every question; return what is wrong by its name."""
    return {name: await question(connection, witness) for name, question in QUESTIONS.items()}


async def amounts(connection: Connection) -> dict[str, int]:
    """Return how much there was to be read."""
    row = await connection.fetchrow("""
        SELECT (SELECT count(*) FROM journey) AS journeys, (SELECT count(*) FROM referral) AS referrals,
               (SELECT count(*) FROM transition) AS transitions, (SELECT count(*) FROM inbox_event) AS events,
               (SELECT count(*) FROM shift) AS shifts, (SELECT count(*) FROM shift WHERE state = 'died') AS shifts_died,
               (SELECT count(DISTINCT xact) FROM audit.work) AS transactions_of_work,
               (SELECT count(*) FROM audit.letter WHERE new_lease > old_lease) AS letters_taken
    """)
    return dict(row or {})


async def shown_by_prefect(connection: Connection) -> dict[str, int]:
    """Return what stands in Prefect's own database: the services write task runs and events from what Redis brought."""
    return {
        "flow runs in Prefect": await connection.fetchval("SELECT count(*) FROM flow_run"),
        "task runs in Prefect": await connection.fetchval("SELECT count(*) FROM task_run"),
        "events in Prefect": await connection.fetchval("SELECT count(*) FROM events"),
    }
