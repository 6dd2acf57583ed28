"""What goes on although no rule of a desk wants it: what a person chose, and what an office handed on. Pure.

An application that was filed with the wrong office goes on whatever the client asks help for now (사회보장급여법 시행령
§2②, read 2026-11-27): only the client ends it. What a person chose is asked of the next agency, or comes back to a
person, as what a rule wants does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from models.case import Case, ReferralView
from models.changing import changed
from models.handing_on import handed_on, predecessor
from models.steps import CHOSEN, MOVED, OVERTAKEN, AskStaff, Refer, Step, Withdraw
from models.vocabulary import NO_SHOW, Desk, ReferralState

#: Ends after which somebody else is asked, or a person is told.
_LEFT: Final = frozenset({
    ReferralState.DECLINED,
    ReferralState.EXPIRED,
    ReferralState.FAILED,
    ReferralState.REDIRECTED,
})  # fmt: skip
_NEXT: Final = UUID(int=1)


def kept_up(case: Case, desk: Desk, rules: Callable[[Case], Iterable[Step]], wanted: Sequence[Step]) -> list[Step]:
    """Return what is wanted of a desk's programs beside what its rules want, once for each program.

    Args:
        case: As it stands.
        desk: Whose referrals are looked at.
        rules: The desk's `steps`, asked whether they would end at once what would go on.
        wanted: What they want of the case as it stands: that comes first.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    settled = {step.program for step in wanted if isinstance(step, Refer | Withdraw)}
    programs = dict.fromkeys(r.program for r in case.referrals if r.desk is desk and r.program not in settled)
    return [step for program in programs for step in _of(case, case.referral(program), rules)]


def _of(case: Case, latest: ReferralView, rules: Callable[[Case], Iterable[Step]]) -> Iterator[Step]:
    program = latest.program
    if latest.state is ReferralState.DRAFTED:
        before = predecessor(case, latest)
        if latest.rule == CHOSEN or (before is not None and _goes_on(case, before)):
            yield Refer(program, agency=latest.agency)
        return
    if not latest.exists or latest.is_open or not _goes_on(case, latest):
        return
    bar = _ended_by(case, latest, rules)
    if bar is None:
        came_not = latest.reason == NO_SHOW
        yield Refer(program, agency=latest.agency if came_not else None)
    elif bar == OVERTAKEN and latest.state is ReferralState.DECLINED:
        yield AskStaff("declined", f"{program}:{latest.number}", f"reason: {latest.reason}")


def _goes_on(case: Case, ended: ReferralView) -> bool:
    """Say whether somebody is to be asked after this one, whatever the client needs now."""
    if handed_on(case, ended):
        return True
    if ended.state is ReferralState.EXPIRED and ended.basis is None:
        # A draft that staff gave up was asked of nobody.
        return False
    return _leads_on(ended) and _of_a_person(case, ended)


def _leads_on(ended: ReferralView) -> bool:
    return ended.state in _LEFT or (ended.state is ReferralState.CANCELLED and ended.reason == MOVED)


def _of_a_person(case: Case, referral: ReferralView) -> bool:
    """Say whether a person chose it, or it was asked in the place of one that a person chose."""
    if referral.rule == CHOSEN:
        return True
    before = predecessor(case, referral)
    return before is not None and _leads_on(before) and _of_a_person(case, before)


def _ended_by(case: Case, latest: ReferralView, rules: Callable[[Case], Iterable[Step]]) -> str | None:
    """Return why the desk's rules would end a successor at once, or None; one for another district is drawn up anew."""
    successor = changed(
        latest,
        id=_NEXT,
        state=ReferralState.REQUESTED,
        rule=None,
        reason=None,
        outcome=None,
        outcome_at=None,
        proposed_program=None,
        milestones=(),
        predecessor_id=latest.id,
    )
    # What it would be like is screened apart, so that no record is made of it.
    following = case.following(referrals=(*case.referrals, successor), screened={})
    ends = (s.reason for s in rules(following) if isinstance(s, Withdraw) and s.program == latest.program)
    return next((reason for reason in ends if reason != MOVED), None)
