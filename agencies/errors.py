"""Everything that can go wrong on the wire, in one tree cut by what to do next.

Incoming: `WireRefused` (answer the sender with its problem). Outgoing: `TryAgain` (of it `KeysUnreadable`),
`TellAPerson`, `CredentialAlarm`, `EndpointGone`. In our own configuration: `BadEntry` (mend the agency's entry or key).

No message carries input, a URL, a header or anything personal: Prefect keeps exception texts for ever.
"""

from typing import Final, NamedTuple


class Problem(NamedTuple):
    """What the door answers for one problem code (RFC 9457, read 2026-11-22)."""

    #: HTTP status code.
    status: int
    title: str
    #: "sender" or "center": whose fault it is.
    fault: str
    #: What the sender can do about it.
    remedy: str


#: Every refusal this room can give; the door adds its own (unknown-agency, too-large, too-slow, …).
PROBLEMS: Final[dict[str, Problem]] = {
    "bad-headers": Problem(
        400,
        "A header is missing or malformed",
        "sender",
        "Send webhook-id, webhook-timestamp and webhook-signature once each, as Standard Webhooks 1.0.0 says.",
    ),
    "stale-timestamp": Problem(
        401,
        "The timestamp is too far from now",
        "sender",
        "Set your clock, and seal every attempt anew with the time of the attempt (same webhook-id).",
    ),
    "bad-seal": Problem(
        401,
        "No signature fits",
        "sender",
        "Sign the exact bytes of the body as id.timestamp.body with the key agreed for this direction.",
    ),
    "media-type": Problem(
        415,
        "The media type is not spoken here",
        "sender",
        "Send application/cloudevents+json, or application/json with ce- headers; UTF-8, not compressed.",
    ),
    "bad-json": Problem(
        400,
        "The body is not the JSON expected",
        "sender",
        "Send one JSON object (RFC 8259) without duplicate keys, at most 32 levels deep.",
    ),
    "bad-envelope": Problem(
        422,
        "The event is not what this center understands",
        "sender",
        "Compare with docs/agencies.md; the detail names the field.",
    ),
}


class WireError(Exception):
    """Anything that can go wrong between the center and an agency."""


class WireRefused(WireError):  # noqa: N818 - said to the sender, not a fault of the program
    """An incoming message is refused: answer with this problem, keep nothing of the message."""

    def __init__(self, problem_code: str, title: str, detail: str, status: int, fault: str) -> None:
        super().__init__(problem_code, title, detail, status, fault)
        self.problem_code = problem_code
        self.title = title
        self.detail = detail
        self.status = status
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.problem_code}: {self.detail}"

    @property
    def remedy(self) -> str:
        """Return what the sender can do about it."""
        return PROBLEMS[self.problem_code].remedy


def refused(code: str, detail: str, *, fault: str | None = None) -> WireRefused:
    """Return the refusal for a problem code of `PROBLEMS`.

    Args:
        code: A key of `PROBLEMS`.
        detail: One sentence for the sender's programmer. Never contains input.
        fault: "sender" or "center" where it differs from the table's.
    """
    problem = PROBLEMS[code]
    return WireRefused(code, problem.title, detail, problem.status, fault or problem.fault)


class NotDelivered(WireError):  # noqa: N818 - it names what to do next, as its subclasses do
    """A letter is not known to have arrived; the subclass says what to do next."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why, status)
        #: A short code for the letter's `last_problem`: `timeout`, `connection`, `status-503`, …
        self.why = why
        #: The HTTP status, where there was an answer.
        self.status = status

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.why}"


class TryAgain(NotDelivered):
    """The letter may get through later: keep it in the outbox schedule."""

    def __init__(self, why: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(why, status)
        self.args = (why, status, retry_after)
        #: Seconds the agency asked us to wait, at most a day.
        self.retry_after = retry_after


class TellAPerson(NotDelivered):
    """Sending it again unchanged cannot help: a person looks at the letter or at the agency's entry."""


class KeysUnreadable(TryAgain):
    """Our own key to the agency cannot be opened: the letter waits until the operator has mended it; nothing left."""

    def __init__(self) -> None:
        super().__init__("keys-unreadable")
        self.args = ()


class CredentialAlarm(NotDelivered):
    """The agency refused our seal (401, 403): compare keys with it; every letter to it will fail alike."""


class EndpointGone(NotDelivered):
    """The agency answered 410: disable its endpoint and tell a person."""


class BadEntry(WireError, ValueError):  # noqa: N818 - it names what is wrong
    """An agency's URL, address ranges, protocol or key as entered here cannot be used: mend the entry."""
