"""Random cases for Hypothesis: client A's life in other shapes, with referrals in any state that the catalog allows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from models.case import Case, MilestoneView, ReferralView
from models.vocabulary import Need, ReferralState
from tests.story.people import AGENCIES_OF_A, MORNING, case_of_a, consents_to, known, referral

PROGRAMS = sorted(known().programs)
AGENCIES = sorted(known().agencies)
_MAYBE = st.none() | st.booleans()

#: Facts that differ from client A's.
LIVES: st.SearchStrategy[Mapping[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "district": st.sampled_from(["mapo", "eunpyeong", "gangseo"]) | st.none(),
        "crisis": st.sampled_from(["none", "job_loss", "violence"]) | st.none(),
        "monthly_income": st.integers(0, 5_000_000) | st.none(),
        "recognized_income": st.integers(0, 5_000_000) | st.none(),
        "debts_unsecured_won": st.integers(0, 10**9) | st.none(),
        "household": st.just([]) | st.none(),
        "marital": st.sampled_from(["married", "divorced"]) | st.none(),
        "obligor_ok": _MAYBE,
        "seizure_pending": _MAYBE,
        "urgent_safety": _MAYBE,
        "career_break": _MAYBE,
        "program_completed": _MAYBE,
        "employer": st.just("sunny-day-care") | st.none(),
    },
)


@st.composite
def referrals(draw: st.DrawFn, program: str, nth: int) -> ReferralView:
    """Draw a referral of a program in any state, with words that fit it."""
    entry = known().program(program)
    state = draw(st.sampled_from(ReferralState))
    lanes = [(lane, milestone.code) for lane, row in entry.lanes.items() for milestone in row]
    words: dict[str, Any] = {"heard_at": MORNING, "outcome_at": MORNING}
    if state is ReferralState.COMPLETED:
        words["outcome"] = draw(st.sampled_from(sorted(entry.outcomes)))
    if state is ReferralState.DECLINED:
        words["reason"] = draw(st.sampled_from(sorted(entry.decline_reasons)))
    if state is ReferralState.REDIRECTED:
        words["redirect_to"] = draw(st.none() | st.sampled_from(AGENCIES))
    takers = [code for code in AGENCIES if program in known().agency(code).programs]
    view = referral(program, draw(st.sampled_from(takers)), state, nth=nth, **words)
    reached = draw(st.lists(st.sampled_from(lanes), max_size=3, unique=True))
    return replace(view, milestones=tuple(MilestoneView(lane, code, MORNING) for lane, code in reached))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case in which at most one referral of each program is open."""
    chosen = draw(st.lists(st.sampled_from(PROGRAMS), max_size=5))
    drawn = [draw(referrals(program, nth)) for nth, program in enumerate(chosen, 1)]
    is_open = {view.program: view.id for view in drawn if view.is_open}
    standing = tuple(view for view in drawn if not view.is_open or is_open[view.program] == view.id)
    signed = draw(st.lists(st.sampled_from([None, *AGENCIES_OF_A]), unique=True))
    return case_of_a(
        *draw(st.sets(st.sampled_from(Need))),
        consents=consents_to(*signed),
        referrals=standing,
        today=draw(st.dates(date(2017, 12, 4), date(2026, 12, 31))),
        load={"microfinance-desk": draw(st.sampled_from([0, 30]))},
        **draw(LIVES),
    )


def a_little_later(case: Case) -> Case:
    """Return the case as it stands the next day."""
    return replace(case, today=case.today + timedelta(days=1))
