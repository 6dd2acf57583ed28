"""The packet: the only shape an adapter accepts, holding no more about the client than its program allows.

개인정보 보호법 §16 (minimum), §17 and §18 (purpose, recipient, items), read 2026-11-22. Packing picks from a
`Person` and the facts exactly the items of the program's catalog entry, and only into the request itself: a reminder,
an amendment (which says by its reason what has changed) or a withdrawal carries none. Neither repr nor pickle shows a
value.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, Literal, NoReturn, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from agencies.errors import WireError
from agencies.items import Known, Person, value_of
from models.facts import Facts
from models.vocabulary import Basis, Item, LetterType

__all__ = ["BasisGiven", "Packet", "Person", "UnpackableItem", "pack", "unpack"]

Urgency = Literal["normal", "urgent"]

#: The one letter that carries items; every other speaks of a referral the agency already knows.
CARRIES_ITEMS: Final = LetterType.REQUESTED
_ITEMS: Final = {item.value: item for item in Item}


class UnpackableItem(WireError, ValueError):  # noqa: N818 - it names what is wrong
    """An item is no word of the house, or is not allowed for this program: mend the catalog or the caller."""


class BasisGiven(BaseModel):
    """Why this disclosure is lawful, as the agency is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Basis
    #: The consent's number, or the paragraph.
    cite: str


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Packet:
    """One letter's content. Born by `pack` or, from the outbox, by `unpack`."""

    #: UUIDv7, fixed when the letter is made; the idempotency key for ever.
    letter_id: UUID
    #: Code of the addressee.
    agency: str
    type: LetterType
    #: Number of the referral.
    referral: str
    program: str
    #: When the letter was made, aware.
    made_at: datetime
    #: The date that counts in law (Asia/Seoul).
    application_date: date
    urgency: Urgency
    #: None only where no item leaves.
    basis: BasisGiven | None
    #: Program's or center's reason code for a cancellation; what has changed, for an amendment.
    reason: str | None
    #: Number of the referral this one continues.
    predecessor: str | None
    items: Mapping[Item, JsonValue]

    def __post_init__(self) -> None:
        checked = {_item(word): value for word, value in self.items.items()}
        if checked and self.basis is None:
            raise ValueError("nothing about a client leaves without a basis: consent, statute or vital interest")
        object.__setattr__(self, "items", MappingProxyType(checked))

    @property
    def subject(self) -> str:
        """Return what the letter is about: the referral's number."""
        return self.referral

    def data(self) -> dict[str, JsonValue]:
        """Return the envelope's `data`: what the outbox keeps and the agency gets."""
        data: dict[str, JsonValue] = {
            "referral": self.referral,
            "program": self.program,
            "application_date": self.application_date.isoformat(),
            "urgency": self.urgency,
            "items": {str(item): value for item, value in self.items.items()},
        }
        if self.basis is not None:
            data["basis"] = {"kind": str(self.basis.kind), "cite": self.basis.cite}
        if self.reason is not None:
            data["reason"] = self.reason
        if self.predecessor is not None:
            data["predecessor"] = self.predecessor
        return data

    def __repr__(self) -> str:
        return f"Packet({self.letter_id}, {self.type}, {self.referral}, items: {', '.join(self.items) or 'none'})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a packet is not pickled: Prefect and caches would keep it")


def pack(  # noqa: PLR0913 - what a letter says, each by its name
    items_allowed: Iterable[str],
    person: Person,
    facts: Facts,
    *,
    letter_id: UUID,
    agency: str,
    letter_type: LetterType,
    referral: str,
    program: str,
    made_at: datetime,
    application_date: date,
    basis: BasisGiven | None,
    urgency: Urgency = "normal",
    reason: str | None = None,
    predecessor: str | None = None,
    told: Mapping[str, JsonValue] | None = None,
) -> Packet:
    """Pick the allowed items and nothing else; what is not known is left out.

    Args:
        items_allowed: `items` of the program's catalog entry.
        person: Who the client is.
        facts: What the journey knows.
        letter_id: UUIDv7, the idempotency key for ever.
        agency: Code of the addressee.
        letter_type: Only `referral.requested` carries items.
        referral: Its number.
        program: Its code.
        made_at: When the letter is made, aware.
        application_date: The date that counts in law (Asia/Seoul).
        basis: Why the disclosure is lawful; None only where no item leaves.
        urgency: Whether the agency is asked to answer within hours.
        reason: Reason code of a cancellation; what has changed, for an amendment.
        predecessor: Number of the referral this one continues.
        told: Values of items that are neither person nor fact (`screening`, `hire`, `wage`, `target_confirmation`);
            a told value goes before a fact.

    Raises:
        UnpackableItem: An allowed or told item is no word of the house, or a told one is not allowed.
        ValueError: Items would leave without a basis.
    """
    allowed = tuple(dict.fromkeys(_item(word) for word in items_allowed))
    extra = {_item(word): value for word, value in (told or {}).items()}
    if not extra.keys() <= set(allowed):
        raise UnpackableItem("an item was told that this program does not allow")
    known = Known(person, facts, extra)
    carried = allowed if letter_type is CARRIES_ITEMS else ()
    return Packet(
        letter_id=letter_id,
        agency=agency,
        type=letter_type,
        referral=referral,
        program=program,
        made_at=made_at,
        application_date=application_date,
        urgency=urgency,
        basis=basis,
        reason=reason,
        predecessor=predecessor,
        items={item: value for item in carried if (value := value_of(item, known)) is not None},
    )


def unpack(
    data: Mapping[str, object],
    items_allowed: Iterable[str],
    *,
    letter_id: UUID,
    agency: str,
    letter_type: LetterType,
    made_at: datetime,
) -> Packet:
    """Return the packet whose `data()` the outbox kept, held once more to what its program allows.

    Raises:
        UnpackableItem: The kept items are not all allowed, or are no words of the house.
        KeyError, ValueError, TypeError: The kept data is none that `Packet.data` made.
    """
    if not isinstance(data["items"], dict):
        raise TypeError("the kept letter's items are no object")
    items = cast("dict[str, JsonValue]", data["items"])
    if not set(items) <= set(items_allowed):
        raise UnpackableItem("the kept letter holds an item that this program does not allow")
    basis, reason, predecessor = data.get("basis"), data.get("reason"), data.get("predecessor")
    return Packet(
        letter_id=letter_id,
        agency=agency,
        type=letter_type,
        referral=str(data["referral"]),
        program=str(data["program"]),
        made_at=made_at,
        application_date=date.fromisoformat(str(data["application_date"])),
        urgency="urgent" if data["urgency"] == "urgent" else "normal",
        basis=None if basis is None else BasisGiven.model_validate(basis),
        reason=None if reason is None else str(reason),
        predecessor=None if predecessor is None else str(predecessor),
        items={_item(word): value for word, value in items.items()},
    )


def _item(word: str) -> Item:
    item = _ITEMS.get(word)
    if item is None:
        raise UnpackableItem("an item is no word of models.vocabulary.Item")
    return item
