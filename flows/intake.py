"""Intake: one interview for all agencies. Whoever walks in is counseled here, by the employment center itself."""

from collections.abc import Iterator

from flows.desk import ShiftReport, name_of_run, open_shift
from models.case import Case
from models.steps import Refer, Step
from models.vocabulary import Desk, Happened
from tasks.prefect_line import our_flow

#: The intake desk tells the others; it listens to nobody.
HEARS: frozenset[Happened] = frozenset()


def steps(case: Case) -> Iterator[Step]:
    """Counsel everyone."""
    del case
    yield Refer("job-counseling")


@our_flow("intake", name_of_run)
async def intake() -> ShiftReport:
    """Work one shift of the intake desk."""
    return await open_shift(Desk.INTAKE, steps)
