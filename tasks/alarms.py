"""Alarms: what somebody should hear of at once, as an event in Prefect, from which its automations notify.

An event holds numbers and codes only, is handed to Prefect's own thread, and is never waited for: where Prefect is away
it is dropped. What it speaks of stands in our tables, as a notice, and stays there until a person has settled it.
"""

import logging
from collections.abc import Sequence
from contextvars import Context
from typing import Final

from prefect.events import emit_event
from prefect.settings import get_current_settings

from models.vocabulary import Alarm
from tasks.outline import outline
from tasks.room import Room

_LOG: Final = logging.getLogger("ieum.alarm")

#: Things named in one event; past it only the count is told.
NAMED: Final = 20


def event_of(alarm: Alarm) -> str:
    """Return the name of an alarm's event, as automations expect it."""
    return f"ieum.{alarm.value.replace('_', '-')}"


def tell(alarm: Alarm, source: str, about: Sequence[str], count: int | None = None) -> None:
    """Hand an alarm to Prefect; quiet where this process has no Prefect.

    Args:
        alarm: What was raised.
        source: Who noticed it, in a word of ours: `shift 12 of debt-relief`.
        about: Codes or numbers of what it is about.
        count: How many there were; left out, as many as are named.
    """
    # Without a server's address Prefect would start one of its own for this.
    if get_current_settings().api.url is None:
        return
    resource = {
        "prefect.resource.id": f"ieum.{source.replace(' ', '-')}",
        "prefect.resource.name": source,
    }
    payload = {"count": len(about) if count is None else count, "about": list(about[:NAMED])}
    try:
        # Outside of the run's context, for which Prefect would ask its server what else the run is related to.
        Context().run(emit_event, event_of(alarm), resource, payload=payload)
    except Exception as refused:  # noqa: BLE001 - what it would have told stands in the tables
        _LOG.warning("an event was not handed to Prefect (%s)", outline(refused))


def raise_alarm(room: Room, alarm: Alarm, about: Sequence[str], count: int | None = None) -> None:
    """Hand an alarm of a shift to Prefect, the first time the shift has one of its kind.

    Args:
        room: The shift's.
        alarm: What was raised, and is written down already.
        about: Codes or numbers of what it is about.
        count: How many there were; left out, as many as are named.
    """
    if alarm not in room.alarmed:
        room.alarmed.add(alarm)
        tell(alarm, f"shift {room.shift} of {room.desk}", about, count)
