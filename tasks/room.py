"""The room of a shift: what its long tasks share while it lasts, found by the shift's number.

Prefect keeps task parameters; so tasks take the number, and everything else stays here, in this process.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from models.casebook import let_go
from models.database import LETTERS
from models.vocabulary import Alarm, Desk
from tasks.batch import BatchReport


@dataclass(slots=True, kw_only=True)
class Room:
    """One open shift in this process.

    Attributes:
        shift: Its number.
        desk: Whose shift it is.
        flow_run_id: Its Prefect run, if it has one.
        bell: Set when the desk's inbox gained work.
        letters: Set when the outbox gained work, or an exchange is over.
        look: Whether letters may be due that have not been looked for yet.
        looking: Whether they are being looked for.
        lets_lie: Set when none will be looked for any more, whatever is due: the next shift finds it.
        closing: Set when no further batch will come; what is under way is finished.
        sending: Letters under way.
        delivered: Letters that arrived.
        retried: Exchanges that failed and will be tried again.
        with_person: Letters a person must look at.
        died_before: Dead shifts it found when it opened.
        recorded: The batches so far.
        done: Whether its row says that it ended.
        broke: The outline of what broke it in a part of ours; "" where nothing did.
    """

    shift: int
    desk: Desk
    flow_run_id: UUID | None = None
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    letters: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    look: bool = True
    looking: bool = False
    lets_lie: bool = False
    sending: int = 0
    delivered: int = 0
    retried: int = 0
    with_person: int = 0
    died_before: int = 0
    recorded: BatchReport = field(default_factory=BatchReport)
    done: bool = False
    broke: str = ""
    #: Set when the process is going down: no linger, finish what is under way.
    leaving: bool = False
    #: What Prefect was told of by this shift: one event for each kind is enough.
    alarmed: set[Alarm] = field(default_factory=set[Alarm])

    @property
    def posting(self) -> bool:
        """Whether letters are under way, or may be in a moment: the shift does not close on them."""
        return (self.look and not self.lets_lie) or self.looking or self.sending > 0

    def ring_letters(self) -> None:
        """Let the outbox be looked at."""
        self.look = True
        self.letters.set()


_open: dict[int, Room] = {}


def enter(room: Room) -> None:
    """Let a shift's room be found."""
    _open[room.shift] = room


def leave(room: Room) -> None:
    """Forget a shift's room, and what was read of its cases."""
    _open.pop(room.shift, None)
    let_go()


def room_of(shift: int) -> Room:
    """Return the room of a shift that is open in this process.

    Raises:
        KeyError: No such shift is open here.
    """
    return _open[shift]


def open_rooms() -> list[Room]:
    """Return the rooms of all shifts open in this process."""
    return list(_open.values())


def ring_rooms(rung: str) -> None:
    """Let the shifts of a desk that are open in this process look at their inbox, or at their outbox, again.

    Args:
        rung: What the bell said: the desk, with `models.database.LETTERS` behind it where its outbox is meant.
    """
    desk = rung.removesuffix(LETTERS)
    for room in _open.values():
        if room.desk.value != desk:
            continue
        if rung == desk:
            room.bell.set()
        else:
            room.ring_letters()
