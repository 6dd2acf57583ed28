"""What is begun only because something else was refused, and ends when that refusal falls."""

from collections.abc import Iterator

from models.appeals import was_upheld
from models.case import Case
from models.steps import CHOSEN, OVERTAKEN, AskStaff, Step, Withdraw


def overtaken(case: Case, first: str, alternative: str, *, decided: str) -> Iterator[Step]:
    """Let an alternative end where an upheld appeal has taken the first program up again.

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
    if not begun.exists or begun.rule == CHOSEN or not was_upheld(case, first):
        return
    granted = begun.outcome is not None and case.catalog.program(alternative).outcome(begun.outcome).favorable
    if granted or (begun.is_open and begun.reached(decided) is not None):
        yield AskStaff("served_twice", f"{alternative}:{begun.number}", f"upheld: {first}")
    elif begun.is_open:
        yield Withdraw(alternative, OVERTAKEN)
