"""Pressure: how much the doors hold at one moment, and who is sent away before memory would have to bear more.

Whoever is sent away gets 429 with Retry-After at once, nothing of it is kept, and the same may be sent again. What is
under way already is finished: a full house slows nobody who is in it.
"""

from typing import Final, Literal

Bound = Literal["calls", "bodies", "letterbox"]

#: Calls about the house itself that may be under way: whoever watches it must get in when nobody else does.
WATCHERS: Final = 64


class TooBusy(Exception):  # noqa: N818 - a state of the house, not a fault of the program
    """A bound of the doors is reached. The caller may simply try again, later."""

    def __init__(self, bound: Bound) -> None:
        super().__init__(bound)
        self.bound: Bound = bound


class Pressure:
    """What one running app holds."""

    def __init__(self, *, calls: int, body_bytes: int) -> None:
        self.most_calls = calls
        self.most_body_bytes = body_bytes
        #: Calls under way, those that watch the house apart.
        self.calls = 0
        self.watchers = 0
        #: Bytes of bodies that were received for calls under way.
        self.body_bytes = 0

    def enter(self, *, watches: bool) -> bool:
        """Let a call in, if there is room; whoever was let in must `leave`."""
        if watches:
            if self.watchers >= WATCHERS:
                return False
            self.watchers += 1
            return True
        if self.calls >= self.most_calls:
            return False
        self.calls += 1
        return True

    def leave(self, held: int, *, watches: bool) -> None:
        """Note that a call is over, and with it the bytes that it held."""
        self.body_bytes -= held
        if watches:
            self.watchers -= 1
        else:
            self.calls -= 1

    def hold(self, received: int) -> None:
        """Take in a piece of a body.

        Raises:
            TooBusy: All bodies together are too much; the piece is not counted then.
        """
        if self.body_bytes + received > self.most_body_bytes:
            raise TooBusy("bodies")
        self.body_bytes += received

    @property
    def full(self) -> bool:
        """Whether the next call would be sent away."""
        return self.calls >= self.most_calls
