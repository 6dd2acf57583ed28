"""The self-check: what Ieum has written of a run is held against the reference work, step by step."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import asyncpg

from benchmarks.work import PROGRAMS

_LOG: Final = """
SELECT journey.number, referral.program, referral.number AS referral, referral.state, transition.sequence,
       transition.start, transition.event, transition."end"
FROM journey JOIN referral ON referral.journey_id = journey.id
LEFT JOIN transition ON transition.referral_id = referral.id
WHERE journey.number = ANY($1::text[]) ORDER BY referral.number, transition.sequence
"""
_LETTERS: Final = """
SELECT referral.number, count(*) FILTER (WHERE letter.state = 'sent') AS sent, count(*) AS written
FROM letter JOIN referral ON referral.id = letter.referral_id JOIN journey ON journey.id = referral.journey_id
WHERE journey.number = ANY($1::text[]) AND letter.type = 'referral.requested' GROUP BY referral.number
"""
_ASIDE: Final = """
SELECT (SELECT count(*) FROM set_aside) AS set_aside, (SELECT count(*) FROM inbox_event WHERE fate = 'parked') AS parked
"""
#: What the log of a referral must hold once, and what it may hold once: the agency may speak before it is known here
#: that it has the letter.
_MUST: Final = ("requested", "accepted", "completed")
_MAY: Final = ("drafted", "received")


async def faults_in(reader: "asyncpg.Connection[Any]", numbers: Sequence[str]) -> list[str]:
    """Return what is wrong with what a database holds of these journeys: log, referrals, letters, what lies aside."""
    found = faults_of_log(numbers, await reader.fetch(_LOG, list(numbers)))
    letters = await reader.fetch(_LETTERS, list(numbers))
    found += [f"{row['number']}: asked by {row['written']} letters" for row in letters if row["written"] != 1]
    found += [f"{row['number']}: its letter was not sent" for row in letters if row["sent"] != 1]
    aside = await reader.fetchrow(_ASIDE)
    return found + [f"{count} {what.replace('_', ' ')}" for what, count in dict(aside or {}).items() if count]


def faults_of_log(numbers: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong in the log of journeys: every referral once, every step once and in order.

    Args:
        numbers: Of the journeys.
        rows: One a step: number, program, referral, state, sequence, start, event, end; in order.
    """
    found: list[str] = []
    referrals: dict[str, list[Mapping[str, Any]]] = {}
    programs: dict[str, set[tuple[str, str]]] = {number: set() for number in numbers}
    for row in rows:
        referrals.setdefault(row["referral"], []).append(row)
        programs[row["number"]].add((row["program"], row["referral"]))
    for number, asked in programs.items():
        if Counter(program for program, _ in asked) != Counter(PROGRAMS):
            found.append(f"{number}: asked for {', '.join(sorted(program for program, _ in asked))}")
    for referral, steps in referrals.items():
        events = Counter(step["event"] for step in steps)
        wrong = [event for event in _MUST if events[event] != 1]
        wrong += [event for event, times in events.items() if event not in _MUST and (event not in _MAY or times > 1)]
        if steps[-1]["state"] != "completed" or steps[-1]["end"] != "completed":
            wrong.append("not completed")
        if [step["sequence"] for step in steps] != list(range(1, len(steps) + 1)):
            wrong.append("a step is missing")
        if any(after["start"] != before["end"] for before, after in pairwise(steps)):
            wrong.append("the steps do not follow")
        found += [f"{referral} of {steps[0]['program']}: {', '.join(wrong)}"] if wrong else []
    return found
