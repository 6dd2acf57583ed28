"""What is begun only because something else was refused: it waits for the next agency, and ends with the refusal.

Which no opens an alternative: that of the program's rules. An agency's own no leads to the next agency, a client's to a
person, and so does that of an office which knows of the same aid elsewhere (긴급복지지원법 §3②, read 2026-11-27).
"""

from collections.abc import Iterator
from typing import Final

from models.appeals import was_upheld
from models.case import Case
from models.next_agency import asks_another
from models.routing import route
from models.steps import CHOSEN, OVERTAKEN, AskStaff, Step, Withdraw
from models.vocabulary import ReferralState

#: Why a program declines who is served already: what would take its place would be a second aid of the same content.
SERVED: Final = "duplicate"
#: States of the first program in which its office has not been asked, or is asked to stop.
_NOT_UNDER_WAY: Final = frozenset({ReferralState.DRAFTED, ReferralState.CANCEL_REQUESTED})


def barred_by_rules(case: Case, program: str) -> bool:
    """Say whether a program declined the client by its own rules, so that no agency of it need be asked any more.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    referral = case.referral(program)
    if referral.state is not ReferralState.DECLINED or referral.reason == SERVED:
        return False
    return case.catalog.program(program).decline_reason(referral.reason or "").whose == "rules"


def is_over(case: Case, program: str) -> bool:
    """Say whether a program has ended and nobody is asked for it in turn, so that what follows it may begin.

    What the client declined, or was not found for, is not over: a person talks with the client first.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    latest = case.referral(program)
    if not latest.exists or latest.is_open:
        return False
    if latest.state is ReferralState.DECLINED:
        whose = case.catalog.program(program).decline_reason(latest.reason or "").whose
        if whose == "client":
            return False
    return not (asks_another(case, latest) and _some_agency_left(case, program))


def _some_agency_left(case: Case, program: str) -> bool:
    latest, refused = case.referral(program), case.refused(program)
    if latest.state is ReferralState.REDIRECTED and latest.redirect_to not in {None, *refused}:
        return True
    return route(program, case.facts, case.catalog, case.today, refused, case.load).first is not None


def overtaken(case: Case, first: str, alternative: str, *, decided: str) -> Iterator[Step]:
    """Let an alternative end where the first program is under way again: by an upheld appeal, or because staff asked.

    What a person chose stays; where the alternative was decided already, a person must see that nobody is served twice
    (긴급복지지원법 §3②, 사회보장급여법 §9①, no second benefit of the same content; read 2026-11-22).

    Args:
        case: As it stands.
        first: Program that had been refused.
        alternative: Program begun in its place.
        decided: Milestone of the alternative's main lane from which on it is a person's affair.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    begun = case.referral(alternative)
    again = case.referral(first)
    under_way = was_upheld(case, first) or (again.is_open and again.state not in _NOT_UNDER_WAY)
    if not begun.exists or begun.rule == CHOSEN or not under_way:
        return
    granted = begun.outcome is not None and case.catalog.program(alternative).outcome(begun.outcome).favorable
    if granted or (begun.is_open and begun.reached(decided) is not None):
        yield AskStaff("served_twice", f"{alternative}:{begun.number}", f"asked again: {first}")
    elif begun.is_open:
        yield Withdraw(alternative, OVERTAKEN)
