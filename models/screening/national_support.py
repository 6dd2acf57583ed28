"""National Employment Support (from 2021): the allowance (type I, by condition or selection) and the service (II).

구직자취업촉진법 §6, §7, 시행령 §2⑤, §3–§5; read 2026-11-22.
What is rare (a publicly paid job, a local allowance, an earlier support, who cannot start) shuts the allowance once it
is told; the employment center decides itself and asks at its counter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.screening.ask import Ask, line_of
from models.screening.benefits import alone, raises_child
from models.screening.logic import Finding, all_of, any_of, known, negated, told
from models.screening.result import Assessment, Exclusion, Way
from models.spans import within_months

#: The employment center decides itself, by the household's gross income as the insurer holds it (시행령 §2, §3): no
#: asset is turned into income, so a twentieth is as near as it gets. A choice of this house.
_NEAR = 5


def national_employment_support(ask: Ask) -> Assessment:
    """Assess the three ways in."""
    facts = ask.facts
    bar = ask.number("support-bar-months") or 0
    livelihood = known(facts.livelihood_recipient, "receives the livelihood benefit", "livelihood_recipient")
    paid = ask.unemployment_benefit(bar)
    shut = (
        Exclusion("receives the livelihood benefit", livelihood),
        Exclusion(f"unemployment benefit now or within {bar} months", paid),
        *(Exclusion(line, told(truth, line)) for line, truth in _told_bars(ask).items()),
    )
    free = negated(known(facts.employed, "employed", "employed"))
    low = _income(ask, "support-one-income-percent")
    youth = all_of(ask.age_between(15, 34), _income(ask, "support-youth-income-percent"))
    by_condition = all_of(_of_age(ask), free, low, _assets(ask, "support-asset-limit"), _worked(ask))
    by_selection = all_of(
        free,
        any_of(
            all_of(youth, _assets(ask, "support-youth-asset-limit")),
            all_of(_of_age(ask), low, _assets(ask, "support-asset-limit"), _points()),
        ),
    )
    service = all_of(
        _of_age(ask),
        free,
        any_of(_income(ask, "support-two-income-percent"), youth, _special(ask)),
        replace(negated(livelihood), near=livelihood.truth is True),
    )
    return Assessment(
        (
            Way("type I by condition", by_condition, shut),
            Way("type I by selection", by_selection, shut),
            Way("type II", service),
        ),
        _outlook(ask),
    )


def _income(ask: Ask, percent_code: str) -> Finding:
    return ask.income_within("monthly_income", percent_code, near=_NEAR)


def _outlook(ask: Ask) -> tuple[str, ...]:
    """Say what type I would pay, as an outlook."""
    amount, months = ask.number("jobseeking-allowance-amount"), ask.number("support-allowance-months")
    if amount is None or months is None:
        return ()
    return (f"outlook: type I pays {amount:,} won a month, {months} times ({ask.on.year})",)


def _of_age(ask: Ask) -> Finding:
    """15 to 64 by the act; up to 69 by notice, which was seen on third-party pages only."""
    by_notice = ask.age_between(65, 69)
    return any_of(ask.age_between(15, 64), replace(by_notice, near=by_notice.truth is True))


def _assets(ask: Ask, code: str) -> Finding:
    return ask.at_most("property", ask.facts.property_won, ask.number(code), "property_won", code)


def _worked(ask: Ask) -> Finding:
    """Say whether the client worked enough days, or enough hours, in the last two years (§7①)."""
    days, least = ask.facts.worked_days_24m, ask.number("support-work-days")
    hours, least_hours = ask.facts.worked_hours_24m, ask.number("support-work-hours")
    if hours is not None and least_hours is not None and hours >= least_hours:
        return known(truth=True, line=f"at least {least_hours} hours worked in the last two years")
    if days is None or least is None:
        return Finding(None, ("days worked in the last two years: not known",), frozenset({"worked_days_24m"}))
    return known(days >= least, f"at least {least} days worked in the last two years")


def _told_bars(ask: Ask) -> Mapping[str, bool | None]:
    """Return what shuts the allowance (§7③, 시행령 §5, §13) by its words, with what is known of it."""
    facts = ask.facts
    median, percent = ask.period("median-income"), ask.number("support-own-income-percent")
    one = None if median is None else median.for_household(1)
    line = None if one is None or percent is None else line_of(percent, one)
    own = None if facts.own_income_won is None or line is None else facts.own_income_won >= line
    months, ended = ask.number("support-reentry-months"), facts.earlier_support_ended_on
    again = None if ended is None or months is None else within_months(ended, months, ask.on)
    of_one = "" if line is None else f" of {line:,}"
    return {
        "cannot start a job now": facts.cannot_start,
        "in a publicly paid job now or within 6 months": facts.direct_job,
        "local job-seeking allowance now or within 6 months": facts.local_allowance,
        f"own income at {percent} % of one person's median{of_one} or above": own,
        f"took part within the last {months} months": False if facts.earlier_support is False else again,
    }


def _points() -> Finding:
    """Selection ranks applicants by points the center gives."""
    return Finding(truth=True, lines=("selected by points: the center's to find",), near=True)


def _special(ask: Ask) -> Finding:
    """Special groups need no income line by notice; the notice was not read."""
    group = any_of(all_of(alone(ask), raises_child(ask)), told(ask.facts.special_group, "of a special group"))
    return replace(group, near=group.truth is True)
