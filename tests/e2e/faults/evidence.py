"""The evidence after the faults: what was acknowledged is there, nothing went out under two keys, all is finished."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from flows.desks import DESKS
from tests.e2e.faults import log_check
from tests.e2e.faults.stage import Stage
from tests.e2e.faults.walk_in import ENDS, LAST_MILESTONE, MAY_BE_MISSING, expected_programs
from tests.properties import checker


async def lost_webhooks(stage: Stage) -> tuple[int, list[str]]:
    """Return how many messages some door acknowledged, and the ids of those that are in no inbox."""
    acknowledged = {
        (f"agency:{said['agency']}", said["id"])
        for said in await stage.sandbox.said()
        if any(each.get("status") in range(200, 300) for each in said["tries"])
    }
    kept = {(source, id_) for source, id_ in await stage.rows("SELECT source, source_id FROM inbox_event")}
    return len(acknowledged), sorted(id_ for _, id_ in acknowledged - kept)


async def lost_intakes(stage: Stage) -> list[str]:
    """Return the numbers that a door gave out and no journey has; and keys that opened two journeys."""
    rows = await stage.rows("SELECT number, intake_key FROM journey")
    numbers = {number for number, _ in rows}
    lost = [number for number in stage.opened.values() if number not in numbers]
    return lost + [key for key, count in Counter(key for _, key in rows).items() if count > 1]


async def unfinished(stage: Stage) -> list[str]:
    """Return, for each journey that did not come to its scripted end, what is wrong with it."""
    found: defaultdict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    rows = await stage.rows(
        "SELECT journey.number, program, state, outcome FROM journey"
        " LEFT JOIN referral ON referral.journey_id = journey.id ORDER BY referral.number"
    )
    for journey, program, state, outcome in rows:
        if program is not None:
            found[journey].append((program, state, outcome))
    wrong = [f"{number}: no such journey" for number in stage.opened.values() if number not in {r[0] for r in rows}]
    for journey in stage.opened.values():
        programs = Counter(program for program, _, _ in found[journey])
        wanted = expected_programs(stage.needs[journey])
        wrong += [f"{journey}: {program} was never referred to" for program in sorted(wanted - set(programs))]
        extra = set(programs) - wanted - MAY_BE_MISSING
        wrong += [f"{journey}: {program} was not wanted" for program in sorted(extra)]
        wrong += [f"{journey}: {program} {count} times" for program, count in programs.items() if count > 1]
        wrong += [
            f"{journey}: {program} ended {state}/{outcome}"
            for program, state, outcome in found[journey]
            if (state, outcome) not in ENDS[program]
        ]
    return wrong + await _without_last_milestone(stage)


async def unexplained(stage: Stage) -> list[str]:
    """Return what two independent readers of the log find that it does not explain, when all is quiet."""
    async with stage.engine.connect() as connection:
        return [*await log_check.check_log(connection), *await checker.check_log(connection, quiet=True)]


async def _without_last_milestone(stage: Stage) -> list[str]:
    wanted = LAST_MILESTONE
    rows = await stage.rows(
        "SELECT number, program, array(SELECT code FROM milestone WHERE milestone.referral_id = referral.id)"
        " FROM referral WHERE program = ANY(:programs)",
        programs=list(wanted),
    )
    return [f"{number}: not {wanted[program]}" for number, program, got in rows if wanted[program] not in got]


async def open_ends(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    """Return what still waits, is set aside or is parked without a reason to be, and shifts of dead processes.

    Events are parked lawfully only where the center withdrew a placement while the agency was speaking about it.
    """
    questions = {
        "events that wait": "SELECT id, desk, word FROM inbox_event WHERE fate IN ('waiting', 'held_back')",
        "letters that wait": "SELECT id, agency, type, state FROM letter WHERE state IN ('waiting', 'with_person')",
        "journeys set aside": "SELECT desk, reason, detail FROM set_aside",
        "events parked": "SELECT i.id, i.word, i.fate_reason, r.program, r.state FROM inbox_event i"
        " LEFT JOIN referral r ON r.number = i.referral_number WHERE i.fate = 'parked'"
        " AND NOT coalesce(r.program = 'job-placement' AND r.state IN ('cancelled', 'completed')"
        " AND i.fate_reason = 'no_road', false)",
        "open shifts of the dead": "SELECT number, desk FROM shift WHERE state = 'open' AND process <>"
        " (SELECT process FROM shift ORDER BY number DESC LIMIT 1)",
    }
    return {name: rows for name, sql in questions.items() if (rows := await stage.rows(sql))}


async def flow_runs(prefect_database_url: str, since: datetime) -> Counter[str]:
    """Count the desks' Prefect runs made since then by state, straight from Prefect's own database."""
    return await _runs(prefect_database_url, _FLOW_RUNS, since)


async def task_runs(prefect_database_url: str, since: datetime) -> Counter[str]:
    """Count the task runs of those runs by state."""
    return await _runs(prefect_database_url, _TASK_RUNS, since)


_FLOW_RUNS: Final = text("""
    SELECT coalesce(flow_run.state_type::text, 'NONE'), count(*) FROM flow_run JOIN flow ON flow.id = flow_run.flow_id
    WHERE flow.name = ANY(:names) AND flow_run.created >= :since GROUP BY 1
""")
_TASK_RUNS: Final = text("""
    SELECT coalesce(task_run.state_type::text, 'NONE'), count(*) FROM task_run
    JOIN flow_run ON flow_run.id = task_run.flow_run_id JOIN flow ON flow.id = flow_run.flow_id
    WHERE flow.name = ANY(:names) AND flow_run.created >= :since GROUP BY 1
""")


async def _runs(url: str, question: TextClause, since: datetime) -> Counter[str]:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            names = [entry.flow.name for entry in DESKS.values()]
            found = await connection.execute(question, {"names": names, "since": since})
            return Counter({str(row[0]): int(row[1]) for row in found.all()})
    finally:
        await engine.dispose()
