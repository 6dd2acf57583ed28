"""The watch: which desks have work, whether the hall is quiet, and when the next letter is due."""

from dataclasses import dataclass
from datetime import datetime

from models.vocabulary import Desk
from tasks.health import look_at_lines
from tasks.outbox import has_work, is_sending, next_due
from tasks.toolbox import Toolbox


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the watch sees.

    Attributes:
        busy: Desks with waiting events or due letters.
        sending: Whether a letter is under way anywhere.
        next_due: When the next letter falls due, or None.
    """

    busy: frozenset[Desk]
    sending: bool
    next_due: datetime | None

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be done now."""
        return not self.busy and not self.sending


async def look_out(tools: Toolbox) -> Outlook:
    """Look at every desk's inbox and outbox.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    now = tools.clock()
    async with tools.engine.connect() as connection:
        closed = sorted((await look_at_lines(connection, now)).closed)
        busy = [desk for desk in Desk if await has_work(connection, desk, now, closed)]
        return Outlook(frozenset(busy), await is_sending(connection, now), await next_due(connection, closed))
