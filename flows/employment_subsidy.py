"""Employment subsidy: the employer's, not the client's; it follows from a hire.

고용보험법 시행령 §26, read 2026-11-22.
"""

from collections.abc import Iterator
from typing import Final

from prefect import flow

from flows.desk import ShiftReport, name_of_run, open_shift
from flows.screened import WORTH_ASKING, refer_where_likely
from models.case import Case
from models.counting import day_of
from models.screening import Result
from models.screening.employer import barred_by, cut_by_dismissal
from models.steps import Amend, AskStaff, Step, Withdraw
from models.vocabulary import Desk, Happened

#: A hire begins it; a benefit's decision can open a second route; a dismissal ends it.
HEARS = frozenset({Happened.HIRED, Happened.BENEFIT_DECIDED, Happened.DISMISSED})

SUBSIDY: Final = "employment-promotion-subsidy"
_OVER: Final = frozenset({"done", "stopped", "clawback"})


def steps(case: Case) -> Iterator[Step]:
    """Tell the employer that this worker is a target, where the screening finds a route and nothing bars it."""
    hired_at = case.happened(Happened.HIRED)
    if hired_at is None:
        return
    bar = _bar(case)
    if bar is not None:
        yield from _barred(case, bar)
        return
    if case.facts.employer is None:
        if case.screening(SUBSIDY).result in {*WORTH_ASKING, Result.NEEDS_INFO}:
            yield AskStaff("facts_missing", f"{SUBSIDY}:employer", "missing: employer")
        return
    yield from refer_where_likely(case, SUBSIDY, agency=case.facts.employer)
    yield from _kept(case)


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


def _kept(case: Case) -> Iterator[Step]:
    """Tell of a dismissal: to whoever claims, and to a person where less than the whole subsidy was kept for."""
    hired_at, dismissed_at = case.happened(Happened.HIRED), case.happened(Happened.DISMISSED)
    if hired_at is None or dismissed_at is None:
        return
    yield Amend(SUBSIDY, Happened.DISMISSED.value)
    subsidy = case.referral(SUBSIDY)
    if subsidy.exists and subsidy.stands() not in _OVER:
        cut = cut_by_dismissal(case.catalog, day_of(hired_at), day_of(dismissed_at))
        if cut is not None:
            yield AskStaff("subsidy_cut", f"{SUBSIDY}:{subsidy.number}", cut)


@flow(name="employment-subsidy", flow_run_name=name_of_run, persist_result=False, validate_parameters=False)
async def employment_subsidy() -> ShiftReport:
    """Work one shift of the employment-subsidy desk."""
    return await open_shift(Desk.EMPLOYMENT_SUBSIDY, steps)
