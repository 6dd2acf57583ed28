"""Debt relief: counseling first; the counselor's advice decides which road follows."""

from collections.abc import Iterator

from prefect import flow

from flows.desk import ShiftReport, name_of_run, open_shift
from models.case import Case
from models.steps import Amend, Refer, Step, Withdraw
from models.vocabulary import Desk, Happened, Need

#: A job or its loss changes what can be repaid (채무자회생법 §610②, §619; read 2026-11-22).
HEARS = frozenset({Happened.HIRED, Happened.DISMISSED})


def steps(case: Case) -> Iterator[Step]:
    """Counsel, then go the advised road; filing in court ends a private workout."""
    if not case.needs(Need.DEBT):
        return
    match case.referral("financial-counseling").outcome:
        case None:
            yield Refer("financial-counseling")
        case "advise_rehabilitation":
            yield Refer("individual-rehabilitation")
        case "advise_workout":
            yield Refer("private-workout")
        case "advise_bankruptcy":
            yield Refer("bankruptcy")
        case _:
            return
    if case.happened(Happened.FILED_IN_COURT):
        yield Withdraw("private-workout", "filed_in_court")
    plan = case.referral("individual-rehabilitation")
    if plan.is_open and plan.reached("filed"):
        for change in (Happened.HIRED, Happened.DISMISSED):
            if case.happened(change):
                yield Amend("individual-rehabilitation", change.value)


@flow(name="debt-relief", flow_run_name=name_of_run, persist_result=False, validate_parameters=False)
async def debt_relief() -> ShiftReport:
    """Work one shift of the debt-relief desk."""
    return await open_shift(Desk.DEBT_RELIEF, steps)
