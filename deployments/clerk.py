"""The clerk: settles by a person's word the events that no desk could apply. Nothing is deleted, every row says why."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.database import BELL

_EVENT: Final = text(
    "SELECT id, desk, journey_id, referral_number, fate, fate_reason FROM inbox_event WHERE id = :id FOR UPDATE"
)
_ROUTE: Final = text("SELECT desk, journey_id FROM referral WHERE number = :number")
_WAIT: Final = text(
    "UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL, desk = :desk, journey_id = :journey"
    " WHERE id = :id"
)
_WAIT_ALL: Final = text(
    "UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL"
    " WHERE journey_id = :journey AND desk = :desk AND fate = 'held_back'"
)
_DROP: Final = text("UPDATE inbox_event SET fate = 'dropped', fate_reason = :reason, fate_at = :now WHERE id = :id")
_TAKE_UP: Final = text("DELETE FROM set_aside WHERE journey_id = :journey AND desk = :desk")
_SETTLE: Final = text(
    "UPDATE notice SET settled_at = :now, settled_by = :who WHERE settled_at IS NULL AND journey_id = :journey AND ("
    " (code = 'journey_set_aside' AND desk = :desk AND :taken_up) OR (code = 'event_parked' AND about = :number"
    " AND NOT EXISTS (SELECT 1 FROM inbox_event e WHERE e.referral_number = :number AND e.fate = 'parked')))"
)
_RING: Final = text("SELECT pg_notify(:bell, :desk)")


class CannotSettle(Exception):  # noqa: N818 - it names what happened
    """This event is not one a person can decide about; the text is one sentence."""


async def hear_again(connection: AsyncConnection, event: int, who: str, now: datetime) -> str:
    """Let a parked or held-back event wait again; a journey that its desk had set aside is taken up again.

    Raises:
        CannotSettle: there is no such event, it is settled, or still nobody knows its referral.
    """
    row = await _open_event(connection, event)
    desk, journey = row["desk"], row["journey_id"]
    if desk is None:
        known = (await connection.execute(_ROUTE, {"number": row["referral_number"]})).first()
        if known is None:
            raise CannotSettle(f"Event {event} speaks of a referral that nobody knows; set it aside, or wait for it.")
        desk, journey = known.desk, known.journey_id
    await connection.execute(_WAIT, {"id": event, "desk": desk, "journey": journey})
    taken_up = row["fate"] == "held_back"
    if taken_up:
        await connection.execute(_TAKE_UP, {"journey": journey, "desk": desk})
        await connection.execute(_WAIT_ALL, {"journey": journey, "desk": desk})
    await _settle_notices(connection, row, taken_up=taken_up, who=who, now=now)
    await connection.execute(_RING, {"bell": BELL, "desk": desk})
    return f"Event {event} waits at the desk {desk} again."


async def never_hear(connection: AsyncConnection, event: int, why: str, who: str, now: datetime) -> str:
    """Settle a parked or held-back event for good; the journey's other held-back events are heard then.

    Raises:
        CannotSettle: there is no such event, or it is settled.
    """
    row = await _open_event(connection, event)
    await connection.execute(_DROP, {"id": event, "reason": f"{why} by {who}"[:64], "now": now})
    taken_up = row["fate"] == "held_back"
    if taken_up:
        await connection.execute(_TAKE_UP, {"journey": row["journey_id"], "desk": row["desk"]})
        await connection.execute(_WAIT_ALL, {"journey": row["journey_id"], "desk": row["desk"]})
        await connection.execute(_RING, {"bell": BELL, "desk": row["desk"]})
    await _settle_notices(connection, row, taken_up=taken_up, who=who, now=now)
    return f"Event {event} is set aside for good."


async def _open_event(connection: AsyncConnection, event: int) -> dict[str, Any]:
    found = (await connection.execute(_EVENT, {"id": event})).mappings().first()
    if found is None:
        raise CannotSettle(f"There is no event {event}.")
    if found["fate"] not in {"parked", "held_back"}:
        raise CannotSettle(f"Event {event} is {found['fate']}: nothing is to be decided about it.")
    return dict(found)


async def _settle_notices(
    connection: AsyncConnection, row: dict[str, Any], *, taken_up: bool, who: str, now: datetime
) -> None:
    await connection.execute(
        _SETTLE,
        {
            "now": now,
            "who": who,
            "journey": row["journey_id"],
            "desk": row["desk"],
            "taken_up": taken_up,
            "number": row["referral_number"] or "",
        },
    )
