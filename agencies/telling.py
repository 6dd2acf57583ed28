"""What an agency tells when it is asked about a referral: everything it has said of it, held to the door's own gate.

The answer is sealed like a webhook, under the question's id, so that it fits this question and no other. One event that
would not pass the door spoils the whole answer: nothing of it is taken.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from agencies import meaning, seal, strict_json
from agencies.envelope import IncomingEvent, read_structured
from agencies.errors import WireRefused, refused
from agencies.headers import once
from agencies.keys import Key
from agencies.sender import Answer

#: Events one answer may hold.
MOST_EVENTS: Final = 200

_JSON: Final = re.compile(r"application/json *(?:; *charset=\"?utf-8\"?)? *", re.IGNORECASE)
#: As the door asks of a webhook-id.
_ID: Final = re.compile(r"[A-Za-z0-9_:-]{1,256}")


def read_telling(
    answer: Answer, *, agency: str, number: str, question: str, keys: Sequence[Key], now: datetime
) -> list[IncomingEvent]:
    """Return what an agency has said of a referral so far, in its order.

    Args:
        answer: A 200, as the safe sender brought it.
        agency: Code of who was asked.
        number: The referral that was asked about.
        question: Message id of the question.
        keys: The agency's live inbound keys; none means that nothing is believed.
        now: Aware.

    Raises:
        WireRefused: The answer cannot be used; never anything else, and never with the answer in it.
    """
    if not _JSON.fullmatch(once(answer.headers).get("content-type", "")):
        raise refused("media-type", "The answer is not application/json in UTF-8.")
    if seal.verify(answer.headers, answer.body, keys, now) != question:
        raise refused("bad-headers", "The answer's webhook-id is not the question's.")
    told = strict_json.parse(answer.body)
    if told.get("referral") != number:
        raise _bad("it is about another referral")
    events = told.get("events")
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise _bad(f"events is no list of at most {MOST_EVENTS}")
    return list(_events(events, agency, number))


def _events(events: Iterable[JsonValue], agency: str, number: str) -> Iterable[IncomingEvent]:
    seen: set[str] = set()
    for each in events:
        id_ = each.get("id") if isinstance(each, dict) else None
        if not isinstance(each, dict) or not isinstance(id_, str) or not _ID.fullmatch(id_):
            raise _bad("an event is no object with an id")
        if id_ in seen:
            raise _bad("an id stands in it twice")
        seen.add(id_)
        event = read_structured(each, agency, id_)
        if event.subject != number:
            raise _bad("an event is about another referral")
        if meaning.missing(event) is not None:
            raise _bad("an event says too little to mean anything")
        if meaning.forbidden(event) is not None:
            raise _bad("an event holds what the center may not keep")
        yield event


def _bad(detail: str) -> WireRefused:
    return refused("bad-envelope", f"The answer was refused: {detail}.")
