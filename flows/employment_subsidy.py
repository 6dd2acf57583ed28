"""Employment subsidy: the employer's, not the client's; it follows from a hire.

고용보험법 시행령 §26, read 2026-11-22.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from flows.changes import told_of
from flows.desk import ShiftReport, name_of_run, open_shift
from flows.screened import WORTH_ASKING, refer_where_likely
from models.case import Case
from models.counting import day_of
from models.jobs import Job
from models.screening import Result
from models.screening.employer import barred_by, blocks_kept, cut_by_dismissal
from models.steps import Amend, AskStaff, Step, Withdraw
from models.vocabulary import Desk, Happened
from tasks.prefect_line import our_flow

#: A hire begins it; a benefit's decision can open a second route; a dismissal ends it.
HEARS = frozenset({Happened.HIRED, Happened.BENEFIT_DECIDED, Happened.DISMISSED})

SUBSIDY: Final = "employment-promotion-subsidy"
_OVER: Final = frozenset({"done", "stopped", "clawback"})


def steps(case: Case) -> Iterator[Step]:
    """Tell the employer that this worker is a target, where the screening finds a route and nothing bars it."""
    job = case.job_of(SUBSIDY)
    if job is None:
        return
    yield from _hired_again(case, job)
    bar = _bar(case)
    if bar is not None:
        yield from _barred(case, bar)
        return
    subsidy = case.referral(SUBSIDY)
    if not subsidy.exists and job.until is not None and _earned_nothing(case, job.since, job.until):
        # Nothing can be claimed for a job that was lost so early, so nobody need hear of it.
        return
    if case.facts.employer is None:
        if case.screening(SUBSIDY).result in {*WORTH_ASKING, Result.NEEDS_INFO}:
            yield AskStaff("facts_missing", f"{SUBSIDY}:employer", "missing: employer")
        return
    yield from refer_where_likely(case, SUBSIDY, agency=case.facts.employer)
    yield from _kept(case, job)


def _earned_nothing(case: Case, since: datetime, until: datetime) -> bool:
    return blocks_kept(case.catalog, day_of(since), day_of(until)) == 0


def _hired_again(case: Case, job: Job) -> Iterator[Step]:
    """Have a person look where the client has another job than the one for which an employer was told."""
    hired_at, told = case.at_work_since(), case.referral(SUBSIDY)
    if told.exists and job.until is not None and hired_at is not None:
        yield AskStaff("hired_again", f"{SUBSIDY}:{told.number}:{day_of(hired_at)}", "change: hired")


def _bar(case: Case) -> str | None:
    """Return the code of what is known to bar the subsidy for this worker, or None."""
    return barred_by(case.facts, case.catalog, case.legal_day(SUBSIDY))


def _barred(case: Case, bar: str) -> Iterator[Step]:
    """End what was asked; where the employer was told already, tell of the bar, and a person."""
    subsidy = case.referral(SUBSIDY)
    if subsidy.is_open:
        yield Withdraw(SUBSIDY, bar)
    elif subsidy.outcome is not None and case.catalog.program(SUBSIDY).outcome(subsidy.outcome).favorable:
        yield Amend(SUBSIDY, bar)
        if subsidy.stands() not in _OVER:
            yield AskStaff("subsidy_barred", f"{SUBSIDY}:{subsidy.number}", f"bar: {bar}")


def _kept(case: Case, job: Job) -> Iterator[Step]:
    """Tell of a dismissal: to whoever claims, and to a person where less than the whole subsidy was kept for."""
    if job.until is None:
        return
    yield told_of(SUBSIDY, Happened.DISMISSED, job.until)
    subsidy = case.referral(SUBSIDY)
    if subsidy.exists and subsidy.stands() not in _OVER:
        cut = cut_by_dismissal(case.catalog, day_of(job.since), day_of(job.until))
        if cut is not None:
            yield AskStaff("subsidy_cut", f"{SUBSIDY}:{subsidy.number}", cut)


@our_flow("employment-subsidy", name_of_run)
async def employment_subsidy() -> ShiftReport:
    """Work one shift of the employment-subsidy desk."""
    return await open_shift(Desk.EMPLOYMENT_SUBSIDY, steps)
