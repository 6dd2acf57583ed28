"""Writing down what a follow-up found: steps, notices, what a desk must hear; each once, whoever writes it again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from models.case import Case
from models.case_chase import SILENCE, Wanted
from models.chasing import Act
from models.columns import table_of
from models.database import RING
from models.follow_up import FollowUpStep
from models.keys import uuid7
from models.vocabulary import Desk, FollowUp, ReferralEvent
from tasks import statements as sql
from tasks.settling import settle_gone

#: Who settled a notice that does not stand any longer.
SETTLED_BY: Final = "follow-up"

_STEPS: Final = insert(table_of(FollowUpStep)).on_conflict_do_nothing()
#: What was settled by itself and stands again is open again; what a person settled stays settled.
_NOTICES: Final = text("""
    INSERT INTO notice (id, journey_id, desk, code, about, detail, key, by_rule, follow_up, raised_at)
    VALUES (:id, :journey_id, :desk, :code, :about, :detail, :key, false, :follow_up, :now)
    ON CONFLICT (key) DO UPDATE
    SET detail = excluded.detail, settled_at = NULL, settled_by = NULL,
        raised_at = CASE WHEN notice.settled_at IS NULL THEN notice.raised_at ELSE excluded.raised_at END
    WHERE notice.settled_by = 'follow-up' OR (notice.settled_at IS NULL AND notice.detail <> excluded.detail)
""")
_SETTLE: Final = text(
    settle_gone(SETTLED_BY, "journey_id = ANY(:journeys) AND follow_up = :follow_up AND key <> ALL(:keys)")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased:
    """What one look at one case comes to: steps to do, and the notices that should stand."""

    case: Case
    acts: tuple[Act, ...]
    wanted: tuple[Wanted, ...]


async def write_chased(
    connection: AsyncConnection, follow_up: FollowUp, chased: Sequence[Chased], now: datetime
) -> None:
    """Write one page: its steps, its notices, its events; ring the desks that have something to hear.

    Args:
        connection: In the transaction that holds the journeys.
        follow_up: Whose page.
        chased: What was found, by case.
        now: Aware.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database is away or refuses; nothing of the page is written.
    """
    steps = list(_steps(follow_up, chased, now))
    if steps:
        await connection.execute(_STEPS, steps)
    rows = [_notice(follow_up, each.case, notice, now) for each in chased for notice in each.wanted]
    if rows:
        await connection.execute(_NOTICES, rows)
    if chased:
        journeys = [each.case.journey_id for each in chased]
        parameters = {"journeys": journeys, "follow_up": follow_up.value, "keys": [row["key"] for row in rows]}
        await connection.execute(_SETTLE, {**parameters, "now": now})
    events = list(_events(follow_up, chased, now))
    if events:
        await connection.execute(sql.INSERT_EVENTS, events)
        await connection.execute(RING, {"desks": sorted({str(event["desk"].value) for event in events})})


async def write_failed(
    connection: AsyncConnection, follow_up: FollowUp, case: Case, outline: str, now: datetime
) -> None:
    """Tell a person of a journey that could not be looked at; looked at again, it settles by itself."""
    failed = Wanted(code="follow_up_failed", desk=Desk.INTAKE, about=follow_up.value, detail=outline[:400])
    await connection.execute(_NOTICES, [_notice(follow_up, case, failed, now)])


def _steps(follow_up: FollowUp, chased: Iterable[Chased], now: datetime) -> Iterator[dict[str, Any]]:
    for each in chased:
        for act in each.acts:
            yield {
                "referral_id": act.referral.id,
                "agency": act.referral.agency,
                "follow_up": follow_up,
                "deadline": act.due.code,
                "due_at": act.due.due_at,
                "step": act.step,
                "does": act.does,
                "done_at": now,
            }


def _notice(follow_up: FollowUp, case: Case, notice: Wanted, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(now),
        "journey_id": case.journey_id,
        "desk": notice.desk.value,
        "code": notice.code,
        "about": notice.about,
        "detail": notice.detail[:400],
        "key": f"{case.number}:{notice.desk}:{notice.code}:{notice.about}",
        "follow_up": follow_up.value,
        "now": now,
    }


def _events(follow_up: FollowUp, chased: Iterable[Chased], now: datetime) -> Iterator[dict[str, Any]]:
    for each in chased:
        for act in each.acts:
            if act.does == "expire":
                yield {
                    "desk": act.referral.desk,
                    "journey_id": each.case.journey_id,
                    "referral_number": act.referral.number,
                    "source": f"follow-up:{follow_up}",
                    # With its moment: what was overtaken by an answer may have to be said again.
                    "source_id": ":".join(
                        [
                            str(act.referral.number),
                            act.due.code,
                            act.due.due_at.isoformat(),
                            str(act.step),
                            now.isoformat(),
                        ]
                    ),
                    "word": ReferralEvent.EXPIRED.value,
                    "data": {
                        "reason": act.reason or SILENCE,
                        "deadline": act.due.code,
                        "due_at": act.due.due_at.isoformat(),
                    },
                    "digest": "",
                    "occurred_at": now,
                    "received_at": now,
                    "fate": "waiting",
                }
