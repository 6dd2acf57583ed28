"""All desks of the hall: their flows, their rules, and who wants to hear what."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Final, TypeAlias

from prefect import Flow

from flows import debt_relief, emergency_aid, employment_subsidy, intake, job_placement, welfare_benefits
from flows.desk import ShiftReport
from models.hearing import Hears
from models.planning import Rules
from models.vocabulary import Desk, Happened

DeskFlow: TypeAlias = "Flow[[], CoroutineType[Any, Any, ShiftReport]]"


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """One desk of the hall.

    Attributes:
        flow: Its Prefect flow.
        rules: What it decides.
        hears: What it wants to know from the others.
        entrypoint: Dotted path of the flow, as deployments name it.
    """

    flow: DeskFlow
    rules: Rules
    hears: frozenset[Happened]
    entrypoint: str


def _entry(flow: DeskFlow, rules: Rules, hears: frozenset[Happened]) -> DeskEntry:
    return DeskEntry(flow, rules, hears, f"{flow.fn.__module__}.{flow.fn.__name__}")


DESKS: Final[Mapping[Desk, DeskEntry]] = {
    Desk.INTAKE: _entry(intake.intake, intake.steps, intake.HEARS),
    Desk.EMERGENCY_AID: _entry(emergency_aid.emergency_aid, emergency_aid.steps, emergency_aid.HEARS),
    Desk.WELFARE_BENEFITS: _entry(welfare_benefits.welfare_benefits, welfare_benefits.steps, welfare_benefits.HEARS),
    Desk.DEBT_RELIEF: _entry(debt_relief.debt_relief, debt_relief.steps, debt_relief.HEARS),
    Desk.JOB_PLACEMENT: _entry(job_placement.job_placement, job_placement.steps, job_placement.HEARS),
    Desk.EMPLOYMENT_SUBSIDY: _entry(
        employment_subsidy.employment_subsidy, employment_subsidy.steps, employment_subsidy.HEARS
    ),
}

HEARS: Final[Hears] = {
    happened: frozenset(desk for desk, entry in DESKS.items() if happened in entry.hears) for happened in Happened
}
