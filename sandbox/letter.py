"""A letter from the center: one CloudEvent, read the way a strict agency reads it.

Source: CloudEvents specification 1.0.2, JSON event format (github.com/cloudevents/spec), read 2026-11-22.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clock import InstantError, instant
from sandbox.digest import REMINDED, read_reminders
from sandbox.strict import JsonError, is_mapping, read_json, text_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.digest import Reminder

REQUESTED = "ieum.referral.requested.v1"
CANCEL_REQUESTED = "ieum.referral.cancel_requested.v1"
CANCELLED = "ieum.referral.cancelled.v1"
CONSENT_REVOKED = "ieum.consent.revoked.v1"
TYPES = frozenset(
    {
        REQUESTED,
        CANCEL_REQUESTED,
        CANCELLED,
        CONSENT_REVOKED,
        REMINDED,
        "ieum.referral.amended.v1",
    }
)
ITEMS = frozenset({
    "name", "birth_date", "sex", "phone", "address", "household", "children", "crisis", "income", "recognized_income",
    "debts", "employment", "job_profile", "job_wish", "screening", "hire", "wage", "target_confirmation",
})  # fmt: skip
_DATA = frozenset({
    "referral", "program", "application_date", "urgency", "basis", "items", "reason", "predecessor",
})  # fmt: skip
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{0,63}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class LetterError(ValueError):
    """The letter cannot be worked; `status` is 400 for broken form and 422 for wrong content."""

    def __init__(self, status: int, reason: str) -> None:
        """Keep the status beside the reason; the reason names fields, never their values."""
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Letter:
    """What an agency keeps of a letter: everything but the values of the disclosed items."""

    id: str
    type: str
    #: None where it speaks of many.
    referral: str | None
    program: str | None
    items: tuple[str, ...]
    basis: str | None
    urgency: str | None
    application_date: str | None
    predecessor: str | None
    digest: str
    reminders: tuple[Reminder, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        """Every referral it speaks of, each once."""
        if self.referral is not None:
            return (self.referral,)
        return tuple(dict.fromkeys(reminder.referral for reminder in self.reminders))


def read_letter(body: bytes, seal_id: str, idempotency_key: str | None) -> Letter:
    """Read a sealed body.

    Raises:
        LetterError: 400 when it is not JSON; 422 when the envelope or its data are not what was agreed.

    """
    try:
        envelope = read_json(body)
    except JsonError as error:
        raise LetterError(400, str(error)) from None
    _check_envelope(envelope, seal_id, idempotency_key)
    data = envelope.get("data")
    if not is_mapping(data):
        raise LetterError(422, "data is missing")
    if envelope["type"] == REMINDED:
        return _reminder(data, seal_id, body)
    unknown = len(data.keys() - _DATA)
    if unknown:
        raise LetterError(422, f"data holds {unknown} fields that were never agreed")
    if text_of(data, "referral") != envelope["subject"]:
        raise LetterError(422, "data.referral is not the subject")
    items = data.get("items", {})
    if not is_mapping(items) or not items.keys() <= ITEMS:
        raise LetterError(422, "data.items is not an object of known items")
    basis = data.get("basis")
    letter = Letter(
        id=seal_id,
        type=str(envelope["type"]),
        referral=str(envelope["subject"]),
        program=text_of(data, "program"),
        items=tuple(sorted(items)),
        basis=text_of(basis, "kind") if is_mapping(basis) else None,
        urgency=text_of(data, "urgency"),
        application_date=text_of(data, "application_date"),
        predecessor=text_of(data, "predecessor"),
        digest=hashlib.sha256(body).hexdigest(),
    )
    if letter.type == REQUESTED:
        _check_request(letter, items)
    elif items:
        raise LetterError(422, "only a request holds items")
    return letter


def _reminder(data: dict[str, object], seal_id: str, body: bytes) -> Letter:
    try:
        reminders = read_reminders(data)
    except ValueError as error:
        raise LetterError(422, str(error)) from None
    return Letter(
        id=seal_id,
        type=REMINDED,
        referral=None,
        program=None,
        items=(),
        basis=None,
        urgency=None,
        application_date=None,
        predecessor=None,
        digest=hashlib.sha256(body).hexdigest(),
        reminders=reminders,
    )


def _check_envelope(envelope: dict[str, object], seal_id: str, idempotency_key: str | None) -> None:
    if envelope.get("specversion") != "1.0":
        raise LetterError(422, "specversion is not 1.0")
    needed = ("id", "source", "type", "time", *(() if envelope.get("type") == REMINDED else ("subject",)))
    missing = [name for name in needed if not text_of(envelope, name)]
    if missing:
        raise LetterError(422, "missing or no text: " + ", ".join(missing))
    if not seal_id == envelope["id"] == idempotency_key:
        raise LetterError(422, "idempotency-key, webhook-id and id are not the same")
    if not str(envelope["source"]).startswith("/centers/"):
        raise LetterError(422, "source is no center")
    if envelope["type"] not in TYPES:
        raise LetterError(422, "type is unknown here")
    if envelope["type"] == REMINDED and "subject" in envelope:
        raise LetterError(422, "a reminder speaks of many referrals and has no subject")
    if "subject" in envelope and not _NUMBER.fullmatch(str(envelope["subject"])):
        raise LetterError(422, "subject is no referral number")
    if envelope.get("datacontenttype", "application/json") != "application/json":
        raise LetterError(422, "datacontenttype is not application/json")
    try:
        instant(str(envelope["time"]))
    except InstantError:
        raise LetterError(422, "time is not RFC 3339") from None


def _check_request(letter: Letter, items: dict[str, object]) -> None:
    if not items or any(value is None or value == "" for value in items.values()):
        raise LetterError(422, "data.items is empty or holds an empty item")
    if letter.basis not in {"consent", "statute", "vital_interest"}:
        raise LetterError(422, "data.basis names no legal basis")
    if letter.urgency not in {"normal", "urgent"}:
        raise LetterError(422, "data.urgency is neither normal nor urgent")
    if not _DATE.fullmatch(letter.application_date or ""):
        raise LetterError(422, "data.application_date is no date")


def check_fits(letter: Letter, programs: Collection[str], required: Collection[str]) -> None:
    """Hold a request against what this agency does.

    Raises:
        LetterError: 422, the program is not one of the agency's, or an item it cannot work without is missing.

    """
    if not letter.program:
        raise LetterError(422, "data.program is missing")
    if letter.program not in programs:
        raise LetterError(422, "this agency does not run the program")
    missing = sorted(set(required) - set(letter.items))
    if missing:
        raise LetterError(422, "required items are missing: " + ", ".join(missing))
