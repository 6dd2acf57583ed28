"""What of a request its agency may see today: what was disclosed, while a basis carries it and where it is still so.

The letter says what was so when it was sent, and stays as it was sent. A phone or address that has changed since is not
shown and said to have changed; one that must be given to nobody is not shown, and nothing is said of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from agencies.items import Known, Person, value_of
from agencies.packet import BasisGiven, Packet
from catalog import Catalog
from models.casebook import load_cases
from models.facts import Facts
from models.lapsing import basis_today
from models.vocabulary import Item
from tasks import statements as sql

#: What the client's own row holds, and may change in it.
_OWN: Final = (Item.PHONE, Item.ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What may be seen. Its repr shows nothing of the client."""

    urgent: bool
    basis: BasisGiven
    items: Mapping[Item, JsonValue] = field(repr=False)
    #: What was disclosed and is no longer so.
    changed: frozenset[Item]


async def seen_today(
    connection: AsyncConnection, catalog: Catalog, request: Packet, journey: UUID, today: date
) -> Seen | None:
    """Return what of a request may be seen, or None where no basis carries it any more.

    Args:
        connection: To the house's database.
        catalog: What is known.
        request: As it was sent.
        journey: Whose referral it asks for.
        today: In Seoul.

    Raises:
        pydantic.ValidationError, UnknownWord: What is kept of the journey cannot be read.
        sqlalchemy.exc.SQLAlchemyError: The database is away.
    """
    case = (await load_cases(connection, [journey], catalog, today)).get(journey)
    referral = None if case is None else case.by_number(request.referral)
    basis = None if case is None or referral is None else basis_today(case, referral)
    if basis is None:
        return None
    row = (await connection.execute(sql.PEOPLE, {"journeys": [journey]})).mappings().one()
    person = Person.model_validate({name: value for name, value in row.items() if name != "id"})
    known = Known(person, Facts(), {})
    other = {item for item in _OWN if item in request.items and request.items[item] != value_of(item, known)}
    hidden = {Item.ADDRESS} if person.address_secret else set[Item]()
    return Seen(
        urgent=request.urgency == "urgent",
        basis=BasisGiven(kind=basis[0], cite=basis[1]),
        items={item: value for item, value in request.items.items() if item not in other | hidden},
        changed=frozenset(other - hidden),
    )
