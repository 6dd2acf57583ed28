"""What an agency said, once it has passed the gate: the frozen shape of one incoming event."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from models.vocabulary import ReferralEvent

# RFC 3339 §5.6 (read 2026-11-22): date, "T", time, and an offset; no leap second, years people live in.
_RFC3339: Final = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def read_moment(value: object) -> datetime:
    """Return an RFC 3339 date-time with offset as aware UTC; finer than microseconds is cut off.

    Raises:
        ValueError: Not a text of that form, or no such moment.
    """
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("an RFC 3339 date-time with offset was expected")
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters are not taken")
    return text


Moment = Annotated[datetime, BeforeValidator(read_moment)]
Lane = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9](?:[a-z0-9_-]{0,31})$")]
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z0-9](?:[a-z0-9_-]{0,63})$")]
Number = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9-]{1,64}$")]
Reference = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=128), AfterValidator(_plain)]
Note = Annotated[str, StringConstraints(strict=True, max_length=2000), AfterValidator(_plain)]


class Shape(BaseModel):
    """Something that was sent: frozen, refusing fields it does not know, and showing nothing of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show which fields are set, never what is in them."""
        return [(None, name) for name in sorted(self.model_fields_set)]


class Words(Shape):
    """What may be said of a referral beside the event itself. Codes are checked for form only, here."""

    #: Why it was declined, held or failed: a code of the program.
    reason: Code | None = None
    #: How it ended: a code of the program.
    outcome: Code | None = None
    #: The program's own step, with the lane it lies in (`main` when left out).
    milestone: Code | None = None
    lane: Lane | None = None
    #: The agency's own number for the referral.
    reference: Reference | None = None
    #: A remark for staff; may be personal, so it is never logged.
    note: Note | None = None
    #: When the client is expected, UTC.
    appointment: Moment | None = None
    #: The agency it was handed to.
    redirect_to: Code | None = None
    #: What would fit the client better than what was declined: a program's code.
    proposed_program: Code | None = None


class EventData(Words):
    """`data` of an incoming event; what its codes mean is the desk's business."""

    #: When it happened at the agency, UTC.
    occurred_at: Moment


class IncomingEvent(EventData):
    """One event as an agency sent it, every attribute checked and none invented."""

    #: The CloudEvents id, equal to webhook-id; unique by agency.
    id: str
    #: Code of the agency whose key fits.
    agency: str
    event: ReferralEvent
    #: The referral number it speaks of; nobody has looked whether it exists.
    subject: Number
    #: When the agency made the envelope, UTC; None where it was not said under the seal.
    time: datetime | None = None
