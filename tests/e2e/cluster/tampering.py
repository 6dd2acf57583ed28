"""Tampering: the reader is shown what must not be, a fault at a time, in the very database it has read.

Each is done in a transaction that is rolled back, or to a copy of what the agencies saw. A count that stays where it
was is a count that proves nothing.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Final

from tests.e2e.cluster.reader import QUESTIONS, Connection, Witness

_LAST_WORD: Final = "(SELECT max(id) FROM inbox_event WHERE source LIKE 'agency:%')"
_PLACEMENT: Final = "(SELECT id FROM referral WHERE program = 'job-placement' LIMIT 1)"
_LAST_STEP: Final = "(SELECT max(id) FROM transition)"
_DOUBLE: Final = """
INSERT INTO audit.work SELECT nth + 1000000, journey, referral, event, 'applied', pid, port, xact, at, held
FROM audit.work WHERE event IS NOT NULL LIMIT 1
"""

#: Statements by the count that must rise.
_IN_THE_DATABASE: Final[Mapping[str, tuple[str, ...]]] = {
    "accepted webhooks lost": (
        f"DELETE FROM inbox_event WHERE id = {_LAST_WORD}",
        f"UPDATE inbox_event SET fate = 'parked' WHERE id = {_LAST_WORD}",
    ),
    "accepted intakes lost": ("UPDATE journey SET number = 'J-0' WHERE id = (SELECT id FROM journey LIMIT 1)",),
    "referrals under two keys": (
        "UPDATE letter SET id = gen_random_uuid() WHERE id = (SELECT id FROM letter LIMIT 1)",
        f"UPDATE referral SET program = 'copay-relief' WHERE id = {_PLACEMENT}",
    ),
    "transitions out of order": (
        "DELETE FROM transition WHERE id = (SELECT max(id) FROM transition WHERE sequence = 2)",
        f"UPDATE transition SET start = 'on_hold' WHERE id = {_LAST_STEP}",
        f"UPDATE transition SET occurred_at = occurred_at + interval '1 us' WHERE id = {_LAST_STEP}",
        f"UPDATE transition SET recorded_at = recorded_at - interval '1 day' WHERE id = {_LAST_STEP}",
    ),
    "journeys unfinished": (
        "UPDATE referral SET state = 'accepted' WHERE id = (SELECT id FROM referral LIMIT 1)",
        "UPDATE inbox_event SET fate = 'waiting' WHERE id = (SELECT max(id) FROM inbox_event)",
        "UPDATE letter SET state = 'waiting' WHERE id = (SELECT id FROM letter LIMIT 1)",
    ),
    "cases worked by two at once": (
        "UPDATE audit.work SET held = false WHERE nth = (SELECT max(nth) FROM audit.work)",
        _DOUBLE,
        "UPDATE audit.done SET at = at + interval '1 hour'",
    ),
    "writes of a stale desk": ("UPDATE audit.letter SET taken_by = 1 WHERE taken_by IS NOT NULL",),
}


def _another_key(witness: Witness) -> None:
    next(iter(witness.letters.values())).append("00000000-0000-0000-0000-000000000000")


def _another_referral(witness: Witness) -> None:
    next(iter(witness.asked.values())).add("R-0")


def _nothing_came(witness: Witness) -> None:
    witness.letters.clear()


_IN_MEMORY: Final[Mapping[str, tuple[Callable[[Witness], None], ...]]] = {
    "referrals under two keys": (_another_key, _another_referral),
    "letters sent that never arrived": (_nothing_came,),
}


async def blind_spots(connection: Connection, witness: Witness) -> tuple[int, list[str]]:
    """Return how many faults were shown, and which of them the reader did not see."""
    shown, unseen = 0, list[str]()
    before = {name: len(await question(connection, witness)) for name, question in QUESTIONS.items()}
    for name, statements in _IN_THE_DATABASE.items():
        for statement in statements:
            shown += 1
            change = connection.transaction()
            await change.start()
            try:
                await connection.execute("SET LOCAL session_replication_role = replica")
                await connection.execute(statement)
                after = len(await QUESTIONS[name](connection, witness))
            finally:
                await change.rollback()
            unseen += [f"{name}: {statement}"] if after <= before[name] else []
    for name, changes in _IN_MEMORY.items():
        for change in changes:
            shown += 1
            tampered = deepcopy(witness)
            change(tampered)
            after = len(await QUESTIONS[name](connection, tampered))
            unseen += [f"{name}: {change.__name__}"] if after <= before[name] else []
    # A desk that was cut off and wrote all the same.
    shown += 1
    tampered = deepcopy(witness)
    tampered.frozen.add(str(await connection.fetchval("SELECT max(xact)::xid::text FROM audit.done")))
    if len(await QUESTIONS["writes of a stale desk"](connection, tampered)) <= before["writes of a stale desk"]:
        unseen.append("writes of a stale desk: a transaction that was lost")
    return shown, unseen
