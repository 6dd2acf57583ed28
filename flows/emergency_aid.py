"""Emergency aid: crisis before everything. The national scheme first, the city's own where that one says no."""

from collections.abc import Iterator

from prefect import flow

from flows.desk import ShiftReport, name_of_run, open_shift
from flows.residence import moved
from flows.screened import refer_where_likely
from models.case import Case
from models.screening import Result
from models.steps import Amend, Step
from models.vocabulary import Desk, Happened, Need, ReferralState

#: A new job changes what the aid must know before it is extended.
HEARS = frozenset({Happened.HIRED})

PROGRAMS = ("emergency-living-aid", "seoul-emergency-aid")

_REFUSED = frozenset({"refused"})


def steps(case: Case) -> Iterator[Step]:
    """Ask for the national aid at once; fall back to the city's where income or assets stand against it."""
    if not case.needs(Need.LIVING):
        return
    yield from moved(case, PROGRAMS)
    yield from refer_where_likely(case, "emergency-living-aid", urgent=True)
    national = case.referral("emergency-living-aid")
    said_no = national.outcome in _REFUSED or national.state is ReferralState.DECLINED
    unlikely = not national.exists and case.screening("emergency-living-aid").result is Result.UNLIKELY
    if said_no or unlikely:
        yield from refer_where_likely(case, "seoul-emergency-aid", urgent=True)
    if case.happened(Happened.HIRED) and national.is_open:
        yield Amend("emergency-living-aid", "hired")


@flow(name="emergency-aid", flow_run_name=name_of_run, persist_result=False, validate_parameters=False)
async def emergency_aid() -> ShiftReport:
    """Work one shift of the emergency-aid desk."""
    return await open_shift(Desk.EMERGENCY_AID, steps)
