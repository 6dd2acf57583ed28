"""The agencies' lines as every machine sees them: endpoints and breakers, read and kept in the database.

Every function here raises `sqlalchemy.exc.SQLAlchemyError` where the database is away.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.breaker import Health, before_call, may_call
from models.vocabulary import BreakerState

_UNWELL: Final = text("""
    SELECT agency, breaker, failures, opened_at, disabled_at, credential_alarm_at FROM endpoint_health
    WHERE breaker <> 'closed' OR failures > 0 OR disabled_at IS NOT NULL OR credential_alarm_at IS NOT NULL
""")
_BEGIN: Final = text("""
    INSERT INTO endpoint_health (agency, breaker, failures, changed_at)
    SELECT code, 'closed', 0, :now FROM agency WHERE code = ANY(:agencies) ORDER BY code
    ON CONFLICT (agency) DO NOTHING
""")
_LOCK: Final = text("""
    SELECT agency, breaker, failures, opened_at, disabled_at FROM endpoint_health
    WHERE agency = ANY(:agencies) ORDER BY agency FOR UPDATE
""")
_ENDPOINTS: Final = text("SELECT code, url FROM agency")
_KEEP: Final = text("""
    INSERT INTO endpoint_health (agency, breaker, failures, opened_at, disabled_at, changed_at)
    VALUES (:agency, :breaker, :failures, :opened_at, :disabled_at, :now)
    ON CONFLICT (agency) DO UPDATE SET breaker = excluded.breaker, failures = excluded.failures,
        opened_at = excluded.opened_at, changed_at = excluded.changed_at,
        disabled_at = COALESCE(endpoint_health.disabled_at, excluded.disabled_at)
""")
_PROBE: Final = text("""
    UPDATE endpoint_health SET breaker = :probing, opened_at = :probing_since, changed_at = :now
    WHERE agency = :agency AND breaker = :breaker AND opened_at IS NOT DISTINCT FROM :opened_at
    RETURNING agency
""")
_ALARM: Final = text("""
    INSERT INTO endpoint_health (agency, breaker, failures, credential_alarm_at, changed_at)
    VALUES (:agency, 'closed', 0, :now, :now)
    ON CONFLICT (agency) DO UPDATE SET credential_alarm_at = COALESCE(endpoint_health.credential_alarm_at, :now)
""")


_CALM: Final = text("UPDATE endpoint_health SET credential_alarm_at = NULL WHERE agency = :agency")
_MOVE: Final = text("""
    WITH before AS (SELECT code, url FROM agency WHERE code = :agency FOR NO KEY UPDATE)
    UPDATE agency SET url = :url FROM before WHERE agency.code = before.code RETURNING before.url
""")
#: Whoever is left in the old mailbox reads nothing more.
_END_LINKS: Final = text("""
    UPDATE agency_link SET ended_at = :now, ended_why = 'moved' WHERE agency = :agency AND ended_at IS NULL
""")
#: Oldest first. What is just being settled, or under way, is left to whoever has it.
_HASTEN: Final = text("""
    UPDATE letter SET next_attempt_at = created_at
    WHERE id IN (
        SELECT id FROM letter
        WHERE agency = ANY(:agencies) AND state = 'waiting' AND first_try_at IS NOT NULL
          AND (leased_until IS NULL OR leased_until <= :now)
        FOR NO KEY UPDATE SKIP LOCKED
    )
""")
_OPEN_AGAIN: Final = text("""
    UPDATE endpoint_health SET breaker = 'closed', failures = 0, opened_at = NULL, disabled_at = NULL, changed_at = :now
    WHERE agency = :agency
""")


@dataclass(frozen=True, slots=True)
class Lines:
    """Which agencies may be written to now.

    Attributes:
        closed: Not to be written to.
        probing: Open or half-open breakers whose pause is over: one letter may go out.
        health: What is known of the lines that are not simply well.
        alarmed: Agencies that refused our seal and have taken no letter since.
    """

    closed: frozenset[str]
    probing: frozenset[str]
    health: dict[str, Health]
    alarmed: frozenset[str]


async def look_at_lines(connection: AsyncConnection, now: datetime) -> Lines:
    """Return how the agencies' lines are; only those that are not well are read."""
    rows: Sequence[Any] = (await connection.execute(_UNWELL)).all()
    alarmed = frozenset(row.agency for row in rows if row.credential_alarm_at is not None)
    health = {row.agency: _health(row) for row in rows}
    broken = {agency for agency, known in health.items() if known.disabled or known.state is not BreakerState.CLOSED}
    probing = {agency for agency in broken if may_call(health[agency], now)}
    return Lines(frozenset(broken - probing), frozenset(probing), health, alarmed)


async def lock_lines(connection: AsyncConnection, agencies: Iterable[str], now: datetime) -> dict[str, Health]:
    """Return how these agencies' lines are, and keep everybody else from deciding about them until the end.

    Args:
        connection: In a transaction; its locks are taken in the order of the codes, so that two never wait crosswise.
        agencies: Codes; one that is not connected is left out of the answer.
        now: Aware.
    """
    parameters = {"agencies": sorted(agencies)}
    await connection.execute(_BEGIN, {**parameters, "now": now})
    rows: Sequence[Any] = (await connection.execute(_LOCK, parameters)).all()
    return {row.agency: _health(row) for row in rows}


def _health(row: Any) -> Health:  # noqa: ANN401 - a row of the database
    return Health(BreakerState(row.breaker), row.failures, row.opened_at, row.disabled_at is not None)


async def begin_probe(connection: AsyncConnection, agency: str, health: Health, now: datetime) -> bool:
    """Let this process be the one that sends the probe; False where another was quicker."""
    probing = before_call(health, now)
    taken = await connection.execute(
        _PROBE,
        {
            "agency": agency,
            "breaker": health.state.value,
            "opened_at": health.opened_at,
            "probing": probing.state.value,
            "probing_since": probing.opened_at,
            "now": now,
        },
    )
    return taken.scalar() is not None


async def keep(connection: AsyncConnection, agency: str, health: Health, now: datetime) -> None:
    """Keep what was decided about a line."""
    await connection.execute(
        _KEEP,
        {
            "agency": agency,
            "breaker": health.state.value,
            "failures": health.failures,
            "opened_at": health.opened_at,
            "disabled_at": now if health.disabled else None,
            "now": now,
        },
    )


async def raise_credential_alarm(connection: AsyncConnection, agency: str, now: datetime) -> None:
    """Note that an agency refuses our seal, the first time it does."""
    await connection.execute(_ALARM, {"agency": agency, "now": now})


async def clear_credential_alarm(connection: AsyncConnection, agency: str) -> None:
    """Note that an agency takes our seal again."""
    await connection.execute(_CALM, {"agency": agency})


async def hasten(connection: AsyncConnection, agencies: Collection[str], now: datetime) -> None:
    """Let what waits for these agencies be due now, because their lines are well again."""
    if agencies:
        await connection.execute(_HASTEN, {"agencies": sorted(agencies), "now": now})


async def move_endpoint(connection: AsyncConnection, agency: str, url: str, now: datetime) -> bool:
    """Give a connected agency's endpoint a new address, and open its line again; links sent to another one end.

    What waits for it is due now.

    Args:
        connection: In a transaction.
        agency: Catalog code.
        url: Where its letters go from now on.
        now: Aware.

    Returns:
        False where the agency is not connected.
    """
    moved = await connection.execute(_MOVE, {"agency": agency, "url": url})
    before = moved.one_or_none()
    if before is None:
        return False
    if before.url != url:
        await connection.execute(_END_LINKS, {"agency": agency, "now": now})
    await connection.execute(_OPEN_AGAIN, {"agency": agency, "now": now})
    await hasten(connection, [agency], now)
    return True


async def endpoints(connection: AsyncConnection) -> dict[str, str | None]:
    """Return the URLs of connected agencies by code; None for one that is only mirrored."""
    rows: Iterable[Any] = await connection.execute(_ENDPOINTS)
    return {row.code: row.url for row in rows}
