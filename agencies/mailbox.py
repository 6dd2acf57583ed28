"""An agency's mailbox as its entry names it: one plain address, written as `mailto:` where an endpoint's URL stands."""

import re
from typing import Final

#: RFC 5321 §4.1.2 without quoted strings, address literals and foreign scripts (read 2026-11-27).
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX: Final = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})+")
_SCHEME: Final = "mailto:"


def is_mailbox(text: str) -> bool:
    """Say whether a text is one address a mail can be sent to."""
    return _MAILBOX.fullmatch(text) is not None


def written(mailbox: str) -> str:
    """Return a mailbox as an endpoint's URL."""
    return _SCHEME + mailbox


def read_mailbox(url: str) -> str | None:
    """Return the mailbox of an endpoint's URL, or None where it names none."""
    mailbox = url.removeprefix(_SCHEME)
    return mailbox if url.startswith(_SCHEME) and is_mailbox(mailbox) else None
