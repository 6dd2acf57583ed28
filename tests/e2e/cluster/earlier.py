"""An earlier version of the house, taken out of the repository's history, to be worked beside this one."""

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory

from deployments.processes import last_lines, run_whole
from models.database import MIGRATIONS
from tests.e2e.cluster.shipped import HOUSE

#: Says from which folder a process takes our code.
_WHENCE: Final = "import tasks; print(tasks.__file__)"


class NoSuchVersion(Exception):  # noqa: N818 - it names what happened
    """The revision cannot be had, or its code is not what would run; the text says what to do."""


async def begin_with(revision: str, folder: Path, environment: Mapping[str, str], log: Path) -> str:
    """Put the code of a revision into a folder, and its tables into an empty database; return its full name.

    Args:
        revision: As git reads it.
        folder: Made anew.
        environment: Names the database; nothing else is passed on.
        log: What its command says.

    Raises:
        NoSuchVersion: It cannot be had, its tables are today's, or they cannot be made.
    """
    named = await asyncio.to_thread(unpack, revision, folder)
    if _newest(folder / MIGRATIONS.relative_to(HOUSE)) == _newest(MIGRATIONS):
        message = f"{named} has today's tables: name a revision from before their last change"
        raise NoSuchVersion(message)
    set_here = [f"{name}={value}" for name, value in runs_from(folder, environment).items()]
    if await run_whole(["/usr/bin/env", "-i", *set_here, Path(sys.executable).parent / "ieum", "migrate"], log) != 0:
        message = f"the tables of {named} could not be made; see {log}\n{last_lines(log)}"
        raise NoSuchVersion(message)
    return named


def unpack(revision: str, folder: Path) -> str:
    """Put the code of a revision into an empty folder; return the revision's full name.

    Raises:
        NoSuchVersion: Git is not here, or knows no such revision; or this environment would run other code.
    """
    try:
        named = _git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
        packed = _git("archive", "--format=tar", named)
    except (OSError, subprocess.CalledProcessError):
        message = f"no revision {revision!r} can be taken out of this checkout: it needs git and the whole history"
        raise NoSuchVersion(message) from None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")
    ran = subprocess.run(
        [sys.executable, "-c", _WHENCE],
        env=runs_from(folder, os.environ),
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if not ran.stdout.startswith(str(folder)):
        message = f"code of {named} would not be run, but {ran.stdout.strip() or ran.stderr.strip()}"
        raise NoSuchVersion(message)
    return named


def runs_from(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which our code is that of a folder; its packages are this environment's."""
    return {**environment, "PYTHONPATH": str(folder)}


def _newest(migrations: Path) -> str | None:
    return ScriptDirectory(str(migrations)).get_current_head()


def _git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", HOUSE, *words], capture_output=True, check=True).stdout  # noqa: S607 - fixed
