"""Agencies' addresses at the terminal: what `ieum agency` takes is what the sender would write to, and what it shows.

The sender decides again on what a name resolves to; here only what is written in the address itself is looked at.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import uuid4

from agencies.address import is_open, read_literal, read_ranges, read_url
from agencies.errors import BadEntry, NotDelivered
from agencies.keys import Key
from agencies.line import Endpoint
from agencies.mailbox import is_mailbox, read_mailbox, written
from agencies.sender import Senders
from catalog import Agency

_PRIVATE: Final = (
    "--url names an address that is not public; name its range in the agency's catalog entry (private_ranges)."
)


def checked(url: str, private_ranges: Iterable[str]) -> str:
    """Return an agency's URL once the sender could use it as it is written.

    Args:
        url: As typed.
        private_ranges: Those that the agency's catalog entry opens.

    Raises:
        BadEntry: It cannot be used; one sentence, nothing of the URL in it.
    """
    try:
        place = read_url(url)
    except BadEntry as bad:
        wrong = str(bad)
    else:
        address = read_literal(place.host)
        loopback = place.host == "localhost" if address is None else address.is_loopback
        if address is not None and not is_open(address, read_ranges(private_ranges)):
            wrong = _PRIVATE
        elif place.scheme != "https" and not loopback:
            wrong = "--url speaks http, which is for this machine alone; write it as https://…."
        else:
            return url
    # Raised without context: what went wrong while reading carries the URL.
    raise BadEntry(wrong)


def endpoint_of(agency: Agency, url: str | None) -> str:
    """Return where an agency's letters go: its mailbox as the catalog names it, or the URL that was typed.

    Raises:
        BadEntry: It cannot be used, is missing, or was given for an agency that reads mail.
    """
    if agency.protocol == "mail":
        if url is not None:
            raise BadEntry("this agency reads mail: leave --url out; its mailbox stands in the catalog.")
        if agency.mailbox is None or not is_mailbox(agency.mailbox):
            raise BadEntry("the catalog names no mailbox that a mail can be sent to.")
        return written(agency.mailbox)
    if url is None:
        raise BadEntry("--url is missing: where do its letters go?")
    return checked(url, agency.private_ranges)


def shown(url: str | None) -> str:
    """Return an address as it may be printed: without its query, and nothing of one that carries a user or password."""
    if (mailbox := read_mailbox(url or "")) is not None:
        return mailbox
    try:
        read_url(url or "")
    except BadEntry:
        return "an address that cannot be used"
    return (url or "").partition("?")[0]


async def reach(senders: Senders, endpoint: Endpoint, keys: Sequence[Key]) -> int:
    """Ask an endpoint whether anybody is there, on the sender's own road; return the HTTP status of the answer.

    It is a sealed GET about nothing: any status says that the line stands.

    Raises:
        NotDelivered: There was no answer; `why` is the sender's code for it.
    """
    try:
        return (await senders.ask(endpoint, endpoint.url, f"ping:{uuid4()}", keys)).status
    except NotDelivered as answered:
        if answered.status is None:
            raise
        return answered.status
