"""Welfare benefits: three programs on one application form, each decided by its own office.

사회보장급여법 §5 (application), §20 (duty to report changes), read 2026-11-22.
"""

from collections.abc import Iterator

from flows.changes import is_with_office, told_of_work
from flows.desk import ShiftReport, name_of_run, open_shift
from flows.residence import moved
from flows.screened import refer_where_likely
from models.case import Case
from models.steps import Amend, Step
from models.vocabulary import Desk, Happened, Need
from tasks.prefect_line import our_flow

#: A hire, or the loss of the job, must be reported to every office that pays.
HEARS = frozenset({Happened.HIRED, Happened.DISMISSED})

COPAY = "copay-relief"
PROGRAMS = ("single-parent-support", COPAY, "education-benefit")


def steps(case: Case) -> Iterator[Step]:
    """Ask for each benefit that looks likely; tell those that have or pay one what has changed."""
    yield from moved(case, PROGRAMS)
    for program in PROGRAMS:
        if case.needs(Need.BENEFITS):
            yield from refer_where_likely(case, program)
        yield from told_of_work(case, program)
    if case.facts.medical_aid_recipient and is_with_office(case, COPAY):
        # Medical aid takes the place of the relief; the insurer ends it.
        yield Amend(COPAY, "medical_aid_recipient")


@our_flow("welfare-benefits", name_of_run)
async def welfare_benefits() -> ShiftReport:
    """Work one shift of the welfare-benefits desk."""
    return await open_shift(Desk.WELFARE_BENEFITS, steps)
