"""The watch: which desks have work, whether the hall is quiet, and when the next letter is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from models.vocabulary import Desk
from tasks.health import look_at_lines
from tasks.outbox import FIRST_OF_ITS_REFERRAL
from tasks.toolbox import Toolbox

#: Letters of a desk that nobody holds, each the first of its referral's. Two such looks, and no OR of their conditions:
#: by the one the index ends with what is due.
_WAITING: Final = """EXISTS (
            SELECT FROM letter WHERE letter.desk = looked.desk AND state = 'waiting' AND {which}
              AND (leased_until IS NULL OR leased_until <= :now)
              AND {first}
           )"""
_DUE: Final = _WAITING.format(which="next_attempt_at <= :now AND agency <> ALL(:closed)", first=FIRST_OF_ITS_REFERRAL)
_TO_PROBE: Final = _WAITING.format(which="agency = ANY(:probing)", first=FIRST_OF_ITS_REFERRAL)
#: One statement, so that one moment is seen: work that goes from hand to hand between two looks is missed by both.
_LOOK: Final = text(f"""
    SELECT ARRAY(
        SELECT looked.desk FROM unnest(CAST(:desks AS text[])) AS looked (desk)
        WHERE EXISTS (SELECT FROM inbox_event AS event WHERE event.desk = looked.desk AND event.fate = 'waiting')
           OR {_DUE}
           OR {_TO_PROBE}
    ) AS busy,
    EXISTS (SELECT FROM letter WHERE state = 'waiting' AND leased_until > :now) AS sending,
    (SELECT min(next_attempt_at) FROM letter WHERE state = 'waiting' AND agency <> ALL(:closed)) AS next_due
""")  # noqa: S608 - the parts are our own constants


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the watch sees.

    Attributes:
        busy: Desks with waiting events, due letters, or letters to an agency whose line is to be probed.
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
    # Each statement sees its own moment anyway: a transaction around them would only cost two more round trips.
    async with tools.engine.connect() as opened:
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        lines = await look_at_lines(connection, now)
        parameters = {
            "desks": [desk.value for desk in Desk],
            "now": now,
            "closed": sorted(lines.closed),
            "probing": sorted(lines.probing),
        }
        seen: Any = (await connection.execute(_LOOK, parameters)).one()
        return Outlook(frozenset(Desk(desk) for desk in seen.busy), seen.sending, seen.next_due)
