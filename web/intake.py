"""The intake: client, household, consents, journey and its first event, all in one transaction or not at all.

Whoever is known already stays one client with one household; the newest interview tells who lives in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import SQLModel, col

from models.client import Client, HouseholdMember
from models.columns import as_json, row_of
from models.consent import Consent
from models.database import BELL
from models.documents import GIVEN, into
from models.inbox import InboxEvent
from models.journey import Journey
from models.keys import uuid7
from models.notice import Notice
from models.numbering import next_numbers
from models.numbers import Kind
from models.persons import one_at_a_time
from models.vocabulary import Desk, JourneyEvent
from web.same_person import Standing, look_for
from web.shapes import Intake

_BEFORE: Final = select(
    col(Journey.id),
    col(Journey.number),
    col(Journey.opened_on),
    select(col(InboxEvent.digest))
    .where(col(InboxEvent.source) == bindparam("source"), col(InboxEvent.source_id) == bindparam("key"))
    .scalar_subquery(),
).where(col(Journey.intake_key) == bindparam("intake_key"))
_PERHAPS: Final = (
    select(col(Notice.about))
    .where(col(Notice.journey_id) == bindparam("journey"), col(Notice.code) == "same_person_perhaps")
    .where(col(Notice.settled_at).is_(None))
    .order_by(col(Notice.about))
)
_MEET_AGAIN: Final = text("""
    UPDATE client SET phone = COALESCE(:phone, phone), address = COALESCE(:address, address),
                      address_secret = address_secret OR :address_secret
    WHERE id = :id
""")
_LEAVE_HOUSEHOLD: Final = text("DELETE FROM household_member WHERE client_id = :id")


def _columns(table: type[SQLModel], *left_out: str) -> tuple[str, ...]:
    return tuple(name for name in table.model_fields if name not in left_out)


#: What an intake puts down, and the bell that tells of it.
_WRITE: Final = text(f"""
    WITH {GIVEN},
    {into("client", "clients", _columns(Client))},
    {into("household_member", "members", _columns(HouseholdMember))},
    {into("consent", "consents", _columns(Consent))},
    {into("journey", "journeys", _columns(Journey))},
    {into("inbox_event", "events", _columns(InboxEvent, "id"))},
    {into("notice", "notices", _columns(Notice))}
    SELECT pg_notify('{BELL}', '{Desk.INTAKE}')
""")


@dataclass(frozen=True, slots=True)
class Opened:
    """The journey that is open now."""

    number: str
    opened_on: date
    #: False where the same key had opened it before.
    fresh: bool
    #: Digest of the body it was opened with; None where its client was forgotten, and the event is gone.
    digest: str | None
    #: Journeys of somebody who may be the same person.
    perhaps: tuple[str, ...] = ()


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

    Raises:
        Refused: `same-person`: a journey of this person is open; nothing was kept.
    """
    for _ in range(2):
        try:
            async with engine.begin() as connection:
                await one_at_a_time(connection, [(intake.client.birth_date, intake.client.sex)])
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
    if row is None:
        return None
    perhaps = (await connection.execute(_PERHAPS, {"journey": row[0]})).scalars().all()
    return Opened(row[1], row[2], fresh=False, digest=row[3], perhaps=tuple(perhaps))


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
    standing = await look_for(connection, intake.client, intake.same_person)
    client, new = await _client(connection, intake, standing, now)
    members = [
        row_of(HouseholdMember, id=uuid7(now), client_id=client, **member.model_dump()) for member in intake.household
    ]
    consents = [
        row_of(
            Consent,
            **consent.model_dump(),
            id=uuid7(now),
            client_id=client,
            recorded_at=now,
        )
        | {"items": sorted(consent.items), "valid_from": consent.valid_from or opened_on}
        for consent in intake.consents
    ]
    (number,) = await next_numbers(connection.engine, Kind.JOURNEY, opened_on.year, 1)
    journey = row_of(
        Journey,
        id=uuid7(now),
        number=number,
        client_id=client,
        opened_on=opened_on,
        opened_at=now,
        needs=sorted(intake.needs),
        facts=intake.facts.model_dump(mode="json", exclude_none=True),
        intake_key=f"{token}:{key}",
    )
    event = row_of(
        InboxEvent,
        desk=Desk.INTAKE,
        journey_id=journey["id"],
        source=f"intake:{token}",
        source_id=key,
        word=JourneyEvent.OPENED,
        digest=digest,
        occurred_at=now,
        received_at=now,
    )
    rows = {
        "clients": new,
        "members": members,
        "consents": consents,
        "journeys": [journey],
        "events": [event],
        "notices": [_perhaps(journey, other, now) for other in standing.perhaps],
    }
    await connection.execute(_WRITE, {"given": as_json(rows)})
    return Opened(number, opened_on, fresh=True, digest=digest, perhaps=tuple(sorted(standing.perhaps)))


async def _client(
    connection: AsyncConnection, intake: Intake, standing: Standing, now: datetime
) -> tuple[UUID, list[dict[str, object]]]:
    """Return the client's id, and her row where she is new; a known one is changed to what she tells anew."""
    given = intake.client.model_dump()
    if standing.client_id is None:
        client = uuid7(now)
        return client, [row_of(Client, id=client, created_at=now, **given)]
    told = {name: given[name] for name in ("phone", "address", "address_secret")}
    await connection.execute(_MEET_AGAIN, {"id": standing.client_id, **told})
    await connection.execute(_LEAVE_HOUSEHOLD, {"id": standing.client_id})
    return standing.client_id, []


def _perhaps(journey: Mapping[str, object], other: str, now: datetime) -> dict[str, object]:
    return row_of(
        Notice,
        id=uuid7(now),
        journey_id=journey["id"],
        desk=Desk.INTAKE,
        code="same_person_perhaps",
        about=other,
        key=f"{journey['number']}:{Desk.INTAKE}:same_person_perhaps:{other}",
        raised_at=now,
    )
