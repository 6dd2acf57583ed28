"""The intake: client, household, consents, journey and its first event, all in one transaction or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import col

from models.client import Client, HouseholdMember
from models.consent import Consent
from models.database import RING
from models.inbox import InboxEvent
from models.journey import Journey
from models.keys import uuid7
from models.numbers import Kind, spell
from models.vocabulary import Desk, JourneyEvent
from web.shapes import Intake

_NEXT_NUMBER: Final = text(
    "INSERT INTO number_series (kind, year, last) VALUES (:kind, :year, 1)"
    " ON CONFLICT (kind, year) DO UPDATE SET last = number_series.last + 1 RETURNING last"
)
_BEFORE: Final = (
    select(col(Journey.number), col(Journey.opened_on), col(InboxEvent.digest))
    .join(InboxEvent, col(InboxEvent.journey_id) == col(Journey.id))
    .where(
        col(Journey.intake_key) == bindparam("intake_key"),
        col(InboxEvent.source) == bindparam("source"),
        col(InboxEvent.source_id) == bindparam("key"),
    )
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The journey that is open now."""

    number: str
    opened_on: date
    #: False where the same key had opened it before.
    fresh: bool
    #: Digest of the body it was opened with.
    digest: str


async def open_journey(
    engine: AsyncEngine, intake: Intake, *, opened_on: date, token: str, key: str, digest: str, now: datetime
) -> Opened:
    """Open a journey, or return the one the same key opened.

    Args:
        engine: The database.
        intake: Checked.
        opened_on: Asia/Seoul date.
        token: Name of the token that speaks.
        key: Idempotency-Key of this intake, unique by token.
        digest: SHA-256 of the body.
        now: Aware UTC.
    """
    for _ in range(2):
        try:
            async with engine.begin() as connection:
                if (before := await _before(connection, token, key)) is not None:
                    return before
                return await _open(
                    connection, intake, opened_on=opened_on, token=token, key=key, digest=digest, now=now
                )
        except IntegrityError:
            # The same key came twice at once: the other one has opened it by now.
            continue
    message = "two intakes under one key excluded each other twice"
    raise RuntimeError(message)


async def _before(connection: AsyncConnection, token: str, key: str) -> Opened | None:
    parameters = {"intake_key": f"{token}:{key}", "source": f"intake:{token}", "key": key}
    row = (await connection.execute(_BEFORE, parameters)).first()
    return None if row is None else Opened(row[0], row[1], fresh=False, digest=row[2])


async def _open(
    connection: AsyncConnection,
    intake: Intake,
    *,
    opened_on: date,
    token: str,
    key: str,
    digest: str,
    now: datetime,
) -> Opened:
    client = Client.model_validate({"id": uuid7(now), "created_at": now, **intake.client.model_dump()})
    await connection.execute(insert(Client).values(_columns(client)))
    members = [
        HouseholdMember.model_validate({"id": uuid7(now), "client_id": client.id, **member.model_dump()})
        for member in intake.household
    ]
    if members:
        await connection.execute(insert(HouseholdMember).values([_columns(member) for member in members]))
    consents = [
        Consent.model_validate(
            {
                "id": uuid7(now),
                "client_id": client.id,
                **consent.model_dump(mode="python"),
                "items": sorted(consent.items),
                "valid_from": consent.valid_from or opened_on,
                "recorded_at": now,
            }
        )
        for consent in intake.consents
    ]
    await connection.execute(insert(Consent).values([_columns(consent) for consent in consents]))
    # The series' row is held until the commit, so it is taken as late as can be.
    running = await connection.scalar(_NEXT_NUMBER, {"kind": Kind.JOURNEY.value, "year": opened_on.year})
    journey = Journey.model_validate(
        {
            "id": uuid7(now),
            "number": spell(Kind.JOURNEY, opened_on.year, int(running)),
            "client_id": client.id,
            "opened_on": opened_on,
            "opened_at": now,
            "needs": sorted(intake.needs),
            "facts": intake.facts.model_dump(mode="json", exclude_none=True),
            "intake_key": f"{token}:{key}",
        }
    )
    await connection.execute(insert(Journey).values(_columns(journey)))
    event = InboxEvent.model_validate(
        {
            "desk": Desk.INTAKE,
            "journey_id": journey.id,
            "source": f"intake:{token}",
            "source_id": key,
            "word": JourneyEvent.OPENED,
            "digest": digest,
            "occurred_at": now,
            "received_at": now,
        }
    )
    await connection.execute(insert(InboxEvent).values({**_columns(event, "id")}))
    await connection.execute(RING, {"desks": [Desk.INTAKE.value]})
    return Opened(journey.number, opened_on, fresh=True, digest=digest)


def _columns(row: Client | HouseholdMember | Consent | Journey | InboxEvent, *left_out: str) -> Mapping[str, Any]:
    return row.model_dump(exclude=set(left_out))
