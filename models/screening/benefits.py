"""Benefits by recognized income: single-parent support, near-poor co-payment relief, the education benefit.

한부모가족지원법 §4 §5, 국민건강보험법 시행규칙 §14, 국민기초생활 보장법 §12의2; read 2026-11-22.
The lines come from the catalog.
"""

from __future__ import annotations

from models.screening.ask import Ask
from models.screening.logic import Finding, all_of, any_of, known
from models.screening.result import Assessment, Exclusion, Way

_SCHOOLS = frozenset({"elementary", "middle", "high"})


def single_parent_support(ask: Ask) -> Assessment:
    """Assess support for a low-income single-parent family."""
    conditions = all_of(
        alone(ask),
        raises_child(ask),
        ask.income_within("recognized_income", "single-parent-income-percent"),
    )
    return Assessment((Way("single parent", conditions),), _allowances(ask))


def copay_relief(ask: Ask) -> Assessment:
    """Assess co-payment relief; it belongs to persons, and one who can have it is enough to apply."""
    facts = ask.facts
    below = ask.number("copay-child-age")
    child = ask.child(f"a member under {below}", *(ask.young(member, below) for member in facts.together))
    ill = known(facts.chronic_illness, "chronic or severe illness, six months or more", "chronic_illness")
    conditions = all_of(
        any_of(child, ill),
        ask.income_within("recognized_income", "copay-income-percent"),
        known(facts.obligor_ok, "support-obligor test looks met", "obligor_ok"),
    )
    medical = known(facts.medical_aid_recipient, "receives medical aid", "medical_aid_recipient")
    return Assessment((Way("member of the household", conditions, (Exclusion("receives medical aid", medical),)),))


def education_benefit(ask: Ask) -> Assessment:
    """Assess the education benefit; there is no support-obligor test."""
    pupils = (
        known(None if child.school_level is None else child.school_level in _SCHOOLS, "pupil", "household")
        for child in ask.facts.children
    )
    conditions = all_of(
        ask.child("a child in elementary, middle or high school", *pupils),
        ask.income_within("recognized_income", "education-income-percent"),
    )
    return Assessment((Way("pupil", conditions),))


def alone(ask: Ask) -> Finding:
    """Say whether the client is without a spouse."""
    wanted = "single_parent_since" if ask.facts.marital == "separated" else "marital"
    return known(ask.facts.is_alone(ask.on), "parent without a spouse", wanted)


def raises_child(ask: Ask) -> Finding:
    """Say whether a child under 18, or under 22 and in school, lives with the client."""
    young, student = ask.number("single-parent-child-age"), ask.number("single-parent-student-age")
    tests = (any_of(ask.young(child, young), ask.studying(child, student)) for child in ask.facts.children)
    return ask.child(f"raises a child under {young}, or under {student} in school", *tests)


def _allowances(ask: Ask) -> tuple[str, ...]:
    """Say what the office would pay for children, as an outlook."""
    below, amount = ask.number("child-care-age"), ask.number("child-care-amount")
    if ask.facts.household is None or below is None or amount is None:
        return ()
    count = len(ask.facts.children_under(below, ask.on))
    of_age = f"{count} {'child' if count == 1 else 'children'} under {below}"
    return (f"outlook: child-rearing allowance for {of_age}, {amount:,} won a month each ({ask.on.year})",)
