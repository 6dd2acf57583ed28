"""What changes in a client's life and must be known to whoever has, or pays, a benefit.

사회보장급여법 §20 (a recipient reports without delay: income, ability to work, other benefits); read 2026-11-22. The
center may tell an office on the basis on which it asked; that frees the client of nothing, so staff remind them.
"""

from collections.abc import Iterator
from datetime import datetime

from models.case import Case
from models.counting import day_of, start_of
from models.steps import Amend, AskStaff, Step
from models.vocabulary import Happened, ReferralState


def told_of(program: str, change: Happened, at: datetime) -> Amend:
    """Return what lets an agency know of a hire or the loss of a job: once for each, so the second is told too."""
    return Amend(program, change.value, about=day_of(at).isoformat())


def is_with_office(case: Case, program: str) -> bool:
    """Say whether an office has or pays it now, and so must know of changes."""
    referral = case.referral(program)
    asked = referral.is_open and referral.state not in {ReferralState.DRAFTED, ReferralState.CANCEL_REQUESTED}
    return asked or case.is_current(program)


def told_of_work(case: Case, program: str) -> Iterator[Step]:
    """Let an office know of a hire or the loss of a job since the application, and staff of the client's own duty.

    Args:
        case: As it stands.
        program: A benefit with a milestone `review.change_reported`.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    if not is_with_office(case, program):
        return
    referral = case.referral(program)
    reported = referral.reached("change_reported", "review")
    for change, at in case.changes_of_work():
        if day_of(at) < referral.application_date:
            continue
        yield told_of(program, change, at)
        if reported is None or reported < start_of(day_of(at)):
            about = f"{program}:{referral.number}:{change}:{day_of(at)}"
            yield AskStaff("change_to_report", about, f"change: {change}")
