"""Whether the next agency is asked after one has said no, and what it keeps of the referral before. Pure."""

from datetime import date

from models.appeals import was_upheld
from models.case import Case, ReferralView
from models.handing_on import handed_on
from models.steps import PASSING
from models.vocabulary import LetterType, ReferralState


def asks_another(case: Case, latest: ReferralView) -> bool:
    """Say whether the next agency is to be asked: an agency's own no, or its silence, is not the client's no.

    What a desk itself withdrew for a reason that passes may be asked again: its rule wants it only when that is over.
    """
    match latest.state:
        case ReferralState.REDIRECTED | ReferralState.EXPIRED:
            return True
        case ReferralState.DECLINED:
            return case.catalog.program(latest.program).decline_reason(latest.reason or "").whose == "agency"
        case ReferralState.CANCELLED:
            return latest.reason in PASSING
        case _:
            return False


def application_day(case: Case, drafted: ReferralView) -> date:
    """Return the day that counts in law for what is asked now: that on which an office is asked, not that of the draft.

    What the wrong office hands on was asked before, and so was what an upheld appeal takes up again. What was withdrawn
    or declined and is asked once more is a new application.
    """
    before = next((r for r in case.referrals if r.id == drafted.predecessor_id), None)
    first_time = drafted.basis is None
    kept = before is not None and first_time and handed_on(case, before)
    return drafted.application_date if kept or was_upheld(case, drafted.program) else case.today


def voided_before(case: Case, program: str) -> bool:
    """Say whether a person has said of this program that it should never have been asked."""
    return any(r.program == program and r.state is ReferralState.ENTERED_IN_ERROR for r in case.referrals)


def voided_after(case: Case, latest: ReferralView) -> bool:
    """Say whether a person has said of what followed a referral that it should never have been asked."""
    error = ReferralState.ENTERED_IN_ERROR
    return any(r.predecessor_id == latest.id and r.state is error for r in case.referrals)


def stopped(referral: ReferralView) -> bool:
    """Say whether the agency was asked to stop, so that nothing is missed in what it could not do."""
    return any(kind is LetterType.CANCEL_REQUESTED for kind, _ in referral.letters)
