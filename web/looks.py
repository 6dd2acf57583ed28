"""Looks at the whole house through its database, for Prometheus: the same from every process, made anew for each page.

Every statement reads an index of what is open or waits: its cost goes with the backlog, never with what is settled.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Row, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog
from models.vocabulary import BreakerState, Desk
from tasks.follow_book import Standing, standings
from web.reach import Budget, DatabaseAway

_INBOX: Final = text(
    "SELECT desk, count(*) AS waiting, min(received_at) AS oldest FROM inbox_event"
    " WHERE fate = 'waiting' AND desk IS NOT NULL GROUP BY desk"
)
#: A letter can go out when it is due, the first of its referral's, and its agency's line is open.
_OUTBOX: Final = text("""
    SELECT letter.desk, count(*) AS waiting, min(created_at) AS oldest,
           min(next_attempt_at) FILTER (
               WHERE next_attempt_at <= :now AND COALESCE(line.breaker, 'closed') = 'closed'
                 AND line.disabled_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM letter AS earlier
                                 WHERE earlier.referral_id = letter.referral_id AND earlier.state = 'waiting'
                                   AND earlier.sequence < letter.sequence)) AS due_since
    FROM letter LEFT JOIN endpoint_health AS line ON line.agency = letter.agency
    WHERE letter.state = 'waiting' GROUP BY letter.desk
""")
_LINES: Final = text("SELECT agency, breaker, disabled_at, credential_alarm_at FROM endpoint_health")
_NOTICES: Final = text("SELECT code, count(*) AS open FROM notice WHERE settled_at IS NULL GROUP BY code")
_SET_ASIDE: Final = text("SELECT desk, count(*) AS journeys FROM set_aside GROUP BY desk")
_SHIFTS: Final = text("SELECT desk, count(*) AS shifts FROM shift WHERE state = 'open' GROUP BY desk")
_HOUSE: Final = text("""
    SELECT (SELECT count(*) FROM letter WHERE state = 'with_person') AS letters,
           (SELECT count(*) FROM inbox_event WHERE fate = 'parked') AS parked,
           (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections,
           current_setting('max_connections')::int AS most_connections
""")


class _Looked(Collector):
    """What one look found, as Prometheus's families."""

    def __init__(self) -> None:
        self.families: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give them."""
        yield from self.families

    def one(self, name: str, help_: str, value: float) -> None:
        """Note a single number."""
        self.families.append(GaugeMetricFamily(name, help_, value=value))

    def by(
        self, name: str, help_: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
    ) -> None:
        """Note numbers by labels."""
        family = GaugeMetricFamily(name, help_, labels=labels)
        for under, value in values:
            family.add_metric(under, value)
        self.families.append(family)


async def look_around(engine: AsyncEngine, catalog: Catalog, now: datetime, seconds: float) -> CollectorRegistry:
    """Return what is so in the house as of a moment (aware); it takes at most twice so many seconds.

    Where the database does not answer, only that stands there: old numbers would look like today's.
    """
    looked, registry = _Looked(), CollectorRegistry()
    registry.register(looked)
    reached = complete = False
    try:
        inbox = await Budget(seconds).repeatably(lambda: _inbox(engine))
        reached = True
        _tell_inbox(looked, inbox, now)
        await Budget(seconds).repeatably(lambda: _rest(engine, looked, catalog, now))
        complete = True
    except (DatabaseAway, ProgrammingError):
        # It is away, or its tables are not (yet) those of this program: readiness says which.
        pass
    looked.one("ieum_database_reachable", "1 if the database answered", reached)
    looked.one("ieum_metrics_complete", "1 if the database answered every look of this page in time", complete)
    return registry


async def _inbox(engine: AsyncEngine) -> list[Row[Any]]:
    async with engine.connect() as connection:
        return list(await connection.execute(_INBOX))


def _tell_inbox(looked: _Looked, rows: list[Row[Any]], now: datetime) -> None:
    found = {row.desk: row for row in rows}
    waiting = [((desk.value,), found[desk].waiting if desk in found else 0) for desk in Desk]
    ages = [((desk.value,), _age(found[desk].oldest if desk in found else None, now)) for desk in Desk]
    looked.by("ieum_inbox_waiting", "Events that wait, by desk", ("desk",), waiting)
    looked.by("ieum_inbox_oldest_seconds", "Age of the oldest waiting event, by desk", ("desk",), ages)


async def _rest(engine: AsyncEngine, looked: _Looked, catalog: Catalog, now: datetime) -> None:
    read = _Looked()
    async with engine.connect() as connection:
        await _outbox(connection, read, now)
        _tell_lines(read, list(await connection.execute(_LINES)))
        codes = dict.fromkeys(catalog.notices, 0) | {row.code: row.open for row in await connection.execute(_NOTICES)}
        read.by("ieum_notices_open", "Open notices, by code", ("code",), [((c,), n) for c, n in codes.items()])
        aside = {row.desk: row.journeys for row in await connection.execute(_SET_ASIDE)}
        read.by("ieum_journeys_set_aside", "Journeys a desk cannot go on with", ("desk",), _by_desk(aside))
        shifts = {row.desk: row.shifts for row in await connection.execute(_SHIFTS)}
        read.by("ieum_shifts_open", "Shifts open in all processes, by desk", ("desk",), _by_desk(shifts))
        house = (await connection.execute(_HOUSE)).one()
        read.one("ieum_letters_with_person", "Letters an agency will not take as they are", house.letters)
        read.one("ieum_events_parked", "Events that were accepted and could not be applied", house.parked)
        read.one("ieum_database_connections", "Connections to this database, of all processes", house.connections)
        read.one("ieum_database_connections_limit", "Connections the server takes", house.most_connections)
        _tell_follow_ups(read, await standings(connection, now))
    # Only now: half of it, and then the same again after a second try, would be worse than none.
    looked.families += read.families


async def _outbox(connection: AsyncConnection, read: _Looked, now: datetime) -> None:
    found = {row.desk: row for row in await connection.execute(_OUTBOX, {"now": now})}
    waiting = {desk: row.waiting for desk, row in found.items()}
    oldest = {desk: _age(row.oldest, now) for desk, row in found.items()}
    due = {desk: _age(row.due_since, now) for desk, row in found.items()}
    read.by("ieum_outbox_waiting", "Letters that have not arrived yet, by desk", ("desk",), _by_desk(waiting))
    read.by("ieum_outbox_oldest_seconds", "Age of the oldest of them, by desk", ("desk",), _by_desk(oldest))
    read.by(
        "ieum_outbox_due_seconds",
        "How long the longest due letter that nothing keeps from going out has waited, by desk",
        ("desk",),
        _by_desk(due),
    )


def _tell_lines(read: _Looked, rows: list[Row[Any]]) -> None:
    read.by(
        "ieum_agency_breaker",
        "1 for the state an agency's circuit breaker is in",
        ("agency", "state"),
        [((row.agency, state.value), row.breaker == state.value) for row in rows for state in BreakerState],
    )
    read.by(
        "ieum_agency_endpoint_disabled",
        "1 if an agency's address answered 410",
        ("agency",),
        [((row.agency,), row.disabled_at is not None) for row in rows],
    )
    read.by(
        "ieum_agency_credential_alarm",
        "1 if an agency refused our seal",
        ("agency",),
        [((row.agency,), row.credential_alarm_at is not None) for row in rows],
    )


def _tell_follow_ups(read: _Looked, stands: list[Standing]) -> None:
    read.by(
        "ieum_follow_up_done_timestamp_seconds",
        "When the last run that came to its end ended, by follow-up (Unix time)",
        ("follow_up",),
        [((each.follow_up.value,), each.done_ended_at.timestamp()) for each in stands if each.done_ended_at],
    )
    read.by(
        "ieum_follow_up_late",
        "1 if a follow-up did not run when it should have",
        ("follow_up",),
        [((each.follow_up.value,), each.late) for each in stands],
    )


def _by_desk(found: dict[str, float]) -> list[tuple[tuple[str, ...], float]]:
    return [((desk.value,), found.get(desk.value, 0)) for desk in Desk]


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
