"""An outgoing letter as it goes on the wire: the same bytes however often it is sent."""

import re
from dataclasses import dataclass, field
from datetime import UTC
from typing import Final

import orjson

from agencies.digest import Digest
from agencies.packet import Packet

#: Everything that may leave the center in an envelope.
Content = Packet | Digest

_CENTER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """Bytes and the headers that stay the same over all attempts. Its repr shows the id only."""

    #: The letter's UUID: webhook-id, CloudEvents id and Idempotency-Key alike.
    message_id: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def write(packet: Content, center: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a letter, in CloudEvents 1.0 structured mode; deterministic.

    The seal's own headers (`webhook-timestamp`, `webhook-signature`) are made anew by the sender at each attempt.

    Args:
        packet: What may leave the center.
        center: Code of this center.

    Raises:
        ValueError: `center` is no code.
    """
    if not _CENTER.fullmatch(center):
        raise ValueError("a center's code is lower-case letters, digits and hyphens")
    event = {
        "specversion": "1.0",
        "id": str(packet.letter_id),
        "source": f"/centers/{center}",
        "type": f"ieum.{packet.type}.v1",
        **({} if packet.subject is None else {"subject": packet.subject}),
        "time": packet.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": packet.data(),
    }
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": str(packet.letter_id),
        "idempotency-key": str(packet.letter_id),
    }
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS), headers


def letter_of(packet: Content, center: str) -> OutgoingLetter:
    """Return the letter `write` makes, in one piece for the sender."""
    body, headers = write(packet, center)
    return OutgoingLetter(str(packet.letter_id), body, headers)
