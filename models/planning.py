"""Planning: from what the rules want to what must be done, and nothing that is done already. Pure.

The rules are asked again after every change until they want nothing new; so running them twice writes nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

from catalog import UnknownWord
from models.appeals import take_up_overturned
from models.case import Case, ReferralView
from models.changing import changed
from models.disclosure import basis_of, law_for
from models.going_on import kept_up
from models.handing_on import handed_on
from models.next_agency import application_day, asks_another, stopped, voided_after, voided_before
from models.routing import route
from models.steps import CHOSEN, Amend, AskStaff, Refer, Step, Withdraw
from models.vocabulary import Desk, LetterType, ReferralEvent, ReferralState
from models.work import CaseWork, LetterDraft, Stuck, cancellation

#: A desk's `steps`: what it wants, whenever it is asked.
Rules = Callable[[Case], Iterable[Step]]
#: Gives a fresh key.
NewKey = Callable[[], UUID]

#: Rounds after which rules that still want something new are said never to settle.
ROUNDS: Final = 12
#: States in which the agency holds nothing that could be amended.
_KNOWS_NOTHING: Final = frozenset({ReferralState.DRAFTED, ReferralState.CANCELLED})


def ask(work: CaseWork, rules: Rules, cause: int, new_key: NewKey) -> None:
    """Ask a desk's rules until they want nothing new, and add what follows to the work.

    Args:
        work: The case under this desk's hands.
        rules: The desk's `steps`.
        cause: Inbox id of the event that woke the desk; everything done here names it.
        new_key: Gives a key to each new referral.

    Raises:
        Stuck: A rule raised, wants a program of another desk, or the rules never settle.
    """
    for program, agency in work.chosen:
        if work.case.collection_withdrawn:
            work.notice("collection_withdrawn", f"{program}:{agency}")
            continue
        _choose(work, program, agency, f"rule:{cause}", new_key)
    for _ in range(ROUNDS):
        work.notices = [notice for notice in work.notices if not notice.by_rule]
        before = len(work.transitions) + len(work.letters)
        _take_up(work, f"rule:{cause}")
        for step in _steps(work, rules):
            try:
                _do(work, step, f"rule:{cause}", new_key)
            except UnknownWord as unknown:
                raise Stuck("unknown_word", f"{unknown.kind} wanted by desk {work.desk}") from unknown
        if len(work.transitions) + len(work.letters) == before:
            work.rules_asked = True
            return
    raise Stuck("rules_never_settle", f"after {ROUNDS} rounds")


def _take_up(work: CaseWork, cause: str) -> None:
    try:
        take_up_overturned(work, cause)
    except UnknownWord as unknown:
        raise Stuck("unknown_word", f"{unknown.kind} kept at desk {work.desk}") from unknown


def _steps(work: CaseWork, rules: Rules) -> list[Step]:
    """Return what is wanted; while the journey is dormant, only what ends something."""
    if work.case.collection_withdrawn:
        return _let_go(work)
    try:
        own = list(rules(work.case))
        wanted = [*own, *kept_up(work.case, work.desk, rules, own), *_proposed(work)]
    except Exception as error:
        raise Stuck("rule_raised", f"{type(error).__name__} at desk {work.desk}") from error
    if work.case.dormant_since is None:
        return wanted
    resting = [AskStaff("client_dormant", work.case.dormant_reason or "")] if work.desk is Desk.INTAKE else []
    return [*(step for step in wanted if isinstance(step, Withdraw)), *resting]


def _let_go(work: CaseWork) -> list[Step]:
    """Ask nobody any more and end what is open, whatever the rules want; a person is told once."""
    own = [r.program for r in work.case.referrals if r.desk is work.desk and r.is_open]
    told = [AskStaff("collection_withdrawn")] if work.desk is Desk.INTAKE else []
    return [*told, *(Withdraw(program, "consent_withdrawn") for program in own)]


def _proposed(work: CaseWork) -> list[Step]:
    """Return what agencies proposed in place of what they declined, until that is asked for or the first is again."""
    found: list[Step] = []
    for nth, declined in enumerate(work.case.referrals):
        program = declined.proposed_program
        latest = work.case.referral(declined.program).id == declined.id and declined.desk is work.desk
        if program is None or not latest or declined.state is not ReferralState.DECLINED:
            continue
        since = [r for r in work.case.referrals[nth + 1 :] if r.program == program]
        if not since and not work.case.referral(program).is_open:
            about = f"{declined.number}:{program}"
            found.append(AskStaff("counter_proposal", about, f"{declined.program} → {program}"))
    return found


def _choose(work: CaseWork, program: str, agency: str | None, cause: str, new_key: NewKey) -> None:
    """Draft what a person chose, unless one is open already; without an agency, the routing rules name it."""
    latest = work.case.referral(program)
    if latest.is_open or program in work.case.elsewhere:
        work.notice("already_open", f"{program}:{latest.number if latest.is_open else work.case.elsewhere[program]}")
        return
    agency = agency or _routed(work, program)[0]
    if agency is None:
        work.notice("no_agency_left", f"{program}:{len(work.case.refused(program))}")
        return
    step = Refer(program, agency=agency)
    _request(work, _draft(work, latest, agency, CHOSEN, f"{cause}:chosen", new_key), step, cause)


def _do(work: CaseWork, step: Step, cause: str, new_key: NewKey) -> None:
    match step:
        case Refer():
            _refer(work, step, cause, new_key)
        case Withdraw():
            _withdraw(work, step, cause)
        case Amend():
            _amend(work, step, cause)
        case AskStaff():
            work.notice(step.code, step.about, step.detail, by_rule=True)


def _amend(work: CaseWork, step: Amend, cause: str) -> None:
    referral = work.case.referral(step.program)
    if not referral.exists or referral.state in _KNOWS_NOTHING or not _may_tell(work, referral):
        return
    about = f"{step.what}:{step.about}"[:64] if step.about else step.what
    work.write(
        LetterDraft(
            referral_id=referral.id,
            type=LetterType.AMENDED,
            about=about,
            cause=f"{cause}:amend:{referral.number or referral.id}:{about}",
            reason=step.what,
        )
    )


def _may_tell(work: CaseWork, referral: ReferralView) -> bool:
    """Say whether a change may still be told to the agency; without a basis a person is asked instead."""
    case, program = work.case, work.case.catalog.program(referral.program)
    basis, cite = basis_of(case, referral.agency, program.items, law_for(case, program, urgent=False))
    if basis is None:
        work.notice(f"{cite}_missing", f"{referral.program}:{referral.agency}", by_rule=True)
    return basis is not None


def _refer(work: CaseWork, step: Refer, cause: str, new_key: NewKey) -> None:
    program = work.case.catalog.program(step.program)
    if Desk(program.desk) is not work.desk:
        raise Stuck("program_of_another_desk", step.program)
    latest = work.case.referral(step.program)
    if latest.state is ReferralState.DRAFTED:
        _request(work, latest, step, cause)
        return
    if _is_settled(work, step.program, latest):
        return
    refused = work.case.refused(step.program)
    agency, rule = step.agency, "named_by_rule"
    if latest.state is ReferralState.REDIRECTED and latest.redirect_to is not None:
        agency, rule = latest.redirect_to, "redirected"
    if agency is None or agency in refused:
        agency, rule = _routed(work, step.program)
        if agency is None:
            work.notice("no_agency_left", f"{step.program}:{len(refused)}", by_rule=True)
            return
    elif step.program not in work.case.catalog.agency(agency).programs:
        work.notice("agency_does_not_take_it", f"{step.program}:{agency}", by_rule=True)
        return
    drafted = _draft(work, latest, agency, rule, cause, new_key)
    _request(work, drafted, step, cause)


def _is_settled(work: CaseWork, program: str, latest: ReferralView) -> bool:
    """Say whether nobody is to be asked: it is answered, was an error, or is asked for the same person elsewhere."""
    if latest.exists and not asks_another(work.case, latest):
        if latest.state is ReferralState.DECLINED:
            work.notice("declined", f"{program}:{latest.number}", f"reason: {latest.reason}", by_rule=True)
        if latest.state is ReferralState.FAILED and not stopped(latest):
            work.notice("failed", f"{program}:{latest.number}", f"agency: {latest.agency}", by_rule=True)
        return True
    if voided_after(work.case, latest) if latest.exists else voided_before(work.case, program):
        work.notice("voided_before", program, by_rule=True)
        return True
    taken = work.case.elsewhere.get(program)
    if taken is not None:
        work.notice("already_open", f"{program}:{taken}", by_rule=True)
    return taken is not None


def _routed(work: CaseWork, program: str) -> tuple[str | None, str]:
    """Return the agency the routing rules choose now, or None, and the rule."""
    case, load = work.case, Counter(work.case.load) + work.taken
    first = route(program, case.facts, case.catalog, work.today, case.refused(program), load).first
    return (None, "") if first is None else (first.agency, first.rule)


def _draft(work: CaseWork, latest: ReferralView, agency: str, rule: str, cause: str, new_key: NewKey) -> ReferralView:
    """Write a new referral down, after the latest one of its program if there was any."""
    work.taken[agency] += 1
    nth = 1 + sum(1 for referral in work.case.referrals if referral.program == latest.program)
    drafted = ReferralView(
        id=new_key(),
        program=latest.program,
        agency=agency,
        desk=work.desk,
        application_date=latest.application_date if handed_on(work.case, latest) else work.today,
        created_at=work.now,
        rule=rule,
        predecessor_id=latest.id if latest.exists else None,
    )
    return work.move(
        drafted,
        ReferralEvent.DRAFTED,
        cause=f"{cause}:draft:{latest.program}:{nth}",
        who=f"desk:{work.desk}",
        occurred_at=work.now,
        reason=rule,
    )


def _request(work: CaseWork, drafted: ReferralView, step: Refer, cause: str) -> None:
    case, program = work.case, work.case.catalog.program(drafted.program)
    basis, cite = basis_of(case, drafted.agency, program.items, law_for(case, program, urgent=step.urgent))
    if basis is None:
        if drafted.waits_for != cite:
            work.put(changed(drafted, waits_for=cite))
        work.notice(f"{cite}_missing", f"{drafted.program}:{drafted.agency}", by_rule=True)
        return
    ready = changed(drafted, waits_for=None, basis=basis, basis_cite=cite, items=tuple(program.items))
    ready = changed(ready, application_date=application_day(case, drafted))
    nth = ready.sequence
    requested = work.move(
        ready,
        ReferralEvent.REQUESTED,
        cause=f"{cause}:request:{drafted.program}:{drafted.id}:{nth}",
        who=f"desk:{work.desk}",
        occurred_at=work.now,
    )
    if case.catalog.agency(drafted.agency).protocol == "mirror":
        work.notice("hand_over_in_person", f"{drafted.program}:{drafted.agency}")
        return
    work.write(
        LetterDraft(
            referral_id=requested.id,
            type=LetterType.REQUESTED,
            about=str(nth),
            cause=f"{cause}:letter:{requested.id}:{nth}",
            urgent=step.urgent,
        ),
    )


def _withdraw(work: CaseWork, step: Withdraw, cause: str) -> None:
    referral = work.case.referral(step.program)
    if not referral.is_open or referral.state is ReferralState.CANCEL_REQUESTED:
        return
    was = referral.state
    moved = work.move(
        changed(referral, reason=step.reason),
        ReferralEvent.WITHDRAWN,
        cause=f"{cause}:withdraw:{referral.id}:{referral.sequence}",
        who=f"desk:{work.desk}",
        occurred_at=work.now,
        reason=step.reason,
    )
    if was is ReferralState.DRAFTED:
        return
    work.write(cancellation(moved, step.reason, cause))
