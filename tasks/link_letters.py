"""The letter that brings an agency a new link to one referral, and nothing else: written like a digest, sent like all.

It belongs to no referral's order of letters, so whoever asks for it waits for no desk. The mail itself makes the link.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.mail_words import NEW_LINK
from agencies.packet import Packet
from models.columns import table_of
from models.database import RING
from models.keys import uuid7
from models.outbox import Letter
from models.vocabulary import LetterState, LetterType
from tasks.digests import FRONT_DESK

_ABOUT: Final = text("""
    SELECT link.agency, referral.number, referral.program, referral.application_date
    FROM agency_link AS link JOIN referral ON referral.id = link.referral_id WHERE link.id = :link
""")


async def write_link_letter(connection: AsyncConnection, link: UUID, why: str, now: datetime) -> bool:
    """Write the letter for a link once for one reason, and ring who sends it; say whether it is new.

    Args:
        connection: In a transaction.
        link: The link that is over, or will be.
        why: What sets this time apart from another, a few letters.
        now: Aware.
    """
    found: Any = (await connection.execute(_ABOUT, {"link": link})).one_or_none()
    if found is None:
        return False
    packet = Packet(
        letter_id=uuid7(now),
        agency=found.agency,
        type=LetterType.AMENDED,
        referral=found.number,
        program=found.program,
        made_at=now,
        application_date=found.application_date,
        urgency="normal",
        basis=None,
        reason=NEW_LINK,
        predecessor=None,
        items={},
    )
    row: dict[str, Any] = {
        "id": packet.letter_id,
        "desk": FRONT_DESK,
        "agency": packet.agency,
        "type": packet.type,
        "about": f"link {found.number}",
        "cause": f"link:{link}:{why}",
        "sequence": 1,
        "body": packet.data(),
        "state": LetterState.WAITING,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "lease": 0,
    }
    statement = insert(table_of(Letter)).values(row).on_conflict_do_nothing(index_elements=["cause"])
    fresh = (await connection.execute(statement.returning(table_of(Letter).c.id))).scalar() is not None
    if fresh:
        await connection.execute(RING, {"desks": [FRONT_DESK.value]})
    return fresh
