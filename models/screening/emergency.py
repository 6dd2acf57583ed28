"""Emergency aid: a crisis, little income, few assets; the national scheme and the city's own beside it.

긴급복지지원법 §2 (causes), §3② (same content), 시행령 §7① (75 %); read 2026-11-22.
Assets, the age of a crisis and the bar after earlier aid are guideline values from the catalog.
"""

from __future__ import annotations

from models.screening.ask import Ask
from models.screening.logic import Finding, all_of, known, no
from models.screening.result import Assessment, Exclusion, Way
from models.spans import within_months


def emergency_living_aid(ask: Ask) -> Assessment:
    """Assess the national scheme."""
    district = ask.catalog.districts.get(ask.facts.district or "")
    assets = ask.period("emergency-asset-limit")
    limit = None if assets is None or district is None else assets.of(district.zone)
    means = all_of(
        ask.income_within("monthly_income", "emergency-income-percent"),
        _property(ask, limit, "emergency-asset-limit", in_zone=district is not None),
        _financial(ask, "emergency-financial-limit", "emergency-living-reserve-percent"),
    )
    national = Way("national scheme", all_of(_crisis(ask), means), _exclusions(ask))
    in_seoul = district is not None and district.province == "seoul"
    beside = ("note: above a line of the national scheme, the city's own may take it",) if in_seoul else ()
    return Assessment((national,), (*_outlook(ask), *(beside if means.truth is False else ())))


def seoul_emergency_aid(ask: Ask) -> Assessment:
    """Assess the city's scheme, which follows where the national one fails on income or assets."""
    name = ask.facts.district
    district = ask.catalog.districts.get(name or "")
    lives_there = None if name is None or district is None else district.province == "seoul"
    conditions = all_of(
        known(lives_there, "lives in Seoul", "district"),
        _crisis(ask),
        ask.income_within("monthly_income", "seoul-emergency-income-percent"),
        _property(ask, ask.number("seoul-emergency-asset-limit"), "seoul-emergency-asset-limit", in_zone=True),
        _financial(ask, "seoul-emergency-financial-limit", None),
    )
    return Assessment((Way("city scheme", conditions, _exclusions(ask)),))


def _crisis(ask: Ask) -> Finding:
    facts = ask.facts
    if facts.crisis == "none":
        return no("in a crisis the act names")
    cause = known(True if facts.crisis else None, f"crisis: {facts.crisis or 'cause'}", "crisis")
    return all_of(
        cause, ask.months_since("crisis", facts.crisis_on, ask.number("emergency-crisis-months"), "crisis_on")
    )


def _property(ask: Ask, limit: int | None, code: str, *, in_zone: bool) -> Finding:
    """Compare property less debts with the limit; unknown debts do not matter where the property alone is below it."""
    facts = ask.facts
    if not in_zone:
        return Finding(None, ("property against the limit of the zone: not known",), frozenset({"district"}))
    owned = facts.property_won
    if owned is None or limit is None or owned <= limit:
        return ask.at_most("property", owned, limit, "property_won", code)
    debts = {"debts_unsecured_won": facts.debts_unsecured_won, "debts_secured_won": facts.debts_secured_won}
    left = owned - sum(debt or 0 for debt in debts.values())
    unknown = frozenset(name for name, debt in debts.items() if debt is None)
    if left > limit and unknown:
        return Finding(None, ("property less debts: not known",), unknown)
    return ask.at_most("property less debts", max(left, 0), limit, "property_won", code)


def _financial(ask: Ask, code: str, reserve_code: str | None) -> Finding:
    """Compare financial assets, less the living reserve where the scheme has one, with the limit."""
    held, limit = ask.facts.financial_assets_won, ask.number(code)
    if reserve_code is None or held is None or limit is None or held <= limit:
        return ask.at_most("financial assets", held, limit, "financial_assets_won", code)
    percent = ask.number(reserve_code)
    if percent == 0:
        return ask.at_most("financial assets", held, limit, "financial_assets_won", code)
    reserve, _, missing = ask.income_line(reserve_code)
    if reserve is None:
        return Finding(None, ("financial assets less the living reserve: not known",), missing)
    return ask.at_most("financial assets less the living reserve", max(held - reserve, 0), limit, "", code)


def _exclusions(ask: Ask) -> tuple[Exclusion, ...]:
    receives = known(ask.facts.livelihood_recipient, "receives the livelihood benefit", "livelihood_recipient")
    return (
        Exclusion("receives the livelihood benefit: the same content", receives),
        Exclusion("aided for the same cause within the bar", _aided_before(ask)),
    )


def _aided_before(ask: Ask) -> Finding:
    facts, bar = ask.facts, ask.number("emergency-reaid-months")
    line = "earlier aid for the same cause within the bar"
    ended = facts.earlier_aid_ended_on
    other_cause = None not in {facts.crisis, facts.earlier_aid_cause} and facts.crisis != facts.earlier_aid_cause
    if facts.earlier_aid is False or other_cause:
        return no(line)
    if ended is not None and bar is not None and not within_months(ended, bar, ask.on):
        return no(line)
    wanted = {"crisis": facts.crisis, "earlier_aid_cause": facts.earlier_aid_cause, "earlier_aid_ended_on": ended}
    missing = [name for name, value in wanted.items() if value is None]
    if facts.earlier_aid is None and ended is None:
        missing = ["earlier_aid"]
    return known(None if missing else True, line, *missing)


def _outlook(ask: Ask) -> tuple[str, ...]:
    amounts, size = ask.period("emergency-living-amount"), ask.facts.household_size
    amount = None if amounts is None or size is None else amounts.for_household(size)
    months = ask.number("emergency-living-months")
    if amount is None or months is None:
        return ()
    span = f"{months} month{'s' if months != 1 else ''}"
    return (f"outlook: {amount:,} won a month, {span} ({size} in the household, {ask.on.year})",)
