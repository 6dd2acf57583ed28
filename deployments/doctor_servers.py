"""The doctor's look at servers: the doors' port, the database with its tables and clock, the Prefect server."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from agencies.keyring import Keyring
from agencies.post import try_line
from deployments.clocks import in_seoul, machine_clock
from deployments.cluster import Cluster, DatabaseAway
from deployments.postgres import PostgresError
from deployments.processes import free_port, remembered_number
from deployments.safe import open_safe
from deployments.tools import mail_server_of
from models.database import alembic_config, close_engine
from models.vocabulary import FollowUpState
from settings import Settings
from tasks.follow_book import Standing, standings
from web.waiting import count_waiting

#: Further apart than this, signatures begin to fail (they hold five minutes).
CLOCKS_APART_SECONDS: Final = 30

#: PostgreSQL's code for "no such database" (SQLSTATE, appendix A of its manual).
NO_SUCH_DATABASE: Final = "3D000"


@dataclass(frozen=True, slots=True)
class Check:
    """One part looked at; `remedy` is empty where it is well."""

    part: str
    ok: bool
    said: str
    remedy: str = ""


def well(part: str, said: str) -> Check:
    """Return the finding that a part is well."""
    return Check(part, ok=True, said=said)


def wrong(part: str, said: str, remedy: str) -> Check:
    """Return the finding that a part is wrong, with what to do."""
    return Check(part, ok=False, said=said, remedy=remedy)


def door(settings: Settings) -> Check:
    """Look whether the doors' port can be had."""
    if remembered_number(settings.state_folder / "up" / "lock") and free_port(settings.door_port) != settings.door_port:
        return well("Door port", f"{settings.door_port} is in use, by 'ieum up' it seems")
    if free_port(settings.door_port) == settings.door_port:
        return well("Door port", f"{settings.door_port} is free")
    return wrong("Door port", f"{settings.door_port} is taken", "stop what listens there, or set IEUM_DOOR_PORT")


async def mail(settings: Settings) -> Check:
    """Look whether the mail server takes our name and password; no mail is sent."""
    server = mail_server_of(settings)
    if server is None:
        return well("Mail", "no server is named (IEUM_SMTP_HOST); letters to agencies that read mail come to a person")
    where = f"{server.host}:{server.port}, {server.tls}, as {server.user or 'nobody'}, from {server.sender}"
    refused = await try_line(server)
    if refused is None:
        return well("Mail", f"{where}: answers; links open for {settings.link_days} days")
    return wrong("Mail", f"{where}: {refused.why}", "see that it runs, and what IEUM_SMTP_… say (docs/settings.md)")


async def database(settings: Settings) -> AsyncIterator[Check]:
    """Look at the database, its migrations and its clock; the private one is started for the look."""
    try:
        async with Cluster(settings, lambda _: None) as cluster:
            engine = create_async_engine(cluster.url(cluster.main), connect_args={"timeout": 5})
            try:
                async with engine.connect() as connection:
                    told: datetime = (await connection.execute(text("SELECT now()"))).scalar_one()
                    known = await connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
                    at = None
                    if known.scalar_one():
                        at = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
                    head = ScriptDirectory.from_config(alembic_config(cluster.url(cluster.main))).get_current_head()
                    waiting = await count_waiting(connection) if at == head else None
                    stands = await standings(connection, machine_clock()) if at == head else []
                    shut = await _unreadable(settings, connection) if at == head else []
            finally:
                await close_engine(engine)
            yield well("Database", f"'{cluster.main}' answers")
            yield (
                well("Migrations", f"at the head, {head}")
                if at == head
                else wrong("Migrations", f"at {at or 'nothing'}, the head is {head}", "run 'ieum migrate'")
            )
            yield _clock(told)
            if waiting is not None:
                yield for_a_person(*waiting)
                yield agency_keys(shut)
                yield follow_ups(stands)
    except (DatabaseAway, PostgresError) as away:
        yield wrong("Database", str(away).partition("\n")[0], "mend what it says")
    except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is the finding
        missing = NO_SUCH_DATABASE in {
            getattr(error, "sqlstate", None),
            getattr(getattr(error, "orig", None), "sqlstate", None),
        }
        if missing and settings.database() is None:
            yield well("Database", "is made by the first 'ieum up' or 'ieum migrate'")
        elif missing:
            yield wrong("Database", "the server has none of that name", "create it, then run 'ieum migrate'")
        else:
            yield wrong("Database", f"it does not answer ({type(error).__name__})", "see that it runs and may be used")


def agency_keys(shut: Sequence[str] | None) -> Check:
    """Say whether every agency's live keys can be opened with the master key there is."""
    if shut is None:
        return well("Agency keys", "no master key is made yet")
    if shut:
        remedy = "put the right master key back, or 'ieum agency rotate CODE' in both directions (docs/runbook.md)"
        return wrong("Agency keys", f"cannot be opened: {', '.join(shut)}", remedy)
    return well("Agency keys", "every live key can be opened")


async def _unreadable(settings: Settings, connection: AsyncConnection) -> list[str] | None:
    if settings.master_key is None and not (settings.state_folder / "secrets" / "master-key").exists():
        return None
    return await Keyring(open_safe(settings).master_key).unreadable(connection, machine_clock())


def for_a_person(notices: int, parked: int, letters: int) -> Check:
    """Say what waits for a person: a finding to know of, never a fault of the installation."""
    if not notices + parked + letters:
        return well("For a person", "nothing waits")
    said = f"open notices: {notices}, parked events of no journey: {parked}, letters: {letters}"
    return well("For a person", f"{said}; GET /api/notices lists them, docs/runbook.md says what to do")


def follow_ups(stands: Sequence[Standing]) -> Check:
    """Say whether every follow-up ran when it should have, by our own tables."""
    late = [each for each in stands if each.late]
    if late:
        said = "; ".join(
            f"{each.follow_up} last done {in_seoul(each.done_ended_at) if each.done_ended_at else 'never'}"
            + (", its last run broke off" if each.state is FollowUpState.BROKEN else "")
            for each in late
        )
        remedy = "see that 'ieum up' or a worker runs; 'ieum follow-up run NAME' runs one now (docs/runbook.md)"
        return wrong("Follow-ups", f"late: {said}", remedy)
    first = min(stands, key=lambda each: each.next_at)
    return well("Follow-ups", f"none is late; next {first.follow_up} at {in_seoul(first.next_at)} in Seoul")


def _clock(told: datetime) -> Check:
    apart = abs((machine_clock() - told.astimezone(UTC)).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        return wrong("Clock", f"{apart:.0f} s off the database's", "set both by NTP; signatures hold five minutes")
    return well("Clock", f"within {max(apart, 0.1):.1f} s of the database's")


async def prefect(settings: Settings) -> Check:
    """Look whether the Prefect server answers."""
    folder = settings.state_folder / "up" / "prefect"
    port = remembered_number(folder / "port")
    named = settings.prefect_api_url
    url = named or (f"http://127.0.0.1:{port}/api" if port else None)
    if url is None:
        return well("Prefect server", "is started by 'ieum up'")
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as asker:
            answer = await asker.get(f"{url}/health")
    except httpx.HTTPError as error:
        if named is None:
            return well("Prefect server", "is not running; 'ieum up' starts it")
        return wrong("Prefect server", f"{url}: {type(error).__name__}", "start it, or mend IEUM_PREFECT_API_URL")
    if answer.is_success:
        return well("Prefect server", f"answers at {url}")
    return wrong("Prefect server", f"{url} answered {answer.status_code}", "see its log")
