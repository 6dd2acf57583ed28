"""The forms of the agencies' pages: read strictly, proved to come from their page, and made into the same event.

Every refusal here is a code of `WRONG`; none repeats what was sent.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from pydantic import ValidationError

from agencies import meaning
from agencies.event import IncomingEvent
from agencies.link import LinkSeal
from catalog import Catalog
from models.counting import SEOUL, day_of
from models.vocabulary import AGENCY_EVENTS, ReferralEvent
from web.link_moves import DATED, move_of
from web.link_reading import Behind

#: How long a page may lie open before it is sent.
FORM_LASTS: Final = timedelta(hours=24)
#: A form holds a dozen short fields and a note of 2,000 characters, of which one in Korean takes nine bytes here.
FORM_BYTES: Final = 32 * 1024
_FIELDS: Final = frozenset({
    "form", "proof", "lang", "event", "reason", "outcome", "milestone", "redirect_to", "on", "reference", "note",
})  # fmt: skip
_NOON: Final = timedelta(hours=12)


class WrongForm(Exception):  # noqa: N818 - said to whoever sent it
    """A form cannot be taken; `code` is one of `web.link_problems.WRONG`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Form:
    """A form that came from its page. Its repr shows its id only."""

    id: UUID
    fields: Mapping[str, str] = field(repr=False)


def read_form(body: bytes, link: UUID, seal: LinkSeal, now: datetime) -> Form:
    """Return the fields of a form that this link's page made not long ago.

    Raises:
        WrongForm: `form-unreadable`, `form-foreign`, `form-old`.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20
        )
    except ValueError:
        raise WrongForm("form-unreadable") from None
    fields = {name: value.replace("\r\n", "\n").strip() for name, value in pairs}
    if len(fields) != len(pairs) or not fields.keys() <= _FIELDS:
        raise WrongForm("form-unreadable")
    try:
        form = UUID(fields.get("form", ""))
    except ValueError:
        raise WrongForm("form-foreign") from None
    if not seal.proves(link, form, fields.get("proof", "")):
        raise WrongForm("form-foreign")
    # The id is a UUIDv7: its first 48 bits say when the page was made.
    if now - datetime.fromtimestamp((form.int >> 80) / 1000, UTC) > FORM_LASTS:
        raise WrongForm("form-old")
    return Form(form, fields)


def event_of(form: Form, behind: Behind, catalog: Catalog, now: datetime) -> IncomingEvent:
    """Return what the agency says by a form, held to the gate of its webhooks.

    Raises:
        WrongForm: `form-incomplete`, `form-word`, `form-day`, `form-text`, `resident-number`.
    """
    said = form.fields
    word = said.get("event", "")
    if word not in AGENCY_EVENTS:
        raise WrongForm("form-word")
    event = ReferralEvent(word)
    move = move_of(event, catalog.program(behind.program), catalog.agency(behind.agency), catalog)
    chosen = said.get(move.choice) if move.choice else None
    if not move.offers(chosen):
        raise WrongForm("form-word" if chosen else "form-incomplete")
    words: dict[str, object] = {name: said[name] for name in ("reference", "note") if said.get(name)}
    if chosen and move.choice == "milestone":
        words["lane"], _, words["milestone"] = chosen.partition("/")
    elif chosen:
        words[move.choice] = chosen
    made: IncomingEvent | None = None
    with suppress(ValidationError):
        made = IncomingEvent.model_validate(
            {
                **words,
                "id": f"link:{form.id}",
                "agency": behind.agency,
                "event": event,
                "subject": behind.number,
                "occurred_at": _moment(said.get("on") if event in DATED else None, now).isoformat(),
            }
        )
    if made is None or meaning.missing(made) is not None:
        raise WrongForm("form-text")
    if meaning.forbidden(made) is not None:
        raise WrongForm("resident-number")
    return made


def digest_of(form: Form) -> str:
    """Return the SHA-256 (hex) of what a form says: the same for a double click, whenever it comes."""
    said = {name: value for name, value in form.fields.items() if value and name not in {"proof", "lang"}}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _moment(day: str | None, now: datetime) -> datetime:
    """Return when it was: now, or the noon of an earlier day in Seoul."""
    if not day:
        return now
    try:
        said = date.fromisoformat(day)
    except ValueError:
        raise WrongForm("form-day") from None
    today = day_of(now)
    if said > today:
        raise WrongForm("form-day")
    return now if said == today else datetime(said.year, said.month, said.day, tzinfo=SEOUL) + _NOON
