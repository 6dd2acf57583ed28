"""Adapters: one per protocol an agency speaks. A new agency is a catalog entry; a new protocol is a class here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agencies.errors import BadEntry, TellAPerson
from agencies.keys import Key
from agencies.letter import Content
from agencies.post import Post
from agencies.sender import Delivered, Endpoint, Senders


@dataclass(frozen=True, slots=True)
class ByHand:
    """Nothing was sent and nothing will be: staff speak with this agency and enter what it says."""


class Adapter(Protocol):
    """How letters of one protocol are delivered."""

    async def deliver(self, packet: Content, endpoint: Endpoint | None, keys: Sequence[Key]) -> Delivered | ByHand:
        """Deliver one packet.

        Args:
            packet: What may leave the center.
            endpoint: Where the agency takes letters; None where its entry names no URL.
            keys: The live outbound keys.

        Raises:
            NotDelivered: One of its kinds says what to do next.
        """
        ...


class Webhook:
    """Signed CloudEvents over HTTP."""

    def __init__(self, senders: Senders, post: Post | None) -> None:
        """Take the open lines."""
        del post
        self._senders = senders

    async def deliver(self, packet: Content, endpoint: Endpoint | None, keys: Sequence[Key]) -> Delivered | ByHand:
        """Send the packet; see `Adapter.deliver`."""
        if endpoint is None:
            raise TellAPerson("no-endpoint")
        return await self._senders.send(packet, endpoint, keys)


class Mail:
    """An e-mail with a link: the agency answers on the page that it opens (docs/adr/0014)."""

    def __init__(self, senders: Senders, post: Post | None) -> None:
        """Take the post."""
        del senders
        self._post = post

    async def deliver(self, packet: Content, endpoint: Endpoint | None, keys: Sequence[Key]) -> Delivered | ByHand:
        """Send the packet's number and a link; see `Adapter.deliver`."""
        del keys
        if endpoint is None:
            raise TellAPerson("no-endpoint")
        if self._post is None:
            raise TellAPerson("no-mail-server")
        return await self._post.send(packet, endpoint)


class Mirror:
    """No line at all: the agency (a court) is only mirrored from what staff hear."""

    def __init__(self, senders: Senders, post: Post | None) -> None:
        """Take the open lines, and leave them alone."""

    async def deliver(self, packet: Content, endpoint: Endpoint | None, keys: Sequence[Key]) -> Delivered | ByHand:
        """Send nothing; see `Adapter.deliver`."""
        del packet, endpoint, keys
        return ByHand()


#: Every protocol a catalog entry can name.
PROTOCOLS: Final[Mapping[str, Callable[[Senders, Post | None], Adapter]]] = {
    "webhook": Webhook,
    "mail": Mail,
    "mirror": Mirror,
}


def adapter_for(protocol: str, senders: Senders, post: Post | None = None) -> Adapter:
    """Return the adapter for a protocol of the catalog.

    Raises:
        BadEntry: There is none by that name.
    """
    make = PROTOCOLS.get(protocol)
    if make is None:
        raise BadEntry(f"an agency's protocol is one of: {', '.join(PROTOCOLS)}")
    return make(senders, post)
