"""The population: invented people with needs, as they walk in over the year. No one of them exists.

Each has facts of which the intake learns only a part; the rest comes out when staff ask for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from deployments.simulation.dice import Dice
from models.counting import SEOUL
from models.vocabulary import Item

#: Facts that nobody tells at the first interview: they are reckoned or asked for later.
TOLD_LATER: Final = frozenset({"recognized_income", "obligor_ok", "employer", "creditors_in_agreement"})
#: Where the people live; the last is outside the center's own districts.
_DISTRICTS: Final = (("mapo", 45.0), ("eunpyeong", 25.0), ("seodaemun", 18.0), ("yongsan", 12.0))
_CONSENT_YEARS: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented client.

    Attributes:
        nth: Number in the population, from 1.
        comes_at: When the client walks in, aware.
        client: Who it is, as the intake door takes it.
        household: The others, likewise.
        needs: What help is asked for.
        facts: Everything that is true; `told` is what the first interview hears of it.
        agrees: Agencies to which data may go from the first day on.
    """

    nth: int
    comes_at: datetime
    client: Mapping[str, Any]
    household: Sequence[Mapping[str, Any]]
    needs: Sequence[str]
    facts: Mapping[str, Any]
    agrees: Sequence[str]

    @property
    def told(self) -> Mapping[str, Any]:
        """What the first interview hears."""
        return {name: value for name, value in self.facts.items() if name not in TOLD_LATER}

    def intake(self) -> dict[str, Any]:
        """Return the body of `POST /api/journeys`."""
        until = (self.comes_at.astimezone(SEOUL).date() + _CONSENT_YEARS).isoformat()
        everything = sorted(item.value for item in Item)
        consents: list[dict[str, Any]] = [
            {"purpose": "collection", "given_by": given_by, "items": everything, "valid_to": until}
            for given_by in ("self", *(["guardian"] if self.has_children else []))
        ]
        consents += [consent for agency in self.agrees for consent in self.consents_to(agency, until)]
        return {
            "client": dict(self.client),
            "household": [dict(member) for member in self.household],
            "needs": sorted(self.needs),
            "facts": dict(self.told),
            "consents": consents,
        }

    def consents_to(self, agency: str, until: str) -> list[dict[str, Any]]:
        """Return what the client signs for one agency (and, for a child, as its guardian)."""
        everything = sorted(item.value for item in Item)
        mine = {"purpose": "provision", "recipient": agency, "items": everything, "valid_to": until}
        child = {**mine, "given_by": "guardian", "items": ["children", "household"]}
        return [mine, child] if self.has_children else [mine]

    @property
    def has_children(self) -> bool:
        """Whether a child lives in the household."""
        return any(member["relation"] == "child" for member in self.household)


@dataclass(slots=True)
class _Drawn:
    """A kind of client as drawn: age range, household, needs and facts."""

    sex: str
    age: int
    household: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    needs: list[str] = field(default_factory=list[str])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


def population(seed: int, clients: int, first: date, days: int) -> list[Person]:
    """Return the people of a simulation in the order in which they walk in.

    Args:
        seed: Of the simulation.
        clients: How many.
        first: The first day, Asia/Seoul.
        days: How many days; people come on weekdays, the last of them a month before the end at the latest.
    """
    arrivals = max(1, days - min(30, days // 4))
    people = [_person(seed, nth, first, arrivals) for nth in range(1, clients + 1)]
    return sorted(people, key=lambda person: (person.comes_at, person.nth))


def _person(seed: int, nth: int, first: date, days: int) -> Person:
    dice = Dice(seed, "person", nth)
    day = first + timedelta(days=dice.number(0, days - 1))
    while day.weekday() > 4:  # noqa: PLR2004 - Saturday and Sunday
        day += timedelta(days=1)
    # No two people walk in at the same moment: then keys, numbers and the order of work follow from the seed alone.
    comes_at = datetime.combine(day, time(9, 5), SEOUL) + timedelta(
        minutes=dice.number(0, 470), milliseconds=nth % 60_000
    )
    drawn = dice.one_of([(kind, weight) for kind, weight in _KINDS])(dice, day)
    born = date(day.year - drawn.age, dice.number(1, 12), dice.number(1, 28))
    district = dice.one_of(_DISTRICTS)
    facts = {"district": district, "crisis": "none", "seizure_pending": False, "earlier_aid": False} | drawn.facts
    agrees = [agency for agency in _NEAR if dice.happens(0.8)]
    return Person(
        nth=nth,
        comes_at=comes_at,
        client={
            "name": f"모의 {nth:05d}",
            "birth_date": born.isoformat(),
            "sex": drawn.sex,
            "phone": f"010-0000-{nth % 10_000:04d}",
        },
        household=drawn.household,
        needs=drawn.needs,
        facts=facts,
        agrees=agrees,
    )


#: Agencies in the hall for which most clients sign at once.
_NEAR: Final = ("mapo-welfare-team", "microfinance-desk", "mid-career-job-hope-center", "womens-reemployment-center")


def _money(dice: Dice, least: int, most: int) -> int:
    return dice.number(least, most, 10_000)


def _child(dice: Dice, day: date) -> dict[str, Any]:
    age = dice.number(3, 17)
    level = "none" if age < 7 else "elementary" if age < 13 else "middle" if age < 16 else "high"  # noqa: PLR2004
    born = date(day.year - age - 1, dice.number(1, 12), dice.number(1, 28))
    return {"relation": "child", "birth_date": born.isoformat(), "school_level": level, "lives_together": True}


def _debts(dice: Dice) -> dict[str, Any]:
    return {
        "debts_unsecured_won": _money(dice, 8_000_000, 140_000_000),
        "debts_secured_won": 0,
        "debt_overdue_months": dice.number(1, 20),
        "creditors": dice.number(1, 11),
        "creditors_in_agreement": dice.happens(0.5),
        "earlier_discharge": False,
        "credit_recovery": False,
        "income_expected": dice.happens(0.7),
    }


def _seeking_work(dice: Dice, day: date) -> dict[str, Any]:
    ended = day - timedelta(days=dice.number(10, 300))
    return {
        "employed": False,
        "last_job_ended_on": ended.isoformat(),
        "job_seeker_registered_on": day.isoformat(),
        "unemployment_benefit": False,
        "earlier_package": False,
        "worked_days_24m": dice.number(0, 500),
        "livelihood_recipient": False,
        "medical_aid_recipient": False,
        "chronic_illness": dice.happens(0.1),
    }


def _poor(dice: Dice) -> dict[str, Any]:
    income = _money(dice, 0, 1_900_000)
    return {
        "monthly_income": income,
        "recognized_income": income + _money(dice, 0, 400_000),
        "obligor_ok": dice.happens(0.85),
        "property_won": _money(dice, 0, 180_000_000),
        "financial_assets_won": _money(dice, 0, 9_000_000),
    }


def _single_parent(dice: Dice, day: date) -> _Drawn:
    parted = day - timedelta(days=dice.number(30, 900))
    facts: dict[str, Any] = {"marital": "divorced", "single_parent_since": parted.isoformat()}
    facts |= _seeking_work(dice, day) | _poor(dice)
    if dice.happens(0.6):
        facts |= {"crisis": "job_loss", "crisis_on": facts["last_job_ended_on"]}
    needs = ["living", "benefits", "job"]
    if dice.happens(0.45):
        facts |= _debts(dice)
        needs.append("debt")
    children = [_child(dice, day) for _ in range(dice.number(1, 2))]
    return _Drawn("female" if dice.happens(0.75) else "male", dice.number(36, 55), children, needs, facts)


def _laid_off(dice: Dice, day: date) -> _Drawn:
    facts: dict[str, Any] = {"marital": "married", "crisis": "job_loss"}
    facts |= _seeking_work(dice, day) | _poor(dice)
    facts |= {"crisis_on": facts["last_job_ended_on"], "monthly_income": _money(dice, 400_000, 4_800_000)}
    spouse = {"relation": "spouse", "birth_date": date(day.year - 48, 5, 5).isoformat(), "lives_together": True}
    needs = ["job", *(["living"] if dice.happens(0.4) else [])]
    return _Drawn("male" if dice.happens(0.6) else "female", dice.number(40, 64), [spouse], needs, facts)


def _young(dice: Dice, day: date) -> _Drawn:
    facts: dict[str, Any] = {"marital": "single"} | _seeking_work(dice, day) | _poor(dice)
    parent = {"relation": "parent", "birth_date": date(day.year - 56, 3, 3).isoformat(), "lives_together": True}
    home = [parent] if dice.happens(0.6) else []
    return _Drawn("female" if dice.happens(0.5) else "male", dice.number(19, 34), home, ["job"], facts)


def _after_a_break(dice: Dice, day: date) -> _Drawn:
    facts: dict[str, Any] = {"marital": "married", "career_break": True} | _seeking_work(dice, day) | _poor(dice)
    facts |= {"monthly_income": _money(dice, 1_500_000, 6_000_000)}
    spouse = {"relation": "spouse", "birth_date": date(day.year - 41, 7, 7).isoformat(), "lives_together": True}
    return _Drawn("female", dice.number(31, 50), [spouse, _child(dice, day)], ["job"], facts)


def _indebted(dice: Dice, day: date) -> _Drawn:
    facts: dict[str, Any] = {"marital": "single"} | _seeking_work(dice, day) | _poor(dice) | _debts(dice)
    if dice.happens(0.3):
        facts |= {"crisis": "arrears", "crisis_on": (day - timedelta(days=40)).isoformat()}
    needs = ["debt", *(["job"] if dice.happens(0.7) else []), *(["living"] if dice.happens(0.3) else [])]
    return _Drawn("male" if dice.happens(0.55) else "female", dice.number(28, 64), [], needs, facts)


_KINDS: Final[Sequence[tuple[Callable[[Dice, date], _Drawn], float]]] = (
    (_single_parent, 24.0),
    (_laid_off, 28.0),
    (_young, 20.0),
    (_after_a_break, 12.0),
    (_indebted, 16.0),
)
