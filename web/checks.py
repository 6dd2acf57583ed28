"""Whether what staff sent can be true and lawful: each check yields one problem a field, and none repeats a value."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

import orjson
from pydantic import BaseModel, JsonValue, ValidationError

from agencies.resident_number import where_held
from catalog import Catalog, UnknownWord
from models.case import COLLECTION
from models.facts import Facts
from models.facts_check import check_facts
from models.vocabulary import ReferralEvent
from web.field_problems import FieldProblem, of_pydantic
from web.problems import Refused
from web.shapes import ConsentGiven, ConsentWithdrawn, Intake, ReferralChosen, ReferralHappened

M = TypeVar("M", bound=BaseModel)

#: The facts that stand in the client's and household's own rows.
OWN_ROWS: Final = ("birth_date", "sex", "household")
#: Before this day no center of this kind was open.
FIRST_DAY: Final = date(2000, 1, 1)
#: How far ahead of the center's clock a moment may lie.
AHEAD: Final = timedelta(minutes=5)


def shaped(model: type[M], body: JsonValue) -> M:
    """Return the body in its shape, with JSON's own types only (no numbers in quotes).

    Raises:
        Refused: `resident-number`, or `bad-fields` with every field that does not fit.
    """
    problems: list[FieldProblem] = []
    shape: M | None = None
    try:
        shape = model.model_validate_json(orjson.dumps(body), strict=True)
    except ValidationError as error:
        problems = of_pydantic(error.errors(include_input=False, include_url=False, include_context=False))
    if shape is None:
        raise Refused("bad-fields", errors=problems)
    # Only now is every name in the body one of ours, so that a path repeats nothing.
    held = [
        FieldProblem(path, "it looks like a resident registration number", "Remove it.") for path in where_held(body)
    ]
    if held:
        raise Refused("resident-number", errors=held)
    return shape


def refuse(problems: Iterator[FieldProblem]) -> None:
    """Raise what was found.

    Raises:
        Refused: `bad-fields`, if there is any problem.
    """
    if found := list(problems):
        raise Refused("bad-fields", errors=found)


def of_intake(intake: Intake, opened_on: date, today: date, catalog: Catalog) -> Iterator[FieldProblem]:
    """Yield what is impossible or unlawful about an intake.

    Args:
        intake: As it was sent.
        opened_on: The day the client walked in (Asia/Seoul).
        today: The day it is (Asia/Seoul).
        catalog: What is known.
    """
    if opened_on > today:
        yield FieldProblem("opened_on", "it lies in the future", "Give the day the client walked in.")
    if opened_on < FIRST_DAY:
        yield FieldProblem("opened_on", f"it lies before {FIRST_DAY}", "Give the day the client walked in.")
    yield from _own_rows(intake.facts)
    if len(set(intake.needs)) != len(intake.needs):
        yield FieldProblem("needs", "it names a need twice", "Name each need once.")
    for problem in check_facts(facts_of(intake), opened_on):
        yield FieldProblem(_place(problem.field), problem.what, f"{problem.remedy[:1].upper()}{problem.remedy[1:]}.")
    for nth, consent in enumerate(intake.consents):
        yield from of_consent(consent, opened_on, catalog, f"consents.{nth}")
    if not any(_collects(consent, opened_on) for consent in intake.consents):
        yield FieldProblem(
            "consents",
            "none lets the center itself collect data on the day of intake",
            "Ask the client for consent of purpose collection (개인정보 보호법 §15) before opening a journey.",
        )


def of_consent(consent: ConsentGiven, day: date, catalog: Catalog, path: str) -> Iterator[FieldProblem]:
    """Yield what is wrong with one consent given on a day."""
    if consent.purpose == COLLECTION and consent.recipient is not None:
        yield FieldProblem(f"{path}.recipient", "collection is by the center itself", "Leave the recipient out.")
    if consent.purpose == "provision" and consent.recipient is None:
        yield FieldProblem(f"{path}.recipient", "it is missing", "Name the agency that is to receive the items.")
    if consent.recipient is not None and consent.recipient not in catalog.agencies:
        yield FieldProblem(f"{path}.recipient", "it is no agency of the catalog", "Use the agency's code.")
    if len(set(consent.items)) != len(consent.items):
        yield FieldProblem(f"{path}.items", "an item is named twice", "Name each item once.")
    if consent.valid_to < (consent.valid_from or day):
        yield FieldProblem(f"{path}.valid_to", "it lies before the consent begins", "Check both dates.")


def of_withdrawn(withdrawn: ConsentWithdrawn, catalog: Catalog) -> Iterator[FieldProblem]:
    """Yield what is wrong with a consent taken back: it names one agency, or the center itself and nobody."""
    if withdrawn.purpose == COLLECTION:
        if withdrawn.recipient is not None:
            yield FieldProblem("recipient", "collection is by the center itself", "Leave the recipient out.")
    elif withdrawn.recipient not in catalog.agencies:
        yield FieldProblem("recipient", "it is missing or no agency of the catalog", "Use the agency's code.")


def of_changed_facts(changed: Facts, now_known: Facts, on: date) -> Iterator[FieldProblem]:
    """Yield what cannot be true once these facts are changed.

    Args:
        changed: Only the changed facts are set.
        now_known: Everything known so far.
        on: The day of the event (Asia/Seoul).
    """
    if not changed.model_fields_set:
        yield FieldProblem("facts", "no fact is changed", "Send at least one.")
    yield from _own_rows(changed)
    merged = Facts.model_validate({**now_known.model_dump(), **changed.model_dump(exclude_unset=True)})
    for problem in check_facts(merged, on):
        yield FieldProblem(f"facts.{problem.field}", problem.what, f"{problem.remedy[:1].upper()}{problem.remedy[1:]}.")


def of_happened(said: ReferralHappened, program: str, catalog: Catalog) -> Iterator[FieldProblem]:
    """Yield words about a referral that are missing or that its program does not have."""
    word, known = ReferralEvent(said.event), catalog.program(program)
    wanted = f"It is a code of the program {program}; see docs/catalog.md."
    match word:
        case ReferralEvent.COMPLETED:
            if said.outcome is None or said.outcome not in known.outcomes:
                yield FieldProblem("outcome", "it is missing or no outcome of this program", wanted)
        case ReferralEvent.DECLINED:
            if said.reason is None or said.reason not in known.decline_reasons:
                yield FieldProblem("reason", "it is missing or no decline reason of this program", wanted)
        case ReferralEvent.PROGRESSED:
            try:
                known.milestone(said.lane or "main", said.milestone or "")
            except UnknownWord as unknown:
                field = "lane" if unknown.kind == "lane" else "milestone"
                yield FieldProblem(field, f"it is missing or no {field} of this program", wanted)
        case ReferralEvent.WITHDRAWN | ReferralEvent.EXPIRED | ReferralEvent.REOPENED | ReferralEvent.VOIDED:
            if said.reason is None:
                yield FieldProblem("reason", "it is missing", "Say why, as a code: it stays in the log for ever.")
        case _:
            pass
    yield from _of_elsewhere(said, catalog)


def _of_elsewhere(said: ReferralHappened, catalog: Catalog) -> Iterator[FieldProblem]:
    """Yield where it is to go instead, if the catalog does not know it."""
    if said.redirect_to is not None and said.redirect_to not in catalog.agencies:
        yield FieldProblem("redirect_to", "it is no agency of the catalog", "Use the agency's code.")
    if said.proposed_program is not None and said.proposed_program not in catalog.programs:
        yield FieldProblem("proposed_program", "it is no program of the catalog", "Use the program's code.")


def of_moment(occurred_at: datetime, now: datetime) -> Iterator[FieldProblem]:
    """Yield a problem where something is said to have happened later than now."""
    if occurred_at > now + AHEAD:
        yield FieldProblem("occurred_at", "it lies in the future", "Say it when it has happened.")


def facts_of(intake: Intake) -> Facts:
    """Return everything an intake tells, as the rules will see it."""
    household = tuple(member.model_dump(exclude={"name"}) for member in intake.household)
    own = {"birth_date": intake.client.birth_date, "sex": intake.client.sex, "household": household}
    return Facts.model_validate({**intake.facts.model_dump(exclude_unset=True), **own})


def _own_rows(facts: Facts) -> Iterator[FieldProblem]:
    for name in sorted(facts.model_fields_set.intersection(OWN_ROWS)):
        yield FieldProblem(f"facts.{name}", "it is no fact of its own", "It stands in client or household at intake.")


def _collects(consent: ConsentGiven, day: date) -> bool:
    return consent.purpose == COLLECTION and (consent.valid_from or day) <= day <= consent.valid_to


def _place(field: str) -> str:
    """Return where a fact stands in an intake."""
    first: Sequence[str] = field.split(".", 1)
    if first[0] == "household":
        return field
    return f"client.{field}" if first[0] in OWN_ROWS else f"facts.{field}"


def of_chosen(chosen: ReferralChosen, catalog: Catalog) -> Iterator[FieldProblem]:
    """Yield what is wrong with an agency chosen by hand."""
    if chosen.program not in catalog.programs:
        yield FieldProblem("program", "it is no program of the catalog", "Use the program's code.")
    agency = catalog.agencies.get(chosen.agency or "")
    if chosen.agency is None:
        return
    if agency is None:
        yield FieldProblem("agency", "it is no agency of the catalog", "Use the agency's code.")
    elif chosen.program in catalog.programs and chosen.program not in agency.programs:
        yield FieldProblem("agency", "it does not offer this program", "Choose one that does; see docs/catalog.md.")
