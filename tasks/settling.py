"""Settling: a notice ends, because its cause is gone or because a person says that it is done.

What a person settled stays settled while its cause stands, whoever looks again. Once the cause is gone the notice gives
up its key: should the same thing happen anew, it is said anew, and who settled the first one, when and why stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.vocabulary import Desk

#: Longest reason a person may give, in characters.
MOST_WHY: Final = 200
#: Open notices a list shows.
MOST_OPEN: Final = 500
#: Notices of which a prefix of the id is looked for among.
_SEVERAL: Final = 2
#: Hexadecimal digits of an id.
_DIGITS: Final = 32
_HEX: Final = re.compile(r"[0-9a-f]{1,32}")

_NOTICE: Final = text("""
    SELECT n.*, j.number AS journey FROM notice AS n LEFT JOIN journey AS j ON j.id = n.journey_id
    WHERE n.id = :id FOR NO KEY UPDATE OF n
""")
_SETTLE: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = :who, settled_why = :why WHERE id = :id
""")
_OPEN: Final = text("""
    SELECT n.id, n.desk, n.code, n.about, n.raised_at, j.number AS journey, count(*) OVER () AS total
    FROM notice AS n LEFT JOIN journey AS j ON j.id = n.journey_id
    WHERE n.settled_at IS NULL AND (CAST(:desk AS text) IS NULL OR n.desk = :desk)
    ORDER BY n.raised_at, n.id LIMIT :most
""")
_BETWEEN: Final = text("SELECT id FROM notice WHERE id BETWEEN :first AND :last ORDER BY id LIMIT :most")
_ASIDE: Final = text("SELECT event_id FROM set_aside WHERE journey_id = :journey AND desk = :desk")
_PARKED: Final = text("SELECT id FROM inbox_event WHERE id = :id AND fate = 'parked'")
_REFUSED: Final = text("SELECT id FROM letter WHERE id = :id AND state = 'with_person'")


class NotSettled(LookupError):  # noqa: N818 - names what happened
    """The notice stays as it is: there is none, or what it speaks of is stuck, and `mends` says what mends that."""

    def __init__(self, code: Literal["unknown-notice", "notice-stands"], mends: str = "") -> None:
        super().__init__(f"It is mended by: {mends}." if mends else "There is no such notice.")
        self.code = code
        self.mends = mends


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """An open notice in a list; codes and numbers only."""

    id: UUID
    desk: Desk
    code: str
    about: str
    journey: str | None
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledNotice:
    """A notice that is settled: by whom, when, and in which words, where a person said so."""

    id: UUID
    desk: Desk
    code: str
    about: str
    detail: str
    journey: str | None
    raised_at: datetime
    settled_at: datetime
    settled_by: str
    settled_why: str | None
    #: False where it had been settled before.
    fresh: bool


def settle_gone(who: Literal["desk", "follow-up"], those: str) -> str:
    """Return the statement that settles notices whose cause is gone; of those a person settled, it frees the key.

    Args:
        who: Who says that the cause is gone.
        those: The condition, our own words; its parameters are the statement's, besides `now`.
    """
    return f"""
        UPDATE notice
        SET settled_at = COALESCE(settled_at, :now), settled_by = COALESCE(settled_by, '{who}'),
            key = CASE WHEN settled_why IS NULL THEN key ELSE left(key, 263) || ':' || id END
        WHERE {those}
          AND (settled_at IS NULL OR (settled_why IS NOT NULL AND right(key, 36) <> CAST(id AS text)))
    """  # noqa: S608 - both are our own words


async def settle_notice(connection: AsyncConnection, notice: UUID, who: str, why: str, now: datetime) -> SettledNotice:
    """Settle a notice because a person says that it is done; one that is settled stays as it was settled first.

    Args:
        connection: In a transaction.
        notice: Its id.
        who: Code of the person's token or account.
        why: In the person's words, at most `MOST_WHY` characters; kept in our tables alone. No personal data.
        now: Aware.

    Raises:
        NotSettled: `unknown-notice`; `notice-stands`: it speaks of something stuck, which is mended, not settled.
    """
    row = (await connection.execute(_NOTICE, {"id": notice})).mappings().one_or_none()
    if row is None:
        raise NotSettled("unknown-notice")
    fresh = row["settled_at"] is None
    known: dict[str, Any] = dict(row)
    if fresh:
        mends = await _mended_by(connection, known)
        if mends is not None:
            raise NotSettled("notice-stands", mends)
        settled = {"settled_at": now, "settled_by": who[:64], "settled_why": why[:MOST_WHY]}
        await connection.execute(_SETTLE, {"id": notice, "now": now, "who": who[:64], "why": why[:MOST_WHY]})
        known |= settled
    names = SettledNotice.__dataclass_fields__.keys() - {"fresh", "desk"}
    return SettledNotice(desk=Desk(known["desk"]), fresh=fresh, **{name: known[name] for name in names})


async def find_notices(connection: AsyncConnection, prefix: str) -> list[UUID]:
    """Return the notices whose id begins so; of several, two.

    Args:
        connection: To the house's database.
        prefix: Hexadecimal digits, hyphens wherever they are.

    Raises:
        ValueError: It is no beginning of an id.
    """
    digits = prefix.replace("-", "").lower()
    if not _HEX.fullmatch(digits):
        message = "an id has 32 hexadecimal digits"
        raise ValueError(message)
    first, last = UUID(hex=digits.ljust(_DIGITS, "0")), UUID(hex=digits.ljust(_DIGITS, "f"))
    found = await connection.execute(_BETWEEN, {"first": first, "last": last, "most": _SEVERAL})
    return list(found.scalars())


async def list_open(connection: AsyncConnection, desk: Desk | None = None) -> tuple[list[OpenLine], int]:
    """Return the open notices of all desks, or of one, the oldest first, at most `MOST_OPEN`; and how many they are."""
    parameters = {"desk": None if desk is None else desk.value, "most": MOST_OPEN}
    rows: Sequence[Any] = (await connection.execute(_OPEN, parameters)).all()
    lines = [
        OpenLine(
            id=row.id,
            desk=Desk(row.desk),
            code=row.code,
            about=row.about,
            journey=row.journey,
            raised_at=row.raised_at,
        )
        for row in rows
    ]
    return lines, rows[0].total if rows else 0


async def _mended_by(connection: AsyncConnection, notice: dict[str, Any]) -> str | None:
    """Return the command that mends what a notice speaks of, or None where nothing of it is stuck (any more)."""
    match notice["code"]:
        case "journey_set_aside":
            where = {"journey": notice["journey_id"], "desk": notice["desk"]}
            aside = (await connection.execute(_ASIDE, where)).one_or_none()
            return None if aside is None else _of_event(aside.event_id)
        case "event_parked":
            # `models.hearing`: the referral's number, and the event's.
            event = int(notice["about"].rpartition(" ")[2])
            parked = (await connection.execute(_PARKED, {"id": event})).one_or_none()
            return None if parked is None else _of_event(event)
        case "letter_refused":
            # `tasks.results`: the code, and the letter's key.
            letter = UUID(notice["key"].partition(":")[2])
            refused = (await connection.execute(_REFUSED, {"id": letter})).one_or_none()
            about = notice["about"]
            resend = f"ieum letter resend {about}"
            return None if refused is None else f"{resend}, or ieum letter set-aside {about} --why WHY"
        case _:
            return None


def _of_event(event: int | None) -> str:
    which = "ID" if event is None else str(event)
    return f"ieum event replay {which}, or ieum event set-aside {which} --why WHY"
