"""The meaning of an agency's event: what it must bring, what a desk reads of it, and when two are the same.

One gate for all that an agency says, whether it comes by itself or is told when asked.
"""

import hashlib
from typing import Final

import orjson
from pydantic import JsonValue

from agencies.event import IncomingEvent
from agencies.resident_number import where_held
from models.vocabulary import ReferralEvent

#: What an event must bring to mean anything at all.
NEEDED: Final = {
    ReferralEvent.COMPLETED: "outcome",
    ReferralEvent.DECLINED: "reason",
    ReferralEvent.PROGRESSED: "milestone",
}


def missing(event: IncomingEvent) -> str | None:
    """Return the field of `data` without which the event means nothing, or None where it is whole."""
    needed = NEEDED.get(event.event)
    return needed if needed is not None and getattr(event, needed) is None else None


def forbidden(event: IncomingEvent) -> str | None:
    """Name a field that holds what the center may not keep: a resident registration number (개인정보 보호법 §24의2).

    Every text that is kept as the agency wrote it is looked at; the id must be random and is no word of anybody.
    """
    kept: dict[str, JsonValue] = {"subject": event.subject, "data": _said(event)}
    return next(where_held(kept), None)


def data_of(event: IncomingEvent) -> dict[str, object]:
    """Return what the desk reads: the data fields that were said, moments as text in UTC."""
    return dict(_said(event))


def digest_of(event: IncomingEvent) -> str:
    """Return the SHA-256 (hex) of what was said, however it was written down.

    An event that is told when asked is then known again when its webhook comes late, in whatever mode and spacing.
    """
    said = [event.event.value, event.subject, event.occurred_at.isoformat(), data_of(event)]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _said(event: IncomingEvent) -> dict[str, JsonValue]:
    return event.model_dump(
        mode="json", exclude={"id", "agency", "event", "subject", "time", "occurred_at"}, exclude_none=True
    )
