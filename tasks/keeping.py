"""Keeping: what need not be kept any longer goes, in small transactions that can break off anywhere.

What the events in the inbox said goes after its time. Their ids stay, so that a repeated event is known, until nothing
may be heard of their journey any more, because its client was forgotten: then they go after their time, too. Settled
notices, old links, old runs of the follow-ups and of Prefect go; clients whose time is over are forgotten
(`tasks/forgetting.py`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx
from prefect.exceptions import PrefectException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog import Catalog
from models.counting import day_of
from models.inbox import OVER as OVER_IDS
from models.keeping import began_before
from tasks.follow_report import FollowReport
from tasks.forgetting import forget
from tasks.old_runs import prefect_is_known, remove_old_runs
from tasks.toolbox import Toolbox

#: Rows changed in one transaction, and of one kind in one run.
BATCH: Final = 1_000
MOST: Final = 200_000

#: Which rows of each kind are over their time, the oldest first.
OVER: Final[Mapping[str, str]] = {
    # What a merge came to is its only account: numbers and names of facts, kept until the client is forgotten.
    "inbox_data": """
        SELECT id FROM inbox_event
        WHERE fate IN ('applied', 'already_known', 'older', 'dropped') AND data <> CAST('{}' AS jsonb)
          AND received_at < :before AND word <> 'merged'
        ORDER BY received_at LIMIT :most""",
    # Of a client who was forgotten nothing is heard any more, so no repeated event need be known; nor of nobody, where
    # a person has decided. Whoever ended in a journey that lives may be heard of still.
    "inbox_ids": f"""
        SELECT id FROM inbox_event
        WHERE {OVER_IDS} AND received_at < :before AND NOT EXISTS (
            SELECT 1 FROM journey JOIN journey AS stays ON stays.id = journey.merged_into
            JOIN client ON client.id = stays.client_id
            WHERE journey.id = inbox_event.journey_id AND client.forgotten_at IS NULL
        )
        ORDER BY received_at LIMIT :most""",  # noqa: S608 - the condition is our own constant
    # What a person set aside for good keeps its reason until the client is forgotten; and what a rule of an open
    # journey wants must not be said again because it was taken away.
    "notices": """
        SELECT id FROM notice
        WHERE settled_at < :before AND settled_at IS NOT NULL AND code <> 'event_set_aside'
          AND NOT EXISTS (
              SELECT 1 FROM referral WHERE referral.journey_id = notice.journey_id
                AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                                  'entered_in_error')
          )
        ORDER BY settled_at LIMIT :most""",
    # The latest whole run of each follow-up stays: the next one may go by it.
    "follow_up_runs": """
        SELECT number FROM follow_up_run AS old
        WHERE began_at < :before AND EXISTS (
            SELECT 1 FROM follow_up_run AS later
            WHERE later.follow_up = old.follow_up AND later.state = 'done' AND later.number > old.number
        )
        ORDER BY number LIMIT :most""",
    # Whoever follows one is told for so long that it is over; then it is no page at all. The last one that was sent of
    # an open referral stays: a new one is asked for there, and a person told that none opens.
    "agency_links": """
        SELECT id FROM agency_link AS link
        WHERE ended_at < :before AND ended_at IS NOT NULL AND (sent_at IS NULL OR EXISTS (
            SELECT 1 FROM agency_link AS later
            WHERE later.referral_id = link.referral_id AND later.agency = link.agency
              AND later.made_at > link.made_at AND later.sent_at IS NOT NULL
        ) OR NOT EXISTS (
            SELECT 1 FROM referral WHERE referral.id = link.referral_id AND referral.agency = link.agency
              AND state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed',
                                'entered_in_error')
        ))
        ORDER BY ended_at LIMIT :most""",
}
_COUNTED: Final[Mapping[str, str]] = {
    "inbox_data": "events_emptied",
    "inbox_ids": "event_ids_dropped",
    "notices": "notices_dropped",
    "follow_up_runs": "follow_up_runs_dropped",
    "agency_links": "agency_links_dropped",
}
_LET_GO: Final[Mapping[str, str]] = {
    "inbox_data": "UPDATE inbox_event SET data = '{}' WHERE id IN",
    "inbox_ids": "DELETE FROM inbox_event WHERE id IN",
    "notices": "DELETE FROM notice WHERE id IN",
    "follow_up_runs": "DELETE FROM follow_up_run WHERE number IN",
    "agency_links": "DELETE FROM agency_link WHERE id IN",
}


@dataclass(slots=True)
class Kept:
    """What a keeping came to: counts, and the numbers of the journeys whose clients were forgotten."""

    counts: Counter[str] = field(default_factory=Counter[str])
    journeys: list[str] = field(default_factory=list[str])


async def keep(tools: Toolbox, now: datetime) -> FollowReport:
    """Let go of what need not be kept any longer.

    Args:
        tools: The toolbox in use.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; what was done before stands.
    """
    days = tools.prefect_keep_days
    span = timedelta(days=days) if days is not None and prefect_is_known() else None
    kept = await let_go(tools.engine, tools.catalog, now, span)
    report = FollowReport()
    for number in kept.journeys:
        report.tell("journeys_forgotten", journey=number)
    report.counts.update(kept.counts)
    return report


async def let_go(
    engine: AsyncEngine, catalog: Catalog, now: datetime, prefect_span: timedelta | None, *, dry_run: bool = False
) -> Kept:
    """Let go of everything whose time is over, and return what came of it.

    Args:
        engine: The database.
        catalog: For the rules.
        now: Aware.
        prefect_span: How long Prefect's runs are kept; None leaves Prefect alone.
        dry_run: Only count, and change nothing.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away; what was done before stands.
    """
    kept = Kept()
    for rule in catalog.keeping.values():
        if rule.what in OVER and rule.length is not None:
            count = _count if dry_run else _batches
            kept.counts[_COUNTED[rule.what]] += await count(engine, rule.what, began_before(day_of(now), rule.length))
    forgotten = await forget(engine, catalog, now, dry_run=dry_run)
    kept.journeys = forgotten.journeys
    kept.counts["clients_forgotten"] += forgotten.clients.total()
    kept.counts.update({f"clients_forgotten_after_{rule}": count for rule, count in forgotten.clients.items()})
    kept.counts.update({f"clients_held_by_{why}": count for why, count in forgotten.held.items()})
    if prefect_span is not None:
        try:
            kept.counts["prefect_runs_removed"] += await remove_old_runs(now - prefect_span, dry_run=dry_run)
        except (PrefectException, httpx.HTTPError):
            kept.counts["prefect_away"] += 1
    return kept


async def _count(engine: AsyncEngine, what: str, before: datetime) -> int:
    """Count the rows of a kind that one run would let go."""
    statement = text(f"SELECT count(*) FROM ({OVER[what]}) AS over")  # noqa: S608 - our own words, above
    async with engine.connect() as connection:
        return int((await connection.execute(statement, {"before": before, "most": MOST})).scalar_one())


async def _batches(engine: AsyncEngine, what: str, before: datetime) -> int:
    """Let the rows of a kind go batch by batch, until none is left or the run has done enough; return how many."""
    lock = "FOR NO KEY UPDATE SKIP LOCKED" if what == "inbox_data" else "FOR UPDATE SKIP LOCKED"
    statement = text(f"{_LET_GO[what]} ({OVER[what]} {lock})")
    done = 0
    while done < MOST:
        async with engine.begin() as connection:
            changed = (await connection.execute(statement, {"before": before, "most": BATCH})).rowcount
        done += changed
        if changed < BATCH:
            break
    return done
