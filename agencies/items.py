"""How each disclosure item is read from what the center knows: one line an item, unknown is None."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from models.facts import Facts
from models.vocabulary import Item


class Person(BaseModel):
    """Who the client is, as the client row holds it. Its repr shows nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    birth_date: date
    sex: str
    phone: str | None = None
    #: Never handed on where `address_secret`.
    address: str | None = None
    #: True where the address must be given to nobody (domestic violence).
    address_secret: bool = False

    def __repr_args__(self) -> list[tuple[str | None, object]]:
        """Show nothing."""
        return []


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """All there is to pick from."""

    person: Person
    facts: Facts
    told: Mapping[Item, JsonValue]


def value_of(item: Item, known: Known) -> JsonValue:
    """Return the item's value as it goes on the wire, or None where it is not known."""
    if item in known.told:
        return known.told[item]
    read = _READ.get(item)
    return None if read is None else read(known)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _some(**values: JsonValue) -> JsonValue:
    """Return the values that are known, or None where none is."""
    found: dict[str, JsonValue] = {name: value for name, value in values.items() if value is not None}
    return found or None


def _address(known: Known) -> JsonValue:
    return None if known.person.address_secret else known.person.address


def _household(known: Known) -> JsonValue:
    if known.facts.household is None:
        return None
    return [
        {
            "relation": member.relation,
            "birth_date": _day(member.birth_date),
            "lives_together": member.lives_together,
        }
        for member in known.facts.household
    ]


def _children(known: Known) -> JsonValue:
    if known.facts.household is None:
        return None
    return [
        {"birth_date": _day(child.birth_date), "school_level": child.school_level} for child in known.facts.children
    ]


def _crisis(known: Known) -> JsonValue:
    return _some(cause=known.facts.crisis, on=_day(known.facts.crisis_on))


def _debts(known: Known) -> JsonValue:
    facts = known.facts
    return _some(
        unsecured_won=facts.debts_unsecured_won,
        secured_won=facts.debts_secured_won,
        overdue_months=facts.debt_overdue_months,
        creditors=facts.creditors,
    )


def _employment(known: Known) -> JsonValue:
    facts = known.facts
    return _some(
        employed=facts.employed,
        last_job_ended_on=_day(facts.last_job_ended_on),
        job_seeker_registered_on=_day(facts.job_seeker_registered_on),
    )


_READ: Final[dict[Item, Callable[[Known], JsonValue]]] = {
    Item.NAME: lambda known: known.person.name,
    Item.BIRTH_DATE: lambda known: known.person.birth_date.isoformat(),
    Item.SEX: lambda known: known.person.sex,
    Item.PHONE: lambda known: known.person.phone,
    Item.ADDRESS: _address,
    Item.HOUSEHOLD: _household,
    Item.CHILDREN: _children,
    Item.CRISIS: _crisis,
    Item.INCOME: lambda known: _some(won_per_month=known.facts.monthly_income),
    Item.RECOGNIZED_INCOME: lambda known: _some(won_per_month=known.facts.recognized_income),
    Item.DEBTS: _debts,
    Item.EMPLOYMENT: _employment,
    Item.JOB_PROFILE: lambda known: _some(career_break=known.facts.career_break),
    Item.JOB_WISH: lambda known: known.facts.job_wish,
}
