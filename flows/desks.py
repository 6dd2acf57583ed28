"""All desks of the hall: their flows, their rules, and who wants to hear what."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prefect import Flow

from flows import debt_relief, emergency_aid, employment_subsidy, intake, job_placement, welfare_benefits
from flows.desk import ShiftReport
from models.hearing import Hears
from models.planning import Rules
from models.vocabulary import Desk, Happened


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """One desk of the hall.

    Attributes:
        flow: Its Prefect flow.
        rules: What it decides.
        hears: What it wants to know from the others.
        entrypoint: Dotted path of the flow, as deployments name it.
    """

    flow: Flow[[], Coroutine[Any, Any, ShiftReport]]
    rules: Rules
    hears: frozenset[Happened]
    entrypoint: str


def _entry(module: Any, flow: Flow[[], Coroutine[Any, Any, ShiftReport]]) -> DeskEntry:
    rules: Callable[..., Any] = module.steps
    return DeskEntry(flow, rules, module.HEARS, f"{module.__name__}.{flow.fn.__name__}")


DESKS: Final[Mapping[Desk, DeskEntry]] = {
    Desk.INTAKE: _entry(intake, intake.intake),
    Desk.EMERGENCY_AID: _entry(emergency_aid, emergency_aid.emergency_aid),
    Desk.WELFARE_BENEFITS: _entry(welfare_benefits, welfare_benefits.welfare_benefits),
    Desk.DEBT_RELIEF: _entry(debt_relief, debt_relief.debt_relief),
    Desk.JOB_PLACEMENT: _entry(job_placement, job_placement.job_placement),
    Desk.EMPLOYMENT_SUBSIDY: _entry(employment_subsidy, employment_subsidy.employment_subsidy),
}

HEARS: Final[Hears] = {
    happened: frozenset(desk for desk, entry in DESKS.items() if happened in entry.hears) for happened in Happened
}
