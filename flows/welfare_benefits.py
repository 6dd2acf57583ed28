"""Welfare benefits: three programs on one application form, each decided by its own office.

사회보장급여법 §5 (application), §20 (duty to report changes), read 2026-11-22.
"""

from collections.abc import Iterator

from prefect import flow

from flows.desk import ShiftReport, name_of_run, open_shift
from flows.residence import moved
from flows.screened import refer_where_likely
from models.case import Case
from models.steps import Amend, Step
from models.vocabulary import Desk, Happened, Need

#: A hire, or the loss of the job, must be reported to every office that pays.
HEARS = frozenset({Happened.HIRED, Happened.DISMISSED})

PROGRAMS = ("single-parent-support", "copay-relief", "education-benefit")


def steps(case: Case) -> Iterator[Step]:
    """Ask for each benefit that looks likely; tell those that pay what has changed."""
    if not case.needs(Need.BENEFITS):
        return
    yield from moved(case, PROGRAMS)
    for program in PROGRAMS:
        yield from refer_where_likely(case, program)
        benefit = case.referral(program)
        if benefit.outcome is None or not case.catalog.program(program).outcome(benefit.outcome).favorable:
            continue
        for change in (Happened.HIRED, Happened.DISMISSED):
            if case.happened(change):
                yield Amend(program, change.value)


@flow(name="welfare-benefits", flow_run_name=name_of_run, persist_result=False, validate_parameters=False)
async def welfare_benefits() -> ShiftReport:
    """Work one shift of the welfare-benefits desk."""
    return await open_shift(Desk.WELFARE_BENEFITS, steps)
