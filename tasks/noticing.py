"""Noticing: what a batch has to tell a person; what the rules want no more is settled by itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.keys import uuid7
from models.work import CaseWork, NoticeDraft
from tasks import statements as sql
from tasks.settling import settle_gone

#: Notices of these desks' rules that no rule wants any more.
_SETTLE: Final = settle_gone("desk", "journey_id = ANY(:journeys) AND desk = :desk AND by_rule AND key <> ALL(:keys)")
#: What a desk settled and has to say again is open again; what a person settled stays settled, unless it happened anew.
_REOPEN: Final = text("""
    UPDATE notice SET settled_at = NULL, settled_by = NULL, settled_why = NULL, raised_at = :now
    WHERE settled_at IS NOT NULL AND ((key = ANY(:wanted) AND settled_by = 'desk') OR key = ANY(:happened))
""")
_SETTLE_PARKED: Final = text("""
    UPDATE notice SET settled_at = :now, settled_by = 'desk'
    FROM inbox_event WHERE inbox_event.id = ANY(:events) AND notice.journey_id = inbox_event.journey_id
      AND notice.code = 'event_parked' AND notice.settled_at IS NULL
      AND notice.about = inbox_event.referral_number || ' event ' || inbox_event.id
""")


async def write_notices(connection: AsyncConnection, works: Sequence[CaseWork], now: datetime) -> None:
    """Write the notices of one batch, and settle those that the rules it asked want no more.

    Args:
        connection: In the batch's transaction.
        works: The works of one desk.
        now: The moment of the batch.
    """
    rows = list(_rows(works))
    if rows:
        await connection.execute(sql.INSERT_NOTICES, rows)
        said = {by_rule: [row["key"] for row in rows if row["by_rule"] is by_rule] for by_rule in (True, False)}
        await connection.execute(_REOPEN, {"wanted": said[True], "happened": said[False], "now": now})
    asked = [work for work in works if work.rules_asked]
    if not asked:
        return
    wanted = [row["key"] for row in rows if row["by_rule"]]
    journeys = [work.case.journey_id for work in asked]
    await connection.execute(_SETTLE, {"journeys": journeys, "desk": asked[0].desk.value, "keys": wanted, "now": now})


async def settle_parked(connection: AsyncConnection, events: Sequence[int], now: datetime) -> None:
    """Settle the notices of parked events that are about to be heard again; parked anew, they open anew."""
    if events:
        await connection.execute(_SETTLE_PARKED, {"events": list(events), "now": now})


def _rows(works: Iterable[CaseWork]) -> Iterable[dict[str, Any]]:
    for work in works:
        drafts = list(work.notices)
        if work.stuck is not None:
            why = f"{work.stuck.reason}: {work.stuck.detail}"
            drafts.append(NoticeDraft(code="journey_set_aside", about=str(work.stuck_event), detail=why))
        for draft in drafts:
            yield {
                "id": uuid7(work.now),
                "journey_id": work.case.journey_id,
                "desk": work.desk,
                "code": draft.code,
                "about": draft.about,
                "detail": draft.detail[:400],
                "key": f"{work.case.number}:{work.desk}:{draft.code}:{draft.about}",
                "by_rule": draft.by_rule,
                "raised_at": work.now,
            }
