"""The turnbook: reads the time of referrals out of the log, all of a journey's in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from models.columns import table_of
from models.transition import Transition
from models.turns import Move, Turns, is_contact, takes_back, turns_of, why_declined

_LOG: Final = table_of(Transition)
_MOVES: Final = (
    select(_LOG.c.referral_id, _LOG.c.occurred_at, _LOG.c.end, _LOG.c.outcome, _LOG.c.event, _LOG.c.who, _LOG.c.reason)
    .where(col(Transition.referral_id) == any_(bindparam("ids", type_=ARRAY(Uuid()))))
    .order_by(_LOG.c.referral_id, _LOG.c.sequence)
)


async def load_turns(connection: AsyncConnection, referral_ids: Sequence[UUID], now: datetime) -> dict[UUID, Turns]:
    """Return the time of these referrals up to now (aware), by referral id; the rows of one journey or of many.

    A referral without a row in the log has no stays.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    rows = (await connection.execute(_MOVES, {"ids": list(referral_ids)})).all()
    moves: defaultdict[UUID, list[Move]] = defaultdict(list)
    for row in rows:
        contact, back = is_contact(row.event, row.who), takes_back(row.event, row.reason)
        declined = why_declined(row.end, row.reason)
        moves[row.referral_id].append(
            Move(row.occurred_at, row.end, row.outcome, declined, contact=contact, takes_back=back)
        )
    return {key: turns_of(moves[key], now) for key in referral_ids}
