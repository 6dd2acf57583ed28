"""The employer's side of the employment promotion subsidy: what of the firm and of the job shuts it (SUBSIDY_EMPLOYER).

고용보험법 시행령 §26; read 2026-11-22. The employer must hear that the worker is a target before anybody asks about the
firm: so what is told counts in full, and what nobody told is the employment center's to check and holds nothing up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from catalog import Catalog
from models.facts import Facts
from models.screening.ask import Ask
from models.screening.logic import Finding, all_of, known, negated, told
from models.screening.result import Exclusion, Way, judge
from models.spans import months_after, months_between

_PERCENT: Final = 100


def shut_by_employer(ask: Ask) -> tuple[Exclusion, ...]:
    """Return what shuts the subsidy as far as anybody has told; untold, none of them does."""
    return tuple(Exclusion(_IN_WORDS[code], told(bar(ask).truth, _IN_WORDS[code])) for code, bar in _BARS.items())


def barred_by(facts: Facts, catalog: Catalog, hired_on: date) -> str | None:
    """Return the code of the first thing that is known to shut the subsidy for a worker hired on a day, or None."""
    ask = Ask(facts, catalog, hired_on)
    return next((code for code, bar in _BARS.items() if bar(ask).truth is True), None)


def cut_by_dismissal(catalog: Catalog, hired_on: date, dismissed_on: date) -> str | None:
    """Say how many months and blocks were kept until a dismissal; None where the whole subsidy was kept for."""
    ask = Ask(Facts(), catalog, hired_on)
    block, whole = ask.number("subsidy-block-months"), ask.number("subsidy-whole-months")
    kept = months_between(hired_on, dismissed_on)
    if block is None or whole is None:
        return f"months kept: {kept}; missing: catalog.subsidy-block-months"
    return None if kept >= whole else f"months kept: {kept}; blocks: {max(kept, 0) // block}"


def blocks_kept(catalog: Catalog, hired_on: date, dismissed_on: date) -> int | None:
    """Return for how many whole blocks of the subsidy a job was kept; None where the law of that day is not known."""
    block = Ask(Facts(), catalog, hired_on).number("subsidy-block-months")
    return None if block is None else max(months_between(hired_on, dismissed_on), 0) // block


def employers_side(ask: Ask) -> tuple[str, ...]:
    """Say how the employer's own conditions look, and what to ask the employer."""
    judged = judge(Way("employer's side", all_of(*(negated(bar(ask)) for bar in _BARS.values()))))
    lines = [f"employer's side: {judged.result}"]
    if judged.missing:
        lines.append(f"to ask the employer: {', '.join(sorted(judged.missing))}")
    if ask.facts.public_wage:
        lines.append("note: a wage borne by public money may shut it; the employment center says so")
    return tuple(lines)


def _other_subsidy(ask: Ask) -> Finding:
    return known(ask.facts.other_wage_subsidy, "another wage subsidy for the same worker", "other_wage_subsidy")


def _laid_off(ask: Ask) -> Finding:
    """From three months before the hire to one year after it."""
    day = ask.facts.employer_laid_off_on
    before, after = ask.number("subsidy-layoff-before-months"), ask.number("subsidy-layoff-after-months")
    line = f"the employer laid somebody off from {before} months before to {after} after the hire"
    if ask.facts.employer_laid_off is False:
        return known(truth=False, line=line)
    if day is None or before is None or after is None:
        return known(None, line, "employer_laid_off_on" if ask.facts.employer_laid_off else "employer_laid_off")
    return known(months_after(ask.on, -before) <= day <= months_after(ask.on, after), line)


def _not_insured(ask: Ask) -> Finding:
    return negated(known(ask.facts.employer_insured, "the employer pays employment insurance", "employer_insured"))


def _same_employer(ask: Ask) -> Finding:
    line = "worked for the same or a related employer within a year"
    return known(ask.facts.employed_there_before, line, "employed_there_before")


def _arrears(ask: Ask) -> Finding:
    return known(ask.facts.employer_arrears, "on the list of wage arrears", "employer_arrears")


def _too_many(ask: Ask) -> Finding:
    """Compare the workers a subsidy is paid for, this one counted, with a share of the insured and a number."""
    insured, paid_for = ask.facts.employer_insured_heads, ask.facts.employer_subsidized_heads
    if insured is None or paid_for is None:
        wanted = {"employer_insured_heads": insured, "employer_subsidized_heads": paid_for}
        return known(None, "workers subsidized within the cap", *(name for name, n in wanted.items() if n is None))
    small, few = ask.number("subsidy-small-firm"), ask.number("subsidy-heads-small")
    percent, most = ask.number("subsidy-heads-percent"), ask.number("subsidy-heads-most")
    if small is None or few is None or percent is None or most is None:
        return known(None, "workers subsidized within the cap", "catalog.subsidy-heads-most")
    cap = few if insured < small else min(insured * percent // _PERCENT, most)
    heads = paid_for + 1
    return Finding(heads > cap, (f"workers subsidized, this one counted: {heads} {'>' if heads > cap else '≤'} {cap}",))


def _fixed_term(ask: Ask) -> Finding:
    return negated(known(ask.facts.permanent_contract, "contract without an end", "permanent_contract"))


def _low_wage(ask: Ask) -> Finding:
    wage, floor = ask.facts.wage_won, ask.number("subsidy-wage-floor")
    if wage is None or floor is None:
        missing = {"wage_won": wage, "catalog.subsidy-wage-floor": floor}
        return known(None, "wage at the floor or above", *(name for name, won in missing.items() if won is None))
    return Finding(wage < floor, (f"wage {wage:,} {'<' if wage < floor else '≥'} {floor:,} ({ask.on.year})",))


#: What shuts it, by the code a withdrawal gives as its reason.
_BARS: Final[Mapping[str, Callable[[Ask], Finding]]] = {
    "other_wage_subsidy": _other_subsidy,
    "laid_off": _laid_off,
    "not_insured": _not_insured,
    "same_employer": _same_employer,
    "wage_arrears": _arrears,
    "over_headcount": _too_many,
    "fixed_term": _fixed_term,
    "low_wage": _low_wage,
}
_IN_WORDS: Final[Mapping[str, str]] = {
    "other_wage_subsidy": "another wage subsidy for the same worker",
    "laid_off": "the employer laid somebody off around the hire",
    "not_insured": "the employer pays no employment insurance",
    "same_employer": "worked for the same or a related employer within a year",
    "wage_arrears": "the employer is on the list of wage arrears",
    "over_headcount": "as many workers as may be are subsidized already",
    "fixed_term": "the contract has an end",
    "low_wage": "the wage is below the floor",
}
