"""A referral in a real database, and the post that mails about it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from agencies.keyring import Keyring
from agencies.line import Endpoint
from agencies.link import LinkSeal
from agencies.link_book import LinkBook, links_arrived
from agencies.packet import BasisGiven, Packet, Person, pack
from agencies.post import MailServer, Post
from catalog import load
from models.database import open_engine
from models.facts import Facts
from models.keys import uuid7
from models.vocabulary import Basis, LetterType

CATALOG = load()
AGENCY = "onnuri-bakery"
MAILBOX = "owner@onnuri-bakery.example"
ENDPOINT = Endpoint(AGENCY, f"mailto:{MAILBOX}")
NUMBER = "R-2017-000108-8"
PERSON = Person(
    name="가나다", birth_date=date(1976, 3, 5), sex="female", phone="010-0000-0000", address="마포구 가온로 7"
)
REFERRAL_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOW = datetime(2017, 12, 4, tzinfo=UTC)
#: What may turn up nowhere outside the database.
PERSONAL = ("가나다", "010-0000-0000", "가온로", "1976-03-05")

_ROWS = (
    """INSERT INTO client (id, name, birth_date, sex, created_at, address_secret)
       VALUES (:id, '가나다', '1976-03-05', 'female', :now, false)""",
    """INSERT INTO journey (id, number, client_id, opened_on, opened_at, needs, facts)
       VALUES (:id, 'J-2017-000042-1', :id, '2017-12-04', :now, '[]', '{}')""",
    """INSERT INTO referral (id, number, journey_id, client_id, desk, program, agency, state, application_date, items,
                             created_at)
       VALUES (:id, :number, :id, :id, 'employment-subsidy', 'employment-promotion-subsidy', :agency, 'requested',
               '2017-12-04', '[]', :now)""",
    "INSERT INTO agency (code, url, added_at) VALUES (:agency, :url, :now)",
)


@dataclass
class Office:
    """One referral of one agency that reads mail; `now` may be set."""

    engine: AsyncEngine
    keyring: Keyring
    now: datetime = NOW

    def post(self, server: MailServer | None, **changed: Any) -> Post:  # noqa: ANN401 - handed on
        """Return the post by a server."""
        links = LinkBook(self.engine, LinkSeal(self.keyring), days=30)
        said: dict[str, Any] = {
            "center": "seoul-west",
            "public_url": "https://ieum.example",
            "clock": lambda: self.now,
            **changed,
        }
        return Post(server, links, CATALOG, **said)

    async def sent(self, post: Post, content: Packet) -> None:
        """Send a letter, and write down its arrival as a shift does."""
        delivered = await post.send(content, ENDPOINT)
        async with self.engine.begin() as connection:
            await links_arrived(connection, delivered.links, self.now)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what a statement finds."""
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]


@pytest_asyncio.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    """Give an office with one referral."""
    engine = open_engine(database_url)
    opened = Office(engine, Keyring("a-pretend-master-key-of-the-tests-and-of-nobody-else"))
    async with engine.begin() as connection:
        for statement in _ROWS:
            known = {"id": REFERRAL_ID, "now": NOW, "number": NUMBER, "agency": AGENCY, "url": ENDPOINT.url}
            await connection.execute(text(statement), known)
    yield opened
    await engine.dispose()


def letter(kind: LetterType = LetterType.REQUESTED, *, urgency: str = "normal", reason: str | None = None) -> Packet:
    """Return a letter that holds all that a webhook would tell."""
    return pack(
        ["name", "phone", "address", "birth_date"],
        PERSON,
        Facts(),
        letter_id=uuid7(NOW),
        agency=AGENCY,
        letter_type=kind,
        referral=NUMBER,
        program="employment-promotion-subsidy",
        made_at=NOW,
        application_date=date(2017, 12, 4),
        basis=BasisGiven(kind=Basis.CONSENT, cite="C-1"),
        urgency="urgent" if urgency == "urgent" else "normal",
        reason=reason,
    )
