"""What a move to another district does: the office that is not competent any more hands on; a district's team changes.

사회보장급여법 §5 (competent by residence), 시행령 §2② (who is not competent transfers without delay), §20 (a change of
address is reported); 긴급복지지원법 §6; read 2026-11-22. Job services do not depend on where a client lives, but for
the districts' own job teams.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from models.case import Case
from models.routing import route
from models.steps import CHOSEN, MOVED, Amend, AskStaff, Step, Withdraw
from models.vocabulary import ReferralState

#: The kind of agency that serves its own district's residents only, although job services are for everybody.
DISTRICT_TEAM: Final = "outreach_job_team"


def lives_elsewhere(case: Case, program: str) -> bool:
    """Say whether the agency that has a program's referral serves other districts than the client's.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    referral, district = case.referral(program), case.facts.district
    if not referral.exists or district is None:
        return False
    return not case.catalog.agency(referral.agency).serves(district)


def told_of_move(case: Case, program: str) -> Iterator[Step]:
    """Let the office that has or pays a benefit know that the client has moved, so that it hands on what it holds.

    A draft that waits for an office which is not competent any more is given up, and drafted anew for the right one. An
    agency that a person chose is left to a person.
    """
    referral = case.referral(program)
    if not (referral.is_open or case.is_current(program)) or not lives_elsewhere(case, program):
        return
    match referral.state:
        case _ if referral.rule == CHOSEN and referral.is_open:
            yield AskStaff("other_district", f"{program}:{referral.number}", f"agency: {referral.agency}")
        case ReferralState.DRAFTED:
            yield Withdraw(program, MOVED)
        case _:
            yield Amend(program, MOVED, about=case.facts.district or "")


def other_team(case: Case, program: str) -> Iterator[Step]:
    """Let a district's own job team stop where the client lives elsewhere now and there is another agency to go to."""
    referral = case.referral(program)
    if not referral.is_open or not lives_elsewhere(case, program):
        return
    kind = case.catalog.agency(referral.agency).kind
    if kind != DISTRICT_TEAM and referral.state is not ReferralState.DRAFTED:
        return
    following = route(program, case.facts, case.catalog, case.today, case.refused(program), case.load).first
    if referral.rule == CHOSEN or following is None:
        yield AskStaff("other_district", f"{program}:{referral.number}", f"agency: {referral.agency}")
    else:
        yield Withdraw(program, MOVED)


def moved(case: Case, programs: Iterable[str]) -> Iterator[Step]:
    """Tell of a move wherever one of these benefits is with an office of another district."""
    for program in programs:
        yield from told_of_move(case, program)
