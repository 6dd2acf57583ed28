"""Emergency aid: crisis before everything. The national scheme first, the city's own where that one says no."""

from collections.abc import Iterator

from flows.alternatives import barred_by_rules, overtaken
from flows.changes import is_with_office, told_of_work
from flows.desk import ShiftReport, name_of_run, open_shift
from flows.residence import moved
from flows.screened import refer_where_likely
from models.case import Case
from models.counting import day_of
from models.fallen import standing
from models.screening import Result
from models.steps import Amend, AskStaff, Step
from models.vocabulary import Desk, Happened, Need
from tasks.prefect_line import our_flow

#: A new job, or its loss, changes what the aid must know before it is extended.
HEARS = frozenset({Happened.HIRED, Happened.DISMISSED})

NATIONAL, CITY = PROGRAMS = ("emergency-living-aid", "seoul-emergency-aid")

_REFUSED = frozenset({"refused"})
#: Where the adequacy review is over, or waived.
_REVIEWED = frozenset({"adequacy_reviewed", "adequate", "inadequate", "review_waived"})


def steps(case: Case) -> Iterator[Step]:
    """Ask for the national aid at once; fall back to the city's where income or assets stand against it."""
    yield from moved(case, PROGRAMS)
    if case.needs(Need.LIVING):
        yield from _asked(case)
    yield from overtaken(case, NATIONAL, CITY, decided="decided")
    for program in PROGRAMS:
        yield from told_of_work(case, program)
    yield from _extension(case)
    yield from _review(case)
    yield from _linked(case)


def _asked(case: Case) -> Iterator[Step]:
    """Ask for the national aid, and for the city's where the national one was refused or looks unlikely.

    An office's own no leads to the next office, and the city waits for that one.
    """
    yield from refer_where_likely(case, NATIONAL, urgent=True)
    national = case.referral(NATIONAL)
    said_no = national.outcome in _REFUSED or barred_by_rules(case, NATIONAL)
    unlikely = not national.exists and case.screening(NATIONAL).result is Result.UNLIKELY
    if said_no or unlikely:
        yield from refer_where_likely(case, CITY, urgent=True)


def _extension(case: Case) -> Iterator[Step]:
    """Flag a hire during the aid: before it is extended, the office weighs it (시행규칙 §3, §4; read 2026-11-22)."""
    aid, hired_at = case.referral(NATIONAL), case.at_work_since()
    paid = aid.is_open and aid.reached("decided") is not None and aid.reached("ended") is None
    # A stop that fell on appeal ended nothing.
    stands = standing(case.catalog, NATIONAL, aid.milestones)
    stopped = any((m.lane, m.code) == ("review", "stopped") for m in stands)
    if paid and hired_at is not None and not stopped:
        yield AskStaff("extension_in_question", f"{NATIONAL}:{aid.number}:{day_of(hired_at)}", "change: hired")


def _review(case: Case) -> Iterator[Step]:
    """Tell the office of a new recipient, whose adequacy review may be skipped.

    긴급복지지원법 §14②, read 2026-11-22.
    """
    aid, facts = case.referral(NATIONAL), case.facts
    reviewed = any(m.lane == "review" and m.code in _REVIEWED for m in aid.milestones)
    if reviewed or aid.reached("decided") is None or not (is_with_office(case, NATIONAL) or aid.outcome == "ended"):
        return
    for benefit in ("livelihood_recipient", "medical_aid_recipient"):
        if getattr(facts, benefit) is True:
            yield Amend(NATIONAL, benefit)


def _linked(case: Case) -> Iterator[Step]:
    """Have the client linked to lasting help after the aid (긴급복지지원법 §4②③, read 2026-11-22)."""
    aid = case.referral(NATIONAL)
    if aid.outcome == "ended" and not case.needs(Need.BENEFITS):
        yield AskStaff("link_after_aid", f"{NATIONAL}:{aid.number}", "needs: benefits")


@our_flow("emergency-aid", name_of_run)
async def emergency_aid() -> ShiftReport:
    """Work one shift of the emergency-aid desk."""
    return await open_shift(Desk.EMERGENCY_AID, steps)
