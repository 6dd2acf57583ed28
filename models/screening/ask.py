"""One screening in the making: the facts, the catalog and the day, and the comparisons every program shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from catalog import Catalog, NoValueOn, Period
from models.facts import Facts
from models.household import Member
from models.screening.logic import Finding, all_of, any_of, known
from models.spans import within_months

_PERCENT = 100
#: How near a line an amount may lie, in percent of the line, before it is the office's to find: what a client states,
#: and what an asset is worth in income, is known no better.
NEAR = 10


def line_of(percent: int, median: int) -> int:
    """Return a percentage of the median income, rounded half up to the won, as the official tables are."""
    return (median * percent + _PERCENT // 2) // _PERCENT


def is_near(amount: int, line: int, percent: int = NEAR) -> bool:
    """Say whether an amount lies within so many percent of a line, on either side."""
    return _PERCENT * abs(amount - line) <= percent * line


@dataclass(frozen=True, slots=True)
class Ask:
    """What a predicate asks: facts of a client on the legally relevant day, and the catalog's numbers for it."""

    facts: Facts
    catalog: Catalog
    on: date

    def number(self, code: str) -> int | None:
        """Return a parameter with one value, or None where the catalog holds none for the day."""
        period = self.period(code)
        return None if period is None else period.value

    def period(self, code: str) -> Period | None:
        """Return the period of a parameter that holds on the day, or None where there is none."""
        try:
            return self.catalog.parameter(code, self.on)
        except NoValueOn:
            return None

    def income_line(self, percent_code: str) -> tuple[int | None, str, frozenset[str]]:
        """Return the income line for the household, its label "(52 %, 2018)", and what is missing for it."""
        size, percent, median = self.facts.household_size, self.number(percent_code), self.period("median-income")
        missing = {"household"} if size is None else set[str]()
        missing |= {f"catalog.{percent_code}"} if percent is None else set()
        missing |= {"catalog.median-income"} if median is None else set()
        label = f"({percent} %, {self.on.year})"
        if size is None or percent is None or median is None:
            return None, label, frozenset(missing)
        middle = median.for_household(size)
        if middle is None:
            return None, label, frozenset({"catalog.median-income"})
        return line_of(percent, middle), label, frozenset()

    def income_within(self, fact: str, percent_code: str, near: int = NEAR) -> Finding:
        """Compare an income with a percentage of the median for the household.

        Args:
            fact: `monthly_income` or `recognized_income`.
            percent_code: Parameter that holds the percentage.
            near: How near is near, in percent of the line.
        """
        amount: int | None = getattr(self.facts, fact)
        line, label, missing = self.income_line(percent_code)
        if amount is None or line is None:
            wanted = missing | ({fact} if amount is None else frozenset[str]())
            return Finding(None, (f"{fact} against the line {label}: not known",), wanted)
        met = amount <= line
        text = f"{self._persons()} {amount:,} {'≤' if met else '>'} {line:,} {label}"
        return Finding(met, (text,), near=is_near(amount, line, near))

    def income_above(self, fact: str, percent_code: str) -> Finding:
        """Say whether an income leaves something above a percentage of the median for the household."""
        within = self.income_within(fact, percent_code)
        return Finding(None if within.truth is None else not within.truth, within.lines, within.missing, within.near)

    def at_most(self, what: str, amount: int | None, limit: int | None, fact: str, code: str) -> Finding:
        """Compare an amount with a limit of the catalog.

        Args:
            what: The amount in words.
            amount: In won; None while nobody knows.
            limit: In won; None where the catalog holds none for the day.
            fact: The fact to ask for where the amount is missing.
            code: The parameter that is missing where the limit is.
        """
        if amount is None or limit is None:
            missing = {name for name, value in ((fact, amount), (f"catalog.{code}", limit)) if value is None}
            return Finding(None, (f"{what}: not known",), frozenset(missing))
        met = amount <= limit
        return Finding(met, (f"{what} {amount:,} {'≤' if met else '>'} {limit:,}",), near=is_near(amount, limit))

    def age_between(self, first: int, last: int) -> Finding:
        """Say whether the client is of an age, both ends included."""
        age = self.facts.age(self.on)
        return known(None if age is None else first <= age <= last, f"age {first} to {last}", "birth_date")

    def months_since(self, what: str, day: date | None, at_most: int | None, fact: str) -> Finding:
        """Say whether a day lies at most so many months back.

        Args:
            what: What happened on that day, in words.
            day: None while nobody knows.
            at_most: Full months; None where the catalog holds no number for the day.
            fact: The fact to ask for where either is missing.
        """
        if day is None or at_most is None:
            return Finding(None, (f"{what}: not known",), frozenset({fact}))
        limit = f"{what} within {at_most} months"
        return known(within_months(day, at_most, self.on), limit)

    def unemployment_benefit(self, months: int = 0) -> Finding:
        """Say whether the client receives unemployment benefit, or did so up to some months before."""
        facts = self.facts
        line = f"unemployment benefit now or within {months} months" if months else "receives unemployment benefit"
        days = {"unemployment_benefit_from": facts.unemployment_benefit_from}
        days["unemployment_benefit_to"] = facts.unemployment_benefit_to
        missing = [name for name, day in days.items() if day is None]
        if facts.unemployment_benefit is None and len(missing) == len(days):
            missing = ["unemployment_benefit"]
        return known(facts.on_unemployment_benefit(self.on, months), line, *missing)

    def child(self, what: str, *tests: Finding) -> Finding:
        """Say whether one child passes; `tests` are the findings child by child."""
        if self.facts.household is None:
            return known(None, what, "household")
        found = any_of(*tests)
        return known(found.truth, what, *(found.missing or {"household"}))

    def young(self, member: Member, below: int | None) -> Finding:
        """Say whether a member of the household is below an age of the catalog."""
        return known(None if below is None else member.under(below, self.on), f"under {below}", "household")

    def studying(self, member: Member, below: int | None) -> Finding:
        """Say whether a member is in school and below an age of the catalog."""
        return all_of(self.young(member, below), known(member.in_school, "in school", "household"))

    def _persons(self) -> str:
        size = self.facts.household_size
        return f"{size} person{'s' if size != 1 else ''}"
