"""Mending: what a person does about an event that could not be taken: let it be heard again, or set it aside for good.

Setting aside is a state with who and why; nothing is deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.database import RING
from models.keys import uuid7
from models.vocabulary import Desk, Fate, JourneyEvent
from tasks import statements as sql
from tasks.agenda import look_now
from tasks.early import taking_up

_JOURNEY: Final = text("SELECT journey_id FROM inbox_event WHERE id = :id")
_LOCK_JOURNEY: Final = text("SELECT id FROM journey WHERE id = :journey FOR NO KEY UPDATE")
_EVENT: Final = text("SELECT id, desk, journey_id, fate FROM inbox_event WHERE id = :id FOR NO KEY UPDATE")
_TAKE_UP: Final = text("DELETE FROM set_aside WHERE journey_id = :journey AND desk = :desk RETURNING event_id")
_RELEASE: Final = text("""
    UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL
    WHERE journey_id = :journey AND desk = :desk AND fate = 'held_back' AND id <> :but
    RETURNING id
""")
#: A set-aside journey and what is held back for it are written, and released, in one transaction.
_FORGOTTEN: Final = text("""
    UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL
    WHERE fate = 'held_back' AND NOT EXISTS (
        SELECT 1 FROM set_aside AS aside
        WHERE aside.journey_id = inbox_event.journey_id AND aside.desk = inbox_event.desk
    )
    RETURNING desk
""")
_EARLY: Final = text(taking_up("true"))
_WAIT: Final = text("UPDATE inbox_event SET fate = 'waiting', fate_reason = NULL, fate_at = NULL WHERE id = :id")
_DROP: Final = text("""
    UPDATE inbox_event SET fate = 'dropped', fate_reason = 'set_aside_by_staff', fate_at = :now WHERE id = :id
""")
_AGAIN: Final = text("""
    UPDATE letter SET state = 'waiting', next_attempt_at = :now, first_try_at = NULL, person_told_at = NULL
    FROM referral
    WHERE referral.id = letter.referral_id AND referral_number = :about AND letter.state = 'with_person'
      AND (letter.type <> 'referral.requested' OR referral.state = 'requested')
    RETURNING letter.id, letter.desk
""")
#: What speaks of many referrals goes by its agency.
_DIGESTS_AGAIN: Final = text("""
    UPDATE letter SET state = 'waiting', next_attempt_at = :now, first_try_at = NULL, person_told_at = NULL
    WHERE agency = :about AND referral_id IS NULL AND state = 'with_person' RETURNING id, desk
""")
#: A request that is still to reach the agency is not let lie: the referral would wait for ever.
_LIES: Final = "(letter.type <> 'referral.requested' OR referral.state <> 'requested')"
_LET_LIE: Final = text(f"""
    UPDATE letter SET state = 'withdrawn', settled_at = :now
    FROM referral
    WHERE referral.id = letter.referral_id AND referral_number = :about AND letter.state = 'with_person' AND {_LIES}
    RETURNING letter.id, letter.desk
""")  # noqa: S608 - the condition is our own constant
_LET_DIGESTS_LIE: Final = text("""
    UPDATE letter SET state = 'withdrawn', settled_at = :now
    WHERE agency = :about AND referral_id IS NULL AND state = 'with_person' RETURNING id, desk
""")
_SETTLE_LETTERS: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = :who, settled_why = :why
    WHERE key = ANY(:keys) AND settled_at IS NULL
""")
_SETTLE_NOTICES: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = :who
    WHERE code = 'journey_set_aside' AND journey_id = :journey AND desk = :desk AND settled_at IS NULL
""")


_SETTLE_PARKED: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = :who
    WHERE code = 'event_parked' AND journey_id = :journey AND about LIKE :about AND settled_at IS NULL
""")


class NothingToMend(LookupError):  # noqa: N818 - named by what it says
    """There is no such event, or it has been taken already: `ieum journey show` lists what waits for a person."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of it: how many events wait to be heard again, and at which desk."""

    desk: Desk
    waiting: int


async def replay(connection: AsyncConnection, event_id: int, who: str, now: datetime) -> Mended:
    """Let an event be heard again, and with it everything its desk held back of the same journey.

    Args:
        connection: In a transaction.
        event_id: An inbox event that was parked or held back, or whose journey was set aside on its account.
        who: Code of the person's token or account.
        now: Aware.

    Raises:
        NothingToMend: There is no such event, or nothing waits for a person on its account.
    """
    event = await _event(connection, event_id)
    if event.desk is None:
        raise NothingToMend(NothingToMend.__doc__)
    desk, journey = Desk(event.desk), event.journey_id
    aside = await _take_up(connection, journey, desk, who, now)
    released = list((await connection.execute(_RELEASE, {"journey": journey, "desk": desk.value, "but": 0})).scalars())
    if event.fate == Fate.PARKED:
        await connection.execute(_WAIT, {"id": event_id})
        await _settle_parked(connection, event_id, journey, who, now)
        released.append(event_id)
    elif not aside and not released:
        raise NothingToMend(NothingToMend.__doc__)
    if aside and not released:
        await _wake(connection, journey, desk, who, event_id, now)
    await connection.execute(RING, {"desks": [desk.value]})
    return Mended(desk, len(released))


async def set_event_aside(connection: AsyncConnection, event_id: int, who: str, why: str, now: datetime) -> Mended:
    """Set an event aside for good, with who and why, and let the desk go on with the journey.

    Args:
        connection: In a transaction.
        event_id: An inbox event that was parked or held back.
        who: Code of the person's token or account.
        why: In the person's words; kept in our tables alone. No personal data.
        now: Aware.

    Raises:
        NothingToMend: There is no such event, or it has been taken already.
    """
    event = await _event(connection, event_id)
    if event.fate not in {Fate.PARKED, Fate.HELD_BACK}:
        raise NothingToMend(NothingToMend.__doc__)
    await connection.execute(_DROP, {"id": event_id, "now": now})
    row = {
        "id": uuid7(now),
        "journey_id": event.journey_id,
        "desk": event.desk or Desk.INTAKE,
        "code": "event_set_aside",
        "about": str(event_id),
        "detail": f"{who}: {why}"[:400],
        "key": f"event_set_aside:{event_id}",
        "by_rule": False,
        "raised_at": now,
        "settled_at": now,
        "settled_by": who[:64],
    }
    await connection.execute(sql.INSERT_NOTICES, [row])
    if event.desk is None:
        return Mended(Desk.INTAKE, 0)
    desk = Desk(event.desk)
    await _settle_parked(connection, event_id, event.journey_id, who, now)
    await _take_up(connection, event.journey_id, desk, who, now)
    # What was said of a referral is unsaid: its agency may be silent after all.
    await look_now(connection, [event.journey_id], now)
    parameters = {"journey": event.journey_id, "desk": desk.value, "but": event_id}
    released = list((await connection.execute(_RELEASE, parameters)).scalars())
    await connection.execute(RING, {"desks": [desk.value]})
    return Mended(desk, len(released))


async def take_up_forgotten(connection: AsyncConnection) -> int:
    """Let everything be heard again that waits for nothing any more; return how many events. There should be none.

    That is what is held back although its journey is not set aside, and what speaks of a referral that is there by now.

    Args:
        connection: In a transaction.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    held = list((await connection.execute(_FORGOTTEN)).scalars())
    early = list((await connection.execute(_EARLY)).scalars())
    await connection.execute(RING, {"desks": sorted({*held, *early})})
    return len(held) + len(early)


async def send_again(connection: AsyncConnection, about: str, who: str, now: datetime) -> int:
    """Let letters that lie with a person go out again, under the same keys; return how many.

    Args:
        connection: In a transaction.
        about: Number of the referral whose letters they are; of reminders, which speak of many, the agency's code.
        who: Code of the person's token or account.
        now: Aware; they are due at once.

    Raises:
        NothingToMend: None of these letters lies with a person.
    """
    return await _decide(connection, (_AGAIN, _DIGESTS_AGAIN), about, {"who": who, "why": None, "now": now})


async def set_letters_aside(connection: AsyncConnection, about: str, who: str, why: str, now: datetime) -> int:
    """Let letters that lie with a person go out no more, with who and why; return how many.

    Args:
        connection: In a transaction.
        about: As for `send_again`.
        who: Code of the person's token or account.
        why: In the person's words; kept in our tables alone. No personal data.
        now: Aware.

    Raises:
        NothingToMend: None of these letters lies with a person, but perhaps a request the agency has not got.
    """
    return await _decide(connection, (_LET_LIE, _LET_DIGESTS_LIE), about, {"who": who, "why": why, "now": now})


async def _decide(
    connection: AsyncConnection, statements: Sequence[TextClause], about: str, said: Mapping[str, Any]
) -> int:
    """Do to letters what a person decided, and settle the notices that told of them."""
    decided = [
        row
        for statement in statements
        for row in (await connection.execute(statement, {"about": about, "now": said["now"]})).all()
    ]
    if not decided:
        raise NothingToMend(NothingToMend.__doc__)
    keys = [f"{code}:{row.id}" for row in decided for code in ("letter_refused", "letter_undelivered")]
    await connection.execute(_SETTLE_LETTERS, {**said, "who": said["who"][:64], "keys": keys})
    await connection.execute(RING, {"desks": sorted({row.desk for row in decided})})
    return len(decided)


async def _event(connection: AsyncConnection, event_id: int) -> Any:  # noqa: ANN401 - a row
    """Lock an event and return it; its journey is locked before it, as by whoever works it.

    A desk that works the journey has read that it is set aside: what it holds back must be there when it is released.
    """
    journey: UUID | None = None
    while (found := await _journey_of(connection, event_id)) != journey:
        # A merge may have moved it while this waited.
        journey = found
        await connection.execute(_LOCK_JOURNEY, {"journey": journey})
    return (await connection.execute(_EVENT, {"id": event_id})).one()


async def _journey_of(connection: AsyncConnection, event_id: int) -> UUID | None:
    event: Any = (await connection.execute(_JOURNEY, {"id": event_id})).one_or_none()
    if event is None:
        raise NothingToMend(NothingToMend.__doc__)
    return event.journey_id


async def _settle_parked(connection: AsyncConnection, event_id: int, journey: UUID, who: str, now: datetime) -> None:
    parameters = {"journey": journey, "about": f"% event {event_id}", "who": who, "now": now}
    await connection.execute(_SETTLE_PARKED, parameters)


async def _take_up(connection: AsyncConnection, journey: UUID, desk: Desk, who: str, now: datetime) -> bool:
    parameters = {"journey": journey, "desk": desk.value}
    taken = (await connection.execute(_TAKE_UP, parameters)).first() is not None
    if taken:
        await connection.execute(_SETTLE_NOTICES, {**parameters, "who": who, "now": now})
    return taken


async def _wake(connection: AsyncConnection, journey: UUID, desk: Desk, who: str, event_id: int, now: datetime) -> None:
    """Have the rules asked again, where no event is left that would."""
    row: dict[str, Any] = {
        "desk": desk,
        "journey_id": journey,
        "source": f"staff:{who}",
        "source_id": f"replay:{event_id}:{now.isoformat()}",
        "word": JourneyEvent.HEARD.value,
        "data": {},
        "digest": "",
        "occurred_at": now,
        "received_at": now,
        "fate": "waiting",
    }
    await connection.execute(sql.INSERT_EVENTS, [row])
