"""Employment Success Package (to 2020): type I by income or special group, type II for the young and the middle-aged.

By a third-party copy of the program's pages of 2017, read 2026-11-22; the numbers stand in the catalog, unverified.
"""

from __future__ import annotations

from models.screening.ask import Ask
from models.screening.benefits import alone, raises_child
from models.screening.logic import Finding, all_of, any_of, known, no, told
from models.screening.result import Assessment, Exclusion, Way


def employment_success_package(ask: Ask) -> Assessment:
    """Assess both types; a special group needs no income line."""
    facts = ask.facts
    too_soon = Exclusion("took part within the last year", _ended_recently(ask))
    at_work = Exclusion("in a publicly paid job", told(facts.direct_job, "in a publicly paid job"))
    paid = ask.unemployment_benefit()
    special = any_of(
        all_of(alone(ask), raises_child(ask)),
        known(facts.livelihood_recipient, "receives the livelihood benefit", "livelihood_recipient"),
        known(facts.credit_recovery, "in a debt adjustment", "credit_recovery"),
        told(facts.special_group, "of a special group"),
        told(facts.severe_disability, "severe disability"),
        ask.income_within("recognized_income", "package-one-income-percent"),
    )
    first = all_of(ask.age_between(18, 69), special)
    middle = all_of(
        ask.age_between(35, 69),
        ask.income_within("recognized_income", "package-two-income-percent"),
        _benefit_used(ask),
    )
    return Assessment(
        (
            Way("type I", first, (Exclusion("receives unemployment benefit", paid), too_soon, at_work)),
            Way("type II youth", ask.age_between(18, 34), (too_soon, at_work)),
            Way("type II mid-career", middle, (too_soon, at_work)),
        )
    )


def _ended_recently(ask: Ask) -> Finding:
    facts = ask.facts
    if facts.earlier_package is False:
        return no("earlier package")
    if facts.earlier_package is None and facts.earlier_package_ended_on is None:
        return known(None, "earlier package", "earlier_package")
    bar = ask.number("package-bar-months")
    return ask.months_since("earlier package", facts.earlier_package_ended_on, bar, "earlier_package_ended_on")


def _benefit_used(ask: Ask) -> Finding:
    """Type II asks for unemployment benefit now or before, or too short an insured time, which nobody asks here."""
    facts = ask.facts
    line = "on unemployment benefit now or before"
    if facts.unemployment_benefit is False:
        open_point = f"{line}: no; whether the insured time was too short is the center's to find"
        return Finding(truth=True, lines=(open_point,), near=True)
    had = facts.unemployment_benefit or facts.unemployment_benefit_from is not None
    return known(True if had or facts.unemployment_benefit_to is not None else None, line, "unemployment_benefit")
