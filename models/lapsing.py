"""When a consent carries a referral no more: the day from which nothing further may be disclosed on it. Pure."""

from datetime import date

from models.case import Case, ReferralView
from models.counting import ONE_DAY
from models.disclosure import basis_of, law_for
from models.vocabulary import Basis, ReferralState


def rests_on_consent(case: Case, referral: ReferralView) -> bool:
    """Say whether an open referral was disclosed on consent, and no statute would carry it as well."""
    sent = referral.is_open and referral.state is not ReferralState.DRAFTED
    return sent and referral.basis is Basis.CONSENT and case.catalog.program(referral.program).statute is None


def over_on(case: Case, referral: ReferralView) -> date | None:
    """Return the first day on which the client's consents carry a referral no more.

    A consent renewed in time leaves no such day; one renewed late leaves none while it holds. The day may lie in the
    past. None: they carry it as far as anybody knows, or never did, or were withdrawn, which is told elsewhere.

    Args:
        case: On its day, with every consent.
        referral: One of its referrals.

    Raises:
        UnknownWord: The catalog has no such program or agency.
    """
    items = case.catalog.program(referral.program).items

    def carried(day: date) -> bool:
        return basis_of(case.following(today=day), referral.agency, items, None)[0] is Basis.CONSENT

    after = sorted({c.valid_to + ONE_DAY for c in case.consents if not c.withdrawn and c.valid_to < date.max})
    ends = [day for day in after if carried(day - ONE_DAY) and not carried(day)]
    if carried(case.today):
        return next((day for day in ends if day > case.today), None)
    return next((day for day in reversed(ends) if day <= case.today), None)


def basis_today(case: Case, referral: ReferralView) -> tuple[Basis, str] | None:
    """Return on what basis an agency may see today what it was sent; None where that has ended.

    A law that carried it stands. What was disclosed on consent is seen on consent while that covers it, else on the
    program's statute, as planning would tell the agency of a change.

    Args:
        case: On its day, with every consent.
        referral: One of its referrals, with the basis it was disclosed on.

    Raises:
        UnknownWord: The catalog has no such program or agency.
    """
    if referral.basis is not Basis.CONSENT:
        return None if referral.basis is None else (referral.basis, referral.basis_cite or "")
    program = case.catalog.program(referral.program)
    basis, cite = basis_of(case, referral.agency, program.items, law_for(case, program, urgent=False))
    return None if basis is None else (basis, cite)
