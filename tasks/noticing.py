"""Noticing: what a batch has to tell a person; what the rules want no more is settled by itself."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.keys import uuid7
from models.work import CaseWork, NoticeDraft

#: Notices of these desks' rules that no rule wants any more.
GONE: Final = (
    "(journey_id, desk) IN (SELECT * FROM unnest(CAST(:asked AS uuid[]), CAST(:asked_at AS text[])))"
    " AND journey_id = ANY(CAST(:asked AS uuid[])) AND by_rule AND key <> ALL(CAST(:wanted AS text[]))"
)
#: What a desk settled and has to say again is open again; what a person settled stays settled, unless it happened anew.
_REOPEN: Final = text("""
    UPDATE notice SET settled_at = NULL, settled_by = NULL, settled_why = NULL, raised_at = :now
    WHERE settled_at IS NOT NULL AND ((key = ANY(:wanted) AND settled_by = 'desk') OR key = ANY(:happened))
""")


async def open_again(connection: AsyncConnection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Open what was settled and is to be said again (rare).

    Args:
        connection: In the batch's transaction.
        rows: What the batch says, as `notice_rows` returns it.
        now: The moment of the batch.
    """
    if rows:
        said = {by_rule: [row["key"] for row in rows if row["by_rule"] is by_rule] for by_rule in (True, False)}
        await connection.execute(_REOPEN, {"wanted": said[True], "happened": said[False], "now": now})


def gone(works: Sequence[CaseWork], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the parameters of what settles the notices that the rules asked want no more, but for `now`."""
    asked = [work for work in works if work.rules_asked]
    return {
        "asked": [work.case.journey_id for work in asked],
        "asked_at": [work.desk.value for work in asked],
        "wanted": [row["key"] for row in rows if row["by_rule"]],
    }


def notice_rows(works: Iterable[CaseWork]) -> Iterator[dict[str, Any]]:
    """Yield the notices of one batch."""
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
