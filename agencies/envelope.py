"""The envelope: CloudEvents 1.0.2 read strictly from structured or binary mode.

Required attributes are checked here and never invented: a made-up id would defeat de-duplication. The seal covers
`webhook-id.timestamp.body` and no other header, so in binary mode the ce- headers are believed only as far as the body
repeats them (docs/adr/0003-the-seal.md). CloudEvents and its HTTP binding were read 2026-11-22.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import JsonValue, ValidationError

from agencies import strict_json
from agencies.errors import WireRefused, refused
from agencies.event import IncomingEvent, read_moment
from agencies.headers import once
from agencies.letter import OutgoingLetter, write
from models.vocabulary import AGENCY_EVENTS, ReferralEvent

__all__ = ["IncomingEvent", "Mode", "OutgoingLetter", "mode_of", "read", "write"]

_MEDIA_TYPE: Final = re.compile(r"([a-z0-9.+/-]+) *(?:; *charset=\"?utf-8\"?)? *", re.IGNORECASE)
_TYPE: Final = re.compile(r"ieum\.referral\.([a-z]+)\.v1")
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,20}")
_MOST_EXTENSIONS: Final = 20
_LONGEST_EXTENSION: Final = 1024
_REQUIRED: Final = ("specversion", "id", "source", "type", "subject")
_KNOWN: Final = {*_REQUIRED, "time", "datacontenttype", "dataschema", "data"}


class Mode(StrEnum):
    """How an event lies in an HTTP message (CloudEvents HTTP binding §3)."""

    STRUCTURED = "structured"
    BINARY = "binary"


def mode_of(content_type: str, headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]]) -> Mode:
    """Tell the mode by the media type.

    Raises:
        WireRefused: `media-type` for any other media type, for batches and for compressed bodies.
    """
    found = _MEDIA_TYPE.fullmatch(content_type)
    encoding = once(headers).get("content-encoding", "identity")
    match found and found[1].lower(), encoding.lower():
        case "application/cloudevents+json", "identity":
            return Mode.STRUCTURED
        case "application/json", "identity":
            return Mode.BINARY
        case _:
            raise refused("media-type", "Only one uncompressed JSON event a message is taken.")


def read(
    content_type: str,
    headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]],
    body: bytes,
    agency: str,
    message_id: str,
) -> IncomingEvent:
    """Return the event in a message whose seal already holds.

    Args:
        content_type: The Content-Type header.
        headers: As `agencies.headers.once` takes them.
        body: The raw bytes the seal covers.
        agency: Code of the agency whose key fits.
        message_id: What `agencies.seal.verify` returned.

    Raises:
        WireRefused: `media-type`, `bad-headers`, `bad-json` or `bad-envelope`; never anything else.
    """
    known = once(headers)
    mode = mode_of(content_type, known)
    parsed = strict_json.parse(body)
    if mode is Mode.STRUCTURED:
        return read_structured(parsed, agency, message_id)
    event = _event(*_binary(known, parsed), agency, message_id)
    # Binary mode's ce-time stands outside the seal.
    return event.model_copy(update={"time": None})


def read_structured(parsed: dict[str, JsonValue], agency: str, message_id: str) -> IncomingEvent:
    """Return the event of an envelope that lies in a message whose seal holds.

    Args:
        parsed: The envelope, as `agencies.strict_json` reads it.
        agency: Code of the agency whose key fits.
        message_id: The id it must have.

    Raises:
        WireRefused: `bad-envelope`; never anything else.
    """
    return _event(*_structured(parsed), agency, message_id)


def _event(
    attributes: Mapping[str, JsonValue], data: Mapping[str, JsonValue], agency: str, message_id: str
) -> IncomingEvent:
    event = _check_attributes(attributes, agency, message_id)
    time = _time(attributes)
    if "occurred_at" not in data:
        raise _bad("data.occurred_at is missing")
    if not data.keys() <= _DATA_FIELDS:
        raise _bad("data has a field this center does not know")
    problem: str | None = None
    try:
        return IncomingEvent.model_validate(
            {
                **data,
                "id": message_id,
                "agency": agency,
                "event": event,
                "subject": attributes["subject"],
                "time": time,
            }
        )
    except ValidationError as error:
        field = str(error.errors(include_input=False, include_context=False, include_url=False)[0]["loc"][0])
        problem = "subject" if field == "subject" else f"data.{field}"
    # Outside the except block, so that no exception with input in it hangs on this one.
    raise _bad(f"{problem} is not of the form or length expected")


_DATA_FIELDS: Final = set(IncomingEvent.model_fields) - {"id", "agency", "event", "subject", "time"}


def _bad(detail: str) -> WireRefused:
    return refused("bad-envelope", f"The event was refused: {detail}.")


def _structured(parsed: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    extensions = parsed.keys() - _KNOWN
    if len(extensions) > _MOST_EXTENSIONS or not all(_is_extension(name, parsed[name]) for name in extensions):
        raise _bad("it has an attribute that is neither CloudEvents' nor a plain extension")
    content_type = parsed.get("datacontenttype", "application/json")
    if not isinstance(content_type, str) or not content_type.lower().startswith("application/json"):
        raise _bad("datacontenttype is not application/json")
    return parsed, _object(parsed.get("data"))


def _is_extension(name: str, value: JsonValue) -> bool:
    match value:
        case str():
            fits = len(value) <= _LONGEST_EXTENSION
        case bool() | int():
            fits = True
        case _:
            fits = False
    return fits and _EXTENSION.fullmatch(name) is not None


def _binary(
    headers: Mapping[str, str], parsed: dict[str, JsonValue]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    # No attribute taken here can need percent-decoding (HTTP binding §3.1.3.2): an encoded one simply does not fit.
    attributes: dict[str, JsonValue] = {
        name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")
    }
    for name in ("type", "subject"):
        if name not in parsed or parsed[name] != attributes.get(name):
            raise _bad(f"in binary mode the body must repeat {name} exactly as the ce-{name} header has it")
    return attributes, {name: value for name, value in parsed.items() if name not in {"type", "subject"}}


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise _bad("data is missing or no object")
    return value


def _check_attributes(attributes: Mapping[str, JsonValue], agency: str, message_id: str) -> ReferralEvent:
    """Check the required attributes and return the event's word."""
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str):
            raise _bad(f"the attribute {name} is missing or no text")
    if attributes["specversion"] != "1.0":
        raise _bad("specversion is not 1.0")
    if attributes["id"] != message_id:
        raise _bad("id differs from webhook-id")
    if attributes["source"] != f"/agencies/{agency}":
        raise _bad("source is not /agencies/ and your agency's code")
    found = _TYPE.fullmatch(str(attributes["type"]))
    if found is None or found[1] not in AGENCY_EVENTS:
        raise _bad("type is none an agency can send; docs/agencies.md lists them")
    return ReferralEvent(found[1])


def _time(attributes: Mapping[str, JsonValue]) -> datetime | None:
    if "time" not in attributes:
        return None
    try:
        return read_moment(attributes["time"])
    except ValueError:
        pass
    raise _bad("time is not an RFC 3339 date-time with offset")
