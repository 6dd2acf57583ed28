"""What several desks do alike: ask for a program where the pre-screening says it is worth asking.

The center decides nothing about welfare: unlikely is not refused, it is left to a person; unknown is asked.
"""

from collections.abc import Iterator

from models.case import Case
from models.screening import Result
from models.steps import AskStaff, Refer, Step

WORTH_ASKING = frozenset({Result.LIKELY, Result.BORDERLINE})


def refer_where_likely(
    case: Case,
    program: str,
    *,
    agency: str | None = None,
    urgent: bool = False,
) -> Iterator[Step]:
    """Refer to a program that looks likely or borderline; ask staff for the facts that are missing to tell.

    A referral that is under way is kept wanted, so that a draft goes out when its consent comes, and the next agency
    is asked when one declines. What is urgent does not wait for missing facts: the deciding office asks for them
    itself (긴급복지지원법 §8, aid first and check later; read 2026-11-22).

    Args:
        case: As it stands.
        program: Catalog code.
        agency: Code, where it is settled already; otherwise the routing rules decide.
        urgent: Whether the agency is asked to answer within hours.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    screening = case.screening(program)
    unclear = screening.result is Result.NEEDS_INFO and not case.referral(program).exists
    if unclear:
        missing = ",".join(sorted(screening.missing))
        yield AskStaff("facts_missing", f"{program}:{missing}"[:128], f"missing: {missing}")
    if case.referral(program).exists or screening.result in WORTH_ASKING or (unclear and urgent):
        yield Refer(program, agency=agency, urgent=urgent)
