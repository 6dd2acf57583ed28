"""Appeals: an upheld one takes up again what an unfavorable decision had closed. Pure.

The old decision stays in the log. It is looked at anew whenever a desk's rules are asked, so it does not matter in
which order decision and appeal were heard. A late appeal is no different from one in time: whether it is admitted is
the deciding office's affair. What hung on a benefit whose end fell is seen to by `models/fallen.py`.
"""

from datetime import datetime
from typing import Final

from models.case import Case, ReferralView
from models.vocabulary import ReferralEvent, ReferralState
from models.work import CaseWork

#: Why a referral was taken up again.
UPHELD: Final = "upheld"


def overturned(case: Case, referral: ReferralView) -> datetime | None:
    """Return when the decision that closed a referral fell, or None while it stands.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    program, decided_at = case.catalog.program(referral.program), referral.outcome_at
    told = [m.occurred_at for m in referral.milestones if program.milestone(m.lane, m.code).reopens]
    fell_at = max((at for at in told if decided_at is not None and at > decided_at), default=None)
    match referral.state:
        case ReferralState.COMPLETED if referral.outcome is not None:
            return None if program.outcome(referral.outcome).favorable else fell_at
        case ReferralState.DECLINED:
            return fell_at
        case _:
            return None


def take_up_overturned(work: CaseWork, cause: str) -> None:
    """Reopen this desk's referrals whose decision fell, unless another of the program is open: then a person decides.

    Args:
        work: The case under the desk's hands.
        cause: What woke the desk.

    Raises:
        UnknownWord: The case holds a word that the catalog no longer knows.
    """
    for referral in work.case.referrals:
        fell_at = overturned(work.case, referral) if referral.desk is work.desk else None
        if fell_at is None:
            continue
        if work.case.referral(referral.program).is_open:
            work.notice("upheld", f"{referral.program}:{referral.number}", by_rule=True)
            continue
        taken_up_at = min(fell_at, work.now)
        work.move(
            referral.taken_up(taken_up_at, UPHELD),
            ReferralEvent.REOPENED,
            cause=f"{cause}:upheld:{referral.id}:{referral.sequence}",
            who=f"desk:{work.desk}",
            occurred_at=taken_up_at,
            reason=UPHELD,
        )


def was_upheld(case: Case, program: str) -> bool:
    """Say whether a program's referral is under way again because an appeal was upheld.

    Raises:
        UnknownWord: The catalog has no such program.
    """
    entry, referral = case.catalog.program(program), case.referral(program)
    return referral.is_open and any(entry.milestone(m.lane, m.code).reopens for m in referral.milestones)
