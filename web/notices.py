"""The security notice a door raises: an agency used one id for two things, which a person should know."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from models.keys import uuid7
from models.notice import Notice
from models.vocabulary import Desk
from web.letterbox import Receipt


async def note_reused_id(engine: AsyncEngine, agency: str, known: Receipt, now: datetime) -> None:
    """Raise the notice once per event while it is open; the id itself is the agency's text and is not repeated."""
    desk = Desk(known.desk) if known.desk is not None else Desk.INTAKE
    row = Notice.model_validate(
        {
            "id": uuid7(now),
            "desk": desk,
            "code": "webhook_id_reused",
            "about": agency,
            "detail": f"event {known.id}",
            "key": f"-:{desk}:webhook_id_reused:{agency}:{known.id}",
            "raised_at": now,
        }
    )
    statement = (
        insert(Notice)
        .values(row.model_dump())
        .on_conflict_do_nothing(index_elements=["key"], index_where=text("settled_at IS NULL"))
    )
    async with engine.begin() as connection:
        await connection.execute(statement)
