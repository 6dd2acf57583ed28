"""Benefits by recognized income: single-parent support, near-poor co-payment relief, the education benefit.

한부모가족지원법 §4 §5, 국민건강보험법 시행규칙 §14, 국민기초생활 보장법 §12의2; read 2026-11-22.
The lines come from the catalog.
"""

from __future__ import annotations

from models.screening.allowances import SCHOOLS, child_rearing, education_allowance, school_supplies
from models.screening.ask import Ask
from models.screening.logic import Finding, all_of, any_of, known, no
from models.screening.result import Assessment, Exclusion, Way


def single_parent_support(ask: Ask) -> Assessment:
    """Assess support for a low-income single-parent family; a parent up to 24 has a line of its own (§4 1의2)."""
    family = all_of(alone(ask), raises_child(ask))
    line = ask.income_within("recognized_income", "single-parent-income-percent")
    young = ask.age_between(0, ask.number("single-parent-young-age") or 0)
    young_line = ask.income_within("recognized_income", "single-parent-young-income-percent")
    return Assessment(
        (Way("single parent", all_of(family, line)), Way("young single parent", all_of(family, young, young_line))),
        (*child_rearing(ask), *school_supplies(ask)),
    )


def copay_relief(ask: Ask) -> Assessment:
    """Assess co-payment relief; it belongs to persons, and one who can have it is enough to apply."""
    facts = ask.facts
    below = ask.number("copay-child-age")
    child = ask.child(f"a member under {below}", *(ask.young(member, below) for member in facts.together))
    herself = no("the client herself") if below is None else ask.age_between(0, below - 1)
    ill = known(facts.chronic_illness, "chronic or severe illness, six months or more", "chronic_illness")
    conditions = all_of(
        any_of(child, herself, ill),
        ask.income_within("recognized_income", "copay-income-percent"),
        known(facts.obligor_ok, "support-obligor test looks met", "obligor_ok"),
    )
    medical = known(facts.medical_aid_recipient, "receives medical aid", "medical_aid_recipient")
    shut = (Exclusion("receives medical aid", medical),)
    return Assessment((Way("member of the household", conditions, shut),), _relieved(ask, below))


def education_benefit(ask: Ask) -> Assessment:
    """Assess the education benefit; there is no support-obligor test."""
    pupils = (
        known(None if child.school_level is None else child.school_level in SCHOOLS, "pupil", "household")
        for child in ask.facts.children
    )
    conditions = all_of(
        ask.child("a child in elementary, middle or high school", *pupils),
        ask.income_within("recognized_income", "education-income-percent"),
    )
    return Assessment((Way("pupil", conditions),), tuple(education_allowance(ask)))


def alone(ask: Ask) -> Finding:
    """Say whether the client is without a spouse."""
    wanted = "single_parent_since" if ask.facts.marital == "separated" else "marital"
    return known(ask.facts.is_alone(ask.on), "parent without a spouse", wanted)


def raises_child(ask: Ask) -> Finding:
    """Say whether a child under 18, or under 22 and in school, lives with the client."""
    young, student = ask.number("single-parent-child-age"), ask.number("single-parent-student-age")
    tests = (any_of(ask.young(child, young), ask.studying(child, student)) for child in ask.facts.children)
    return ask.child(f"raises a child under {young}, or under {student} in school", *tests)


def _relieved(ask: Ask, below: int | None) -> tuple[str, ...]:
    """Name the persons the relief would be for, and from when (시행규칙 §17: from the day of recognition)."""
    if below is None or ask.facts.household is None:
        return ()
    young = [member for member in ask.facts.together if member.under(below, ask.on)]
    lines = [
        f"outlook: {member.relation} of {member.age(ask.on)}: under {below}, no diagnosis needed" for member in young
    ]
    return (*lines, "outlook: from the day of the decision, not of the application (§17)")
