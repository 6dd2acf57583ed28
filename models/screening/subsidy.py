"""Employment promotion subsidy: whether a worker is a target, by every way the decree opens.

고용보험법 시행령 §26①; read 2026-11-22. The day asked for is the day of the hire, and the facts are those before it:
the job she is hired for does not count against her. The employer's side stands in `models.screening.employer`.
"""

from __future__ import annotations

from models.screening.ask import Ask
from models.screening.benefits import alone
from models.screening.employer import employers_side, shut_by_employer
from models.screening.logic import Finding, all_of, any_of, known, no
from models.screening.result import Assessment, Way
from models.spans import months_between


def employment_promotion_subsidy(ask: Ask) -> Assessment:
    """Assess every way; store each that is open, for one may fall when papers are checked."""
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
    shut = shut_by_employer(ask)
    disabled = known(facts.severe_disability, "severe disability", "severe_disability")
    severe = all_of(registered, _unemployed(ask), long_enough, disabled)
    head = all_of(registered, _unemployed(ask), long_enough, _female_head(ask), protected)
    program = all_of(registered, _unemployed(ask), _completed(ask))
    return Assessment(
        (
            Way("completed a support program (§26①1)", program, shut),
            Way("severe disability (§26①2)", severe, shut),
            Way("female head of household (§26①3)", head, shut),
        ),
        employers_side(ask),
    )


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
