"""What waits for a person in the whole house: open notices, events of no journey, letters no agency would take."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog import Catalog
from web.views import LabelView
from web.waiting_views import LetterView, NoticesView, OpenNoticeView, ParkedEventView, ParkedView, WithPersonView

#: Notices a page may hold; events and letters are shown as far as this and counted beyond.
MOST_NOTICES: Final = 100

_NOTICES: Final = text(
    "SELECT n.id, n.code, n.about, n.detail, n.desk, j.number AS journey, n.raised_at"
    " FROM notice n LEFT JOIN journey j ON j.id = n.journey_id"
    " WHERE n.settled_at IS NULL AND n.id < :before ORDER BY n.id DESC LIMIT :lines"
)
_PARKED: Final = text(
    "SELECT id, source, received_at, fate_reason AS reason, count(*) OVER () AS total FROM inbox_event"
    " WHERE fate = 'parked' AND journey_id IS NULL ORDER BY id DESC LIMIT :lines"
)
_LETTERS: Final = text(
    "SELECT referral_number AS referral, agency, type, last_problem, created_at, count(*) OVER () AS total FROM letter"
    " WHERE state = 'with_person' ORDER BY created_at DESC, id DESC LIMIT :lines"
)
_COUNTS: Final = text(
    "SELECT (SELECT count(*) FROM notice WHERE settled_at IS NULL) AS notices,"
    " (SELECT count(*) FROM inbox_event WHERE fate = 'parked' AND journey_id IS NULL) AS parked,"
    " (SELECT count(*) FROM letter WHERE state = 'with_person') AS letters"
)
#: Comes after every key there is.
_LAST_KEY: Final = UUID(int=(1 << 128) - 1)


async def read_waiting(engine: AsyncEngine, catalog: Catalog, before: UUID | None, lines: int) -> NoticesView:
    """Return a page of open notices, the newest first, with the parked events and letters that no journey shows.

    Args:
        engine: The database.
        catalog: What is known.
        before: Key of the last notice of the page before.
        lines: At most `MOST_NOTICES`.
    """
    lines = min(lines, MOST_NOTICES)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        rows = await _rows(connection, _NOTICES, before=before or _LAST_KEY, lines=lines + 1)
        parked = await _rows(connection, _PARKED, lines=MOST_NOTICES)
        letters = await _rows(connection, _LETTERS, lines=MOST_NOTICES)
    page = rows[:lines]
    following = f"/api/notices?cursor={page[-1]['id']}&limit={lines}" if len(rows) > lines else None
    return NoticesView(
        notices=[OpenNoticeView.model_validate({**row, "label": label_of(row["code"], catalog)}) for row in page],
        next=following,
        parked_without_journey=ParkedView(
            count=parked[0]["total"] if parked else 0, events=[ParkedEventView.model_validate(row) for row in parked]
        ),
        letters_with_person=WithPersonView(
            count=letters[0]["total"] if letters else 0, letters=[LetterView.model_validate(row) for row in letters]
        ),
    )


def label_of(code: str, catalog: Catalog) -> LabelView | None:
    """Return what a notice is called in both languages of the house, where the catalog has a name for it."""
    title = catalog.notices.get(code)
    return None if title is None else LabelView(ko=title.ko, en=title.en)


async def count_waiting(connection: AsyncConnection) -> tuple[int, int, int]:
    """Return how many notices are open, events of no journey parked, and letters with a person."""
    row = (await connection.execute(_COUNTS)).one()
    return row.notices, row.parked, row.letters


async def _rows(connection: AsyncConnection, statement: TextClause, **parameters: object) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(statement, parameters)).mappings()]
