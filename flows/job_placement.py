"""Job placement: counseled first, then the job program of the year, then an agency that finds the job."""

from collections.abc import Iterator
from datetime import datetime

from flows.alternatives import is_over
from flows.changes import told_of
from flows.desk import ShiftReport, name_of_run, open_shift
from flows.residence import other_team
from flows.screened import WORTH_ASKING, refer_where_likely
from models.case import Case
from models.counting import day_of
from models.steps import CHOSEN, AskStaff, Refer, Step, Withdraw
from models.vocabulary import Desk, Happened, Need
from tasks.prefect_line import our_flow

#: Placement begins once the client was counseled.
HEARS = frozenset({Happened.COUNSELED, Happened.DISMISSED})

PLACEMENT = "job-placement"
#: The job programs, and the milestone after which an agency looks for a job.
SUPPORT = "national-employment-support"
PROGRAMS = {"employment-success-package": "stage3", SUPPORT: "in_service"}


def steps(case: Case) -> Iterator[Step]:
    """Begin the program that holds today; place the client when the program says so, or where there is none."""
    hired_at = case.at_work_since()
    if hired_at is not None:
        yield from _found(case, hired_at)
        return
    yield from _ended_by_benefit(case)
    yield from other_team(case, PLACEMENT)
    if case.needs(Need.JOB) and case.happened(Happened.COUNSELED) is not None:
        yield from _asked(case)


def _asked(case: Case) -> Iterator[Step]:
    """Ask for the program that holds today, and for placement when that says so or where there is none."""
    program = _program(case)
    if program is None:
        yield Refer(PLACEMENT)
        return
    yield from refer_where_likely(case, program)
    under_way = case.referral(program)
    alone = not under_way.exists and case.screening(program).result not in WORTH_ASKING and not _may_yet(case, program)
    if alone or under_way.reached(PROGRAMS[program]) or is_over(case, program):
        yield Refer(PLACEMENT)


def _found(case: Case, hired_at: datetime) -> Iterator[Step]:
    """End the search and tell the job program of the hire; what a person chose, or took up, after it is theirs to end.

    An agency that told of the hire itself ends what it does itself, too: it neither is asked to stop nor hears of it.
    """
    search = case.referral(PLACEMENT)
    chosen_at = search.taken_up_at or (search.created_at if search.rule == CHOSEN else None)
    if search.is_open and chosen_at is not None and chosen_at >= hired_at:
        yield AskStaff("hired_already", f"{PLACEMENT}:{search.agency}:{day_of(hired_at)}", "change: hired")
    elif search.is_open and not _told_itself(case, PLACEMENT, hired_at):
        yield Withdraw(PLACEMENT, "hired")
    # The office ends its program itself, on the day of the hire (구직자취업촉진법 §29, read 2026-11-22).
    others = (p for p in PROGRAMS if case.referral(p).is_open and not _told_itself(case, p, hired_at))
    yield from (told_of(program, Happened.HIRED, hired_at) for program in others)


def _told_itself(case: Case, program: str, hired_at: datetime) -> bool:
    """Say whether a program's own agency told of this hire, be it later than another."""
    return any(what == Happened.HIRED and at >= hired_at for what, at in case.told(case.referral(program)))


def _ended_by_benefit(case: Case) -> Iterator[Step]:
    """Ask to stop the support of a client who begins to receive what excludes it.

    구직자취업촉진법 §29①4② (livelihood benefit, but for conditional recipients), 시행규칙 §20②7 (unemployment benefit);
    read 2026-11-22. The employment center confirms, or goes on where its rules let it.
    """
    support, facts = case.referral(SUPPORT), case.facts
    if not support.is_open:
        return
    last = facts.unemployment_benefit_to
    unemployed = facts.unemployment_benefit is not False and (last is None or last >= case.today)
    begun = {
        "livelihood_recipient": facts.livelihood_recipient_from if facts.livelihood_recipient else None,
        "unemployment_benefit": facts.unemployment_benefit_from if unemployed else None,
    }
    for benefit, since in begun.items():
        if since is not None and since >= support.application_date:
            yield Withdraw(SUPPORT, benefit)


def _program(case: Case) -> str | None:
    """Return the program the client is in, or the one that takes applications today, or None."""
    for program in PROGRAMS:
        if case.referral(program).is_open:
            return program
    return next((program for program in PROGRAMS if case.catalog.program(program).holds_on(case.today)), None)


def _may_yet(case: Case, program: str) -> bool:
    """Say whether facts that are still missing could make the program likely."""
    return bool(case.screening(program).missing)


@our_flow("job-placement", name_of_run)
async def job_placement() -> ShiftReport:
    """Work one shift of the job-placement desk."""
    return await open_shift(Desk.JOB_PLACEMENT, steps)
