"""The log, read back: a checker of its own that knows the tables and the rule of the chain, and none of our code."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_ROWS: Final = text("""
    SELECT referral_id::text, sequence, start, event, "end", lane, milestone, outcome, reason, cause, who, occurred_at,
           recorded_at, previous_hash, hash
    FROM transition ORDER BY referral_id, sequence
""")
_STATES: Final = text("SELECT id::text, number, state, outcome FROM referral")
#: What an agency said and we call applied must stand in the log, once.
_APPLIED: Final = text("""
    SELECT inbox_event.id, count(transition.id) FROM inbox_event
    LEFT JOIN transition ON transition.cause = 'event:' || inbox_event.id
    WHERE inbox_event.fate = 'applied' AND inbox_event.source LIKE 'agency:%'
    GROUP BY inbox_event.id HAVING count(transition.id) <> 1
""")
#: Every cause is an inbox event that was applied; of a client who was forgotten it may be gone.
_CAUSELESS: Final = text("""
    SELECT transition.id, transition.cause FROM transition
    JOIN referral ON referral.id = transition.referral_id JOIN client ON client.id = referral.client_id
    LEFT JOIN inbox_event ON inbox_event.id = split_part(transition.cause, ':', 2)::bigint
    WHERE inbox_event.id IS NULL AND client.forgotten_at IS NULL
       OR inbox_event.fate NOT IN ('applied', 'already_known')
""")
#: A referral is asked for by letter as often as its log says, never more.
_LETTERS: Final = text("""
    SELECT referral.number, asked.times, count(letter.id) FROM referral
    JOIN LATERAL (
        SELECT count(*) AS times FROM transition WHERE referral_id = referral.id AND event = 'requested'
    ) AS asked ON true
    LEFT JOIN letter ON letter.referral_id = referral.id AND letter.type = 'referral.requested'
    GROUP BY referral.number, asked.times HAVING count(letter.id) <> asked.times
""")
#: Every number that stands was given out, and none by anybody but the series; one whose batch was rolled back stays
#: unused (docs/adr/0015), so that the series may be ahead of the rows.
_NUMBERS: Final = text("""
    SELECT kind, last, (SELECT max(split_part(number, '-', 3)::int) FROM (
        SELECT number FROM journey WHERE kind = 'J' AND split_part(number, '-', 2)::int = year
        UNION ALL SELECT number FROM referral WHERE kind = 'R' AND split_part(number, '-', 2)::int = year
    ) AS standing) AS highest FROM number_series
""")
_UNCOUNTED: Final = text("""
    SELECT number FROM (SELECT number FROM journey UNION ALL SELECT number FROM referral) AS standing
    WHERE NOT EXISTS (
        SELECT 1 FROM number_series
        WHERE kind = left(number, 1) AND year = split_part(number, '-', 2)::int
    )
""")


async def check_log(connection: AsyncConnection) -> list[str]:
    """Return everything the log does not explain; nothing where all is well."""
    rows: Sequence[Any] = (await connection.execute(_ROWS)).all()
    log: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        log[row.referral_id].append(row)
    wrong: list[str] = []
    for referral, number, state, outcome in (await connection.execute(_STATES)).all():
        wrong += [f"{number}: {problem}" for problem in _of_one(log.pop(referral, []), state, outcome)]
    wrong += [f"{referral}: a log without a referral" for referral in log]
    for event, times in (await connection.execute(_APPLIED)).all():
        wrong.append(f"event {event} is applied and stands in the log {times} times")
    for row, cause in (await connection.execute(_CAUSELESS)).all():
        wrong.append(f"transition {row} has no applied cause ({cause})")
    for number, asked, letters in (await connection.execute(_LETTERS)).all():
        wrong.append(f"{number} was requested {asked} times and has {letters} letters")
    for kind, last, highest in (await connection.execute(_NUMBERS)).all():
        if highest is not None and highest > last:
            wrong.append(f"{kind}: number {highest} stands, but the series at {last}")
    wrong += [f"{number}: no series has given it" for number in (await connection.execute(_UNCOUNTED)).scalars()]
    return wrong


def _of_one(rows: Sequence[Any], state: str, outcome: str | None) -> list[str]:
    wrong: list[str] = []
    at, before = None, "0" * 64
    for nth, row in enumerate(rows, start=1):
        if row.sequence != nth:
            wrong.append(f"row {nth} has sequence {row.sequence}")
        if row.start != at:
            wrong.append(f"row {nth} starts at {row.start}, the one before ended at {at}")
        if row.previous_hash != before or row.hash != _hash(row):
            wrong.append(f"row {nth} breaks the chain")
        at, before = row.end, row.hash
    if at != state:
        wrong.append(f"is {state}, its log ends at {at}")
    said = [row.outcome for row in rows if row.outcome is not None]
    if (said[-1] if said else None) != outcome:
        wrong.append(f"has outcome {outcome}, its log says {said}")
    return wrong


def _hash(row: Any) -> str:  # noqa: ANN401 - a row of the log
    """Return SHA-256 over the JSON list of the row's values in the order docs and log agree on."""
    values = [
        value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for value in tuple(row)[:-1]
    ]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
