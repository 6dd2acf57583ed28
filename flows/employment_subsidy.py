"""Employment subsidy: the employer's, not the client's; it follows from a hire.

고용보험법 시행령 §26, read 2026-11-22.
"""

from collections.abc import Iterator

from prefect import flow

from flows.desk import ShiftReport, name_of_run, open_shift
from flows.screened import refer_where_likely
from models.case import Case
from models.steps import Amend, AskStaff, Step
from models.vocabulary import Desk, Happened

#: A hire begins it; a benefit's decision can open a second route; a dismissal ends it.
HEARS = frozenset({Happened.HIRED, Happened.BENEFIT_DECIDED, Happened.DISMISSED})


def steps(case: Case) -> Iterator[Step]:
    """Tell the employer that this worker is a target, where the screening finds a route."""
    if case.happened(Happened.HIRED) is None:
        return
    if case.facts.employer is None:
        yield AskStaff("facts_missing", "employment-promotion-subsidy:employer", "missing: employer")
        return
    yield from refer_where_likely(case, "employment-promotion-subsidy", agency=case.facts.employer)
    if case.happened(Happened.DISMISSED):
        yield Amend("employment-promotion-subsidy", Happened.DISMISSED.value)


@flow(name="employment-subsidy", flow_run_name=name_of_run, persist_result=False, validate_parameters=False)
async def employment_subsidy() -> ShiftReport:
    """Work one shift of the employment-subsidy desk."""
    return await open_shift(Desk.EMPLOYMENT_SUBSIDY, steps)
