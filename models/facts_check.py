"""The check of what intake was told: impossible facts are named field by field, and no message repeats a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from models.facts import Facts

_OLDEST_YEARS = 120

#: Days that cannot lie after the day the facts were taken.
_PAST_DAYS = (
    "single_parent_since",
    "crisis_on",
    "hired_on",
    "last_job_ended_on",
    "job_seeker_registered_on",
    "unemployment_benefit_from",
    "earlier_package_ended_on",
    "earlier_support_ended_on",
    "program_completed_on",
    "livelihood_recipient_from",
    "medical_aid_recipient_from",
    "employer_laid_off_on",
    "discharge_on",
    "earlier_aid_ended_on",
)

#: A day that contradicts a plain "no".
_DENIED = (
    ("unemployment_benefit", "unemployment_benefit_from"),
    ("earlier_package", "earlier_package_ended_on"),
    ("earlier_support", "earlier_support_ended_on"),
    ("program_completed", "program_completed_on"),
    ("employer_laid_off", "employer_laid_off_on"),
    ("earlier_discharge", "discharge_on"),
    ("earlier_aid", "earlier_aid_ended_on"),
)

_REMEDIES = {
    "extra_forbidden": ("is not a fact the center asks", "remove it, or spell it as docs/catalog.md does"),
    "missing": ("is missing", "give it"),
    "literal_error": ("is not one of the words allowed", "use a word of docs/catalog.md"),
    "greater_than_equal": ("is below zero", "give zero or more"),
    "less_than_equal": ("is larger than can be", "check the number of digits"),
    "string_pattern_mismatch": ("is not a code", "use lower-case letters, digits and hyphens"),
    "string_too_long": ("is too long", "shorten it"),
}


@dataclass(frozen=True, order=True, slots=True)
class FactProblem:
    """One thing wrong with one field: `household.0.birth_date`, what is wrong, what to do."""

    field: str
    what: str
    remedy: str


class FactsRefused(Exception):  # noqa: N818 - names what happened, as all faults of this house do
    """The facts cannot be: ask the client again."""

    def __init__(self, problems: list[FactProblem]) -> None:
        """Keep every problem; the text names fields and never values."""
        self.problems = tuple(sorted(problems))
        super().__init__("; ".join(f"{problem.field} {problem.what}" for problem in self.problems))


def read_facts(given: Mapping[str, object], on: date) -> Facts:
    """Read facts as taken on a day.

    Args:
        given: Facts by name, as JSON gives them.
        on: Asia/Seoul date.

    Raises:
        FactsRefused: with every field that is malformed or impossible; no value is repeated.
    """
    try:
        facts = Facts.model_validate(given)
    except ValidationError as error:
        refused = [
            FactProblem(
                ".".join(str(part) for part in inner["loc"]),
                *_REMEDIES.get(inner["type"], ("cannot be read", "give it in the form of docs/catalog.md")),
            )
            for inner in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise FactsRefused(refused) from None
    if problems := check_facts(facts, on):
        raise FactsRefused(problems)
    return facts


def check_facts(facts: Facts, on: date) -> list[FactProblem]:
    """Name what cannot be true of facts taken on a day; an empty list means that nothing contradicts."""
    return sorted([*_people(facts, on), *_days(facts, on), *_contradictions(facts)])


def _people(facts: Facts, on: date) -> Iterator[FactProblem]:
    born = [("birth_date", facts.birth_date)]
    born += [(f"household.{index}.birth_date", member.birth_date) for index, member in enumerate(facts.household or ())]
    for field, day in born:
        if day is not None and day > on:
            yield FactProblem(field, "lies in the future", "check the year")
        elif day is not None and on.year - day.year > _OLDEST_YEARS:
            yield FactProblem(field, f"is more than {_OLDEST_YEARS} years ago", "check the year")
    if facts.birth_date is None:
        return
    for index, member in enumerate(facts.household or ()):
        if member.birth_date is None:
            continue
        if member.relation == "child" and member.birth_date <= facts.birth_date:
            yield FactProblem(f"household.{index}.birth_date", "makes a child older than the client", "check both")
        if member.relation == "parent" and member.birth_date >= facts.birth_date:
            yield FactProblem(f"household.{index}.birth_date", "makes a parent younger than the client", "check both")


def _days(facts: Facts, on: date) -> Iterator[FactProblem]:
    for field in _PAST_DAYS:
        day: date | None = getattr(facts, field)
        if day is None:
            continue
        if day > on:
            yield FactProblem(field, "lies in the future", "give a day that has come, or leave it out")
        elif facts.birth_date is not None and day < facts.birth_date:
            yield FactProblem(field, "lies before the client's birth", "check both dates")
    start, end = facts.unemployment_benefit_from, facts.unemployment_benefit_to
    if start is not None and end is not None and end < start:
        yield FactProblem("unemployment_benefit_to", "lies before the benefit began", "check both dates")


def _contradictions(facts: Facts) -> Iterator[FactProblem]:
    for denied, day in _DENIED:
        if getattr(facts, denied) is False and getattr(facts, day) is not None:
            yield FactProblem(day, f"is given although {denied} says no", "remove one of the two")
    if facts.crisis == "none" and facts.crisis_on is not None:
        yield FactProblem("crisis_on", "is given although there is no crisis", "remove one of the two")
    spouses = [member for member in facts.together if member.relation == "spouse"]
    if len(spouses) > 1:
        yield FactProblem("household", "names more than one spouse", "list each person once")
    if spouses and facts.marital in {"divorced", "widowed", "single"}:
        yield FactProblem("household", "names a spouse although the marital status says none", "correct one of the two")
    if facts.marital == "married" and facts.single_parent_since is not None:
        yield FactProblem("single_parent_since", "is given although married", "say separated, or remove it")
    heads, paid_for = facts.employer_insured_heads, facts.employer_subsidized_heads
    if heads is not None and paid_for is not None and paid_for > heads:
        yield FactProblem("employer_subsidized_heads", "is more than all who are insured there", "check both")
    if facts.creditors == 0 and (facts.debts_unsecured_won or facts.debts_secured_won):
        yield FactProblem("creditors", "is zero although there are debts", "count the creditors")
