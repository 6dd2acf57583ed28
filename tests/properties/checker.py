"""The checker: reads what was written and says what it contradicts. It shares no code with the product but the roads.

*The log explains the state*: replayed from its first row, every referral's log must lead to the state, outcome and
milestones that the tables show, and every letter and move must have one cause. Hashes are computed anew from the text.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.roads import CLOSED, ROADS
from models.vocabulary import ReferralEvent, ReferralState

Row = Mapping[str, Any]

_HASHED: Final = (
    *("referral_id", "sequence", "start", "event", "end", "lane", "milestone", "outcome", "reason", "cause", "who"),
    *("occurred_at", "recorded_at", "previous_hash"),
)
_REMINDED: Final = "referral.reminded"
_LINE: Final = {"referral", "program", "waits_for", "label", "due_on", "reminder"}
_TABLES: Final = {
    "referrals": "SELECT referral.*, client.forgotten_at FROM referral JOIN client ON client.id = client_id",
    "transitions": "SELECT * FROM transition ORDER BY referral_id, id",
    "milestones": "SELECT * FROM milestone",
    "letters": "SELECT * FROM letter",
    "steps": "SELECT * FROM follow_up_step",
    "events": "SELECT id, desk, journey_id, referral_number, source, word, fate, fate_reason FROM inbox_event",
}


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Everything that was written, as plain rows by column name."""

    referrals: Sequence[Row]
    transitions: Sequence[Row]
    milestones: Sequence[Row]
    letters: Sequence[Row]
    events: Sequence[Row]
    #: What the follow-ups did.
    steps: Sequence[Row] = ()


async def check_log(connection: AsyncConnection, *, quiet: bool = False) -> list[str]:
    """Return every contradiction found in a database, one sentence each; none is the good answer.

    Args:
        connection: To the database; read in one transaction.
        quiet: Whether all work is done, so that an event or a request that still waits is a fault, too.
    """
    rows = {name: (await connection.execute(text(sql))).mappings().all() for name, sql in _TABLES.items()}
    return violations(Ledger(**rows), quiet=quiet)  # pyright: ignore[reportArgumentType]


def violations(ledger: Ledger, *, quiet: bool = False) -> list[str]:
    """Return every contradiction in a ledger, one sentence each."""
    logs: defaultdict[str, list[Row]] = defaultdict(list)
    for row in ledger.transitions:
        logs[str(row["referral_id"])].append(row)
    found = [sentence for referral in ledger.referrals for sentence in _of_log(referral, logs[str(referral["id"])])]
    found += _of_strangers(ledger, logs)
    found += _of_milestones(ledger, logs)
    found += _of_letters(ledger, logs)
    found += _of_digests(ledger)
    found += _of_events(ledger)
    found += _of_open_ones(ledger.referrals)
    if quiet:
        found += [f"event {event['id']} still waits" for event in ledger.events if event["fate"] == "waiting"]
        found += [f"{letter['referral_number']}: a letter still waits" for letter in _waiting(ledger.letters)]
    return found


def _of_log(referral: Row, log: Sequence[Row]) -> Iterator[str]:
    number = referral["number"]
    if [row["sequence"] for row in log] != list(range(1, len(log) + 1)) or not log:
        yield f"{number}: the log has rows {[row['sequence'] for row in log]}, which is not 1, 2, 3 …"
    state, before = None, "0" * 64
    for row in log:
        yield from (f"{number} row {row['sequence']}: {fault}" for fault in _of_row(row, state, before))
        state, before = ReferralState(row["end"]), row["hash"]
    if referral["state"] != state:
        yield f"{number}: stands at {referral['state']}, but its log leads to {state}"
    decisive = [row for row in log if row["event"] in {ReferralEvent.COMPLETED, ReferralEvent.REOPENED}]
    outcome = decisive[-1]["outcome"] if decisive else None
    if referral["outcome"] != outcome:
        yield f"{number}: has the outcome {referral['outcome']}, but its log says {outcome}"
    if state is ReferralState.COMPLETED and not referral["outcome"]:
        yield f"{number}: completed without an outcome"
    if state is ReferralState.DECLINED and not referral["reason"]:
        yield f"{number}: declined without a reason"


def _of_row(row: Row, state: ReferralState | None, before: str) -> Iterator[str]:
    """Look at one row of a log, given where the rows before it led."""
    road = ROADS.get((state, row["event"])) if state is not None else None
    leads_to = ReferralState.DRAFTED if state is None and row["event"] == "drafted" else road and road.end
    if row["start"] != state:
        yield f"begins at {row['start']}, but the referral stood at {state}"
    if leads_to is None or row["end"] != leads_to:
        yield f"no road leads from {state} by {row['event']} to {row['end']}"
    if row["previous_hash"] != before or row["hash"] != hash_of(row):
        yield "the chain is broken"


def hash_of(row: Row) -> str:
    """Return the SHA-256 a row of the log should have: its values as compact JSON, in order."""
    values = [_plain(row[name]) for name in _HASHED]
    return hashlib.sha256(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, int) else str(value)


def _of_strangers(ledger: Ledger, logs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    known = {str(referral["id"]) for referral in ledger.referrals}
    yield from (f"the log has {len(rows)} rows of no referral" for key, rows in logs.items() if key not in known)
    steps, letters = ledger.steps, [letter for letter in ledger.letters if letter["type"] != _REMINDED]
    for name, rows in (("milestone", ledger.milestones), ("letter", letters), ("step", steps)):
        yield from (f"a {name} belongs to no referral" for row in rows if str(row["referral_id"]) not in known)


def _of_milestones(ledger: Ledger, logs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    fates = {f"event:{event['id']}": event["fate"] for event in ledger.events}
    #: Of a client who was forgotten the ids of events may be gone.
    forgotten = {str(referral["id"]) for referral in ledger.referrals if referral.get("forgotten_at")}
    written = {(str(m["referral_id"]), m["lane"], m["code"], m["occurred_at"]) for m in ledger.milestones}
    moved = {
        (key, row["lane"], row["milestone"], row["occurred_at"]) for key, log in logs.items() for row in log
        if row["milestone"] is not None
    }  # fmt: skip
    yield from (
        f"the log tells of {lane} {code}, which is not among the milestones" for _, lane, code, _ in moved - written
    )
    if len(written) != len(ledger.milestones):
        yield "a milestone is written twice"
    for milestone in ledger.milestones:
        told = (str(milestone["referral_id"]), milestone["lane"], milestone["code"], milestone["occurred_at"])
        fate = fates.get(milestone["cause"])
        if fate is None and str(milestone["referral_id"]) in forgotten:
            continue
        if fate not in {"applied", "older"} or (fate == "applied") != (told in moved):
            yield f"milestone {milestone['code']}: its cause {milestone['cause']} was {fate}"


def _of_letters(ledger: Ledger, logs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    referrals = {str(referral["id"]): referral for referral in ledger.referrals}
    events = {str(event["id"]) for event in ledger.events}
    letters = [letter for letter in ledger.letters if letter["type"] != _REMINDED]
    keys = Counter((str(letter["referral_id"]), letter["type"], letter["about"]) for letter in letters)
    yield from (
        f"the same letter was written {n} times: {kind} {about}" for (_, kind, about), n in keys.items() if n > 1
    )
    causes = Counter(letter["cause"] for letter in ledger.letters)
    yield from (f"the cause {cause} made {n} letters" for cause, n in causes.items() if n > 1)
    asked = {(key, str(row["sequence"] - 1)) for key, log in logs.items() for row in log if row["event"] == "requested"}
    requests = {(key, about) for key, kind, about in keys if kind == "referral.requested"}
    yield from (f"{referrals[key]['number']}: request {about} has no letter" for key, about in asked - requests)
    for letter in letters:
        key = str(letter["referral_id"])
        number = referrals.get(key, letter).get("number", "a stranger")
        if letter["type"] == "referral.requested" and (key, letter["about"]) not in asked:
            yield f"{number}: a letter asks for what was never requested ({letter['about']})"
        if key in referrals and letter["agency"] != referrals[key]["agency"]:
            yield f"{number}: a letter goes to {letter['agency']} instead of {referrals[key]['agency']}"
        if letter["cause"].split(":")[1] not in events and not referrals.get(key, {}).get("forgotten_at"):
            yield f"{number}: the letter's cause {letter['cause']} never happened"


def _of_digests(ledger: Ledger) -> Iterator[str]:
    """Look at the letters about many referrals: each line is one reminder that is owed to that agency, and no more."""
    numbers = {str(referral["id"]): referral for referral in ledger.referrals}
    digests = {str(letter["id"]): letter for letter in ledger.letters if letter["type"] == _REMINDED}
    carried: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for step in ledger.steps:
        referral = numbers.get(str(step["referral_id"]))
        if step["letter_id"] is None or referral is None:
            continue
        digest = digests.get(str(step["letter_id"]))
        if step["does"] != "remind" or digest is None or digest["agency"] != step["agency"]:
            yield f"{referral['number']}: step {step['id']} ({step['does']}) is carried by a letter that is not its own"
        carried[str(step["letter_id"])].add((referral["number"], step["deadline"]))
    for key, digest in digests.items():
        lines = digest["body"]["referrals"]
        told = [(line["referral"], line["waits_for"]) for line in lines]
        if digest["referral_id"] is not None or digest["body"].keys() != {"referrals"}:
            yield f"the digest {key} speaks of more than its lines"
        if any(line.keys() != _LINE for line in lines):
            yield f"the digest {key} has a line with fields that were never agreed"
        if len(told) != len(set(told)):
            yield f"the digest {key} says something twice"
        if digest["state"] != "withdrawn" and set(told) != carried[key]:
            yield f"the digest {key} reminds of {sorted(set(told) ^ carried[key])}, or does not"


def _of_events(ledger: Ledger) -> Iterator[str]:
    moves = Counter(row["cause"] for row in ledger.transitions)
    rules = Counter((str(row["referral_id"]), row["cause"]) for row in ledger.transitions)
    yield from (f"the cause {cause} moved one referral {n} times" for (_, cause), n in rules.items() if n > 1)
    for event in ledger.events:
        due = 1 if event["fate"] == "applied" and event["referral_number"] is not None else 0
        if moves[f"event:{event['id']}"] != due:
            made = moves[f"event:{event['id']}"]
            yield f"event {event['id']} ({event['word']}, {event['fate']}) is the cause of {made} moves"


def _of_open_ones(referrals: Iterable[Row]) -> Iterator[str]:
    still_open = sorted((str(r["journey_id"]), r["program"]) for r in referrals if r["state"] not in CLOSED)
    yield from (
        f"two referrals for {first[1]} are open at once" for first, next_ in pairwise(still_open) if first == next_
    )


def _waiting(letters: Iterable[Row]) -> Iterator[Row]:
    return (letter for letter in letters if letter["state"] == "waiting" and letter["type"] == "referral.requested")
