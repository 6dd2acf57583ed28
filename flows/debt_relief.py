"""Debt relief: counseling first; the counselor's advice decides which road follows, and one that closes opens the next.

채무자회생법 §593①1, §600①1 (rehabilitation stops a bankruptcy), §610②, §619 (a plan is changed); read 2026-11-22.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Final

from flows.alternatives import barred_by_rules
from flows.changes import told_of
from flows.desk import ShiftReport, name_of_run, open_shift
from flows.screened import WORTH_ASKING, refer_where_likely
from models.appeals import was_upheld
from models.case import Case
from models.counting import day_of
from models.steps import OVERTAKEN, Amend, AskStaff, Refer, Step, Withdraw
from models.vocabulary import Desk, Happened, Need, ReferralState
from tasks.prefect_line import our_flow

#: A job or its loss changes what can be repaid (채무자회생법 §610②, §619; read 2026-11-22).
HEARS = frozenset({Happened.HIRED, Happened.DISMISSED})

COUNSELING: Final = "financial-counseling"
WORKOUT: Final = "private-workout"
REHABILITATION: Final = "individual-rehabilitation"
BANKRUPTCY: Final = "bankruptcy"

ADVISED: Final[Mapping[str, str]] = {
    "advise_rehabilitation": REHABILITATION,
    "advise_workout": WORKOUT,
    "advise_bankruptcy": BANKRUPTCY,
}
#: What may follow where a road was closed to the client.
NEXT_ROADS: Final[Mapping[str, tuple[str, ...]]] = {
    WORKOUT: (REHABILITATION, BANKRUPTCY),
    REHABILITATION: (BANKRUPTCY,),
}
#: A procedure that went over into the other.
SWITCHED: Final[Mapping[str, str]] = {REHABILITATION: BANKRUPTCY, BANKRUPTCY: REHABILITATION}
#: Milestones with which a court has a petition no longer, unless an appeal is upheld.
_OUT_OF_COURT: Final = ("dismissed", "withdrawn", "abolished", "abolished_after", "denied")
#: Milestones with which an agreement of a workout binds nobody any more.
_AGREED_NO_MORE: Final = frozenset({"completed", "lapsed"})
FILED: Final = Happened.FILED_IN_COURT.value


def steps(case: Case) -> Iterator[Step]:
    """Counsel, then go the advised road, and the next where that is closed; a petition in court ends a workout."""
    shut = _shut(case)
    for road, reason in shut.items():
        yield Withdraw(road, reason)
    if WORKOUT in shut:
        yield from _agreed(case)
    if case.needs(Need.DEBT):
        yield from _roads(case, shut)
    yield from _plan(case)


def _roads(case: Case, shut: Collection[str]) -> Iterator[Step]:
    """Counsel; then ask for what was advised, and for what follows where that is closed."""
    advice = case.referral(COUNSELING).outcome
    if advice is None:
        yield Refer(COUNSELING)
        return
    if (advised := ADVISED.get(advice)) is not None and advised not in shut:
        yield Refer(advised)
    yield from _next_roads(case, shut)


def _shut(case: Case) -> Mapping[str, str]:
    """Return the roads that another one excludes now, and why."""
    begun = case.referral(REHABILITATION)
    found = {WORKOUT: FILED} if _in_court(case) is not None else {}
    if begun.is_open and begun.reached("commenced") is not None:
        found[BANKRUPTCY] = "rehabilitation_commenced"
    elif was_upheld(case, REHABILITATION) and case.referral(BANKRUPTCY).reached("filed") is None:
        found[BANKRUPTCY] = OVERTAKEN
    return found


def _in_court(case: Case) -> datetime | None:
    """Return when the petition was filed that a court has before it now, or None; one that fell shuts nothing."""
    for road in (REHABILITATION, BANKRUPTCY):
        petition = case.referral(road)
        filed_at = petition.reached("filed")
        if not petition.is_open or filed_at is None:
            continue
        begun_at = max(filed_at, petition.reached("upheld", "appeal") or filed_at)
        ended_at = max(filter(None, map(petition.reached, _OUT_OF_COURT)), default=None)
        if ended_at is None or ended_at < begun_at:
            return filed_at
    return None


def _agreed(case: Case) -> Iterator[Step]:
    """Let who brought a workout about know of the petition, where its agreement still stands."""
    workout, filed_at = case.referral(WORKOUT), _in_court(case)
    if workout.outcome == "agreed" and workout.stands() not in _AGREED_NO_MORE and filed_at is not None:
        yield Amend(WORKOUT, FILED, about=day_of(filed_at).isoformat())


def _next_roads(case: Case, shut: Collection[str]) -> Iterator[Step]:
    """Go over where a court did, and open the alternative of a road that was closed."""
    for road, other in SWITCHED.items():
        if case.referral(road).outcome == "switched" and other not in shut:
            yield Refer(other)
    for road, others in NEXT_ROADS.items():
        if _closed(case, road):
            tried = (o for o in others if case.referral(o).exists or case.screening(o).result in WORTH_ASKING)
            following = next(tried, others[0])
            if following not in shut:
                yield from refer_where_likely(case, following)
    if _closed(case, BANKRUPTCY):
        yield AskStaff("no_road_left", f"{BANKRUPTCY}:{case.referral(BANKRUPTCY).number}")


def _closed(case: Case, road: str) -> bool:
    """Say whether a road was refused to the client: by the one who decides, or by the rules of the program."""
    referral, program = case.referral(road), case.catalog.program(road)
    if barred_by_rules(case, road):
        return True
    if referral.state is not ReferralState.COMPLETED or referral.outcome is None:
        return False
    # What the client gave up, every program has in common; it opens nothing.
    own = program.outcome(referral.outcome)
    return not own.favorable and own.means == Happened.DEBT_ADVISED


def _plan(case: Case) -> Iterator[Step]:
    """Tell who files of a change in income, and have the repayment plan looked at, until it was after that change."""
    plan = case.referral(REHABILITATION)
    filed_at = plan.reached("filed")
    if not plan.is_open or filed_at is None:
        return
    looked_at = max(filter(None, map(plan.reached, ("plan_submitted", "confirmed", "plan_changed"))), default=filed_at)
    for change, at in case.changes_of_work():
        yield told_of(REHABILITATION, change, at)
        if looked_at < at:
            about = f"{REHABILITATION}:{plan.number}:{change}:{day_of(at)}"
            yield AskStaff("repayment_plan_in_question", about, f"change: {change}")


@our_flow("debt-relief", name_of_run)
async def debt_relief() -> ShiftReport:
    """Work one shift of the debt-relief desk."""
    return await open_shift(Desk.DEBT_RELIEF, steps)
