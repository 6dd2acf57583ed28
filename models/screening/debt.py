"""Debt: counseling first, and which road looks open after it: workout, rehabilitation or bankruptcy.

채무자회생법 §579, §595; 서민금융법 §70; read 2026-11-22. Caps, days overdue and the living cost stand in the catalog.
"""

from __future__ import annotations

from models.screening.ask import Ask
from models.screening.logic import Finding, all_of, any_of, known, negated, no
from models.screening.result import Assessment, Exclusion, Way, judge


def financial_counseling(ask: Ask) -> Assessment:
    """Assess counseling: any debt is reason enough; the roads are named as an outlook."""
    facts = ask.facts
    overdue = known(
        None if facts.debt_overdue_months is None else facts.debt_overdue_months > 0, "overdue", "debt_overdue_months"
    )
    seizure = known(facts.seizure_pending, "seizure or lawsuit pending", "seizure_pending")
    roads = (*private_workout(ask).ways, *individual_rehabilitation(ask).ways, *bankruptcy(ask).ways)
    notes = tuple(f"road {road.name}: {judge(road).result}" for road in roads)
    return Assessment((Way("debt counseling", any_of(_in_debt(ask), overdue, seizure)),), notes)


def private_workout(ask: Ask) -> Assessment:
    """Assess a workout: three months overdue, every creditor in the agreement, income above the living cost.

    Debts to private lenders, taxes and suretyships push to the court: a workout cannot take them in.
    """
    facts = ask.facts
    least, months = ask.number("workout-overdue-months"), facts.debt_overdue_months
    conditions = all_of(
        _in_debt(ask),
        known(
            None if months is None or least is None else months >= least,
            f"at least {least} months overdue",
            "debt_overdue_months",
        ),
        known(facts.creditors_in_agreement, "every creditor in the agreement", "creditors_in_agreement"),
        negated(_outside(ask)),
        _caps(ask, "workout"),
        _income_left(ask),
    )
    return Assessment((Way("private-workout", conditions),))


def individual_rehabilitation(ask: Ask) -> Assessment:
    """Assess rehabilitation: regular income above the living cost, debts under the caps, no recent discharge."""
    conditions = all_of(_in_debt(ask), _caps(ask, "rehabilitation"), _income_left(ask))
    discharged = Exclusion("discharged within five years", _discharged(ask))
    return Assessment((Way("individual-rehabilitation", conditions, (discharged,)),), _stays(ask, "§625"))


def bankruptcy(ask: Ask) -> Assessment:
    """Assess bankruptcy: debts, and no income to repay them from."""
    conditions = all_of(_in_debt(ask), negated(_income_left(ask)))
    return Assessment((Way("bankruptcy", conditions),), _stays(ask, "§566"))


def _in_debt(ask: Ask) -> Finding:
    facts = ask.facts
    debts = {"debts_unsecured_won": facts.debts_unsecured_won, "debts_secured_won": facts.debts_secured_won}
    parts = (known(None if debt is None else debt > 0, name.removesuffix("_won"), name) for name, debt in debts.items())
    return any_of(*parts)


def _stays(ask: Ask, article: str) -> tuple[str, ...]:
    """Name what no court takes away."""
    return (f"note: taxes stay owed after a discharge ({article})",) if ask.facts.tax_debts else ()


def _outside(ask: Ask) -> Finding:
    """Say whether there are debts that a workout cannot take in."""
    kinds = ("private_lender_debts", "tax_debts", "guarantee_debts")
    return any_of(*(known(getattr(ask.facts, kind), kind.replace("_", " "), kind) for kind in kinds))


def _caps(ask: Ask, procedure: str) -> Finding:
    facts, unsecured, secured = ask.facts, f"{procedure}-unsecured-cap", f"{procedure}-secured-cap"
    return all_of(
        ask.at_most(
            "unsecured debts", facts.debts_unsecured_won, ask.number(unsecured), "debts_unsecured_won", unsecured
        ),
        ask.at_most("secured debts", facts.debts_secured_won, ask.number(secured), "debts_secured_won", secured),
    )


def _income_left(ask: Ask) -> Finding:
    """Say whether income leaves something above the living cost; an income only expected is for the counselor."""
    now = ask.income_above("monthly_income", "rehabilitation-living-percent")
    expected = ask.facts.income_expected
    if expected is None:
        soon = known(None, "regular income expected", "income_expected")
    else:
        soon = Finding(expected, (f"regular income expected: {'yes' if expected else 'no'}",), near=expected)
    return any_of(now, soon)


def _discharged(ask: Ask) -> Finding:
    facts = ask.facts
    if facts.earlier_discharge is False:
        return no("earlier discharge")
    if facts.earlier_discharge is None and facts.discharge_on is None:
        return known(None, "earlier discharge", "earlier_discharge")
    return ask.months_since("discharge", facts.discharge_on, ask.number("discharge-bar-months"), "discharge_on")
