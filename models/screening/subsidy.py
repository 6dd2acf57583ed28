"""Employment promotion subsidy: whether a worker is a target, by every way the decree opens.

고용보험법 시행령 §26①; read 2026-11-22. The day asked for is the day of the hire, and the facts are those before it:
the job she is hired for does not count against her. What concerns the employer is checked by the employment center.
"""

from __future__ import annotations

from datetime import date

from catalog import Catalog
from models.facts import Facts
from models.screening.ask import Ask
from models.screening.benefits import alone
from models.screening.logic import Finding, all_of, any_of, known, no
from models.screening.result import Assessment, Exclusion, Way
from models.spans import months_after, months_between


def employment_promotion_subsidy(ask: Ask) -> Assessment:
    """Assess both ways; store every way that is open, for one may fall when papers are checked."""
    facts = ask.facts
    registered_on = facts.job_seeker_registered_on
    registered = known(
        None if registered_on is None else registered_on <= ask.on,
        "registered as a job seeker",
        "job_seeker_registered_on",
    )
    least = ask.number("subsidy-unemployed-months")
    idle = facts.months_since_last_job(ask.on)
    long_enough = known(
        None if idle is None or least is None else idle >= least,
        f"unemployed {least} month or more",
        "last_job_ended_on",
    )
    protected = any_of(
        known(facts.single_parent_support, "receives single-parent support", "single_parent_support"),
        known(facts.livelihood_recipient, "receives the livelihood benefit", "livelihood_recipient"),
    )
    shut = (
        Exclusion("another wage subsidy for the same worker", _other_subsidy(ask)),
        Exclusion("the employer laid somebody off around the hire", _laid_off(ask)),
    )
    head = all_of(registered, _unemployed(ask), long_enough, _female_head(ask), protected)
    program = all_of(registered, _unemployed(ask), _completed(ask))
    return Assessment(
        (
            Way("completed a support program (§26①1)", program, shut),
            Way("female head of household (§26①3)", head, shut),
        )
    )


def laid_off_around(facts: Facts, catalog: Catalog, hired_on: date) -> bool:
    """Say whether the employer is known to have laid somebody off around a hire (시행령 §26, read 2026-11-22)."""
    return _laid_off(Ask(facts, catalog, hired_on)).truth is True


def _laid_off(ask: Ask) -> Finding:
    """Look around the hire; what nobody told is the employment center's to check."""
    day = ask.facts.employer_laid_off_on
    before, after = ask.number("subsidy-layoff-before-months"), ask.number("subsidy-layoff-after-months")
    line = f"the employer laid somebody off from {before} months before to {after} after the hire"
    if day is None or before is None or after is None:
        return no(line) if day is None else known(None, line, "employer_laid_off_on")
    return known(months_after(ask.on, -before) <= day <= months_after(ask.on, after), line)


def _other_subsidy(ask: Ask) -> Finding:
    """Take what nobody told for none: the employment center checks it."""
    return known(ask.facts.other_wage_subsidy is True, "another wage subsidy for the same worker")


def _unemployed(ask: Ask) -> Finding:
    facts = ask.facts
    ended = facts.last_job_ended_on
    before = facts.employed is False or (ended is not None and months_between(ended, ask.on) >= 0)
    return known(True if before else None, "unemployed before the hire", "last_job_ended_on")


def _female_head(ask: Ask) -> Finding:
    sex = ask.facts.sex
    return all_of(
        known(None if sex is None else sex == "female", "woman", "sex"),
        alone(ask),
        known(ask.facts.has_child_under(18, ask.on), "supports a child under 18 in the same household", "household"),
    )


def _completed(ask: Ask) -> Finding:
    facts = ask.facts
    if facts.program_completed is False:
        return no("completed a support program")
    if facts.program_completed is None and facts.program_completed_on is None:
        return known(None, "completed a support program", "program_completed")
    limit = ask.number("subsidy-completion-months")
    return ask.months_since("support program completed", facts.program_completed_on, limit, "program_completed_on")
