"""What the agencies hear when a client's phone or address has changed: that it has, on the basis they hold; never what.

The center may tell an office of a change of address on the basis on which it asked (사회보장급여법 §20, read
2026-11-22). An amendment carries no items: the agency asks the client. Where the address must be given to nobody any
more, no agency is told of it, and a person looks at those that had it. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from models.case import ReferralView
from models.disclosure import basis_of, law_for
from models.steps import CHOSEN, MOVED
from models.vocabulary import Item, LetterType, ReferralState
from models.work import CaseWork, HeardEvent, LetterDraft

#: What an agency is told, by the item that changed.
CHANGED: Final = {Item.PHONE: "phone_changed", Item.ADDRESS: "address_changed"}
#: The notice where agencies have an address that is to be kept from everybody now.
HAVE_IT: Final = "address_kept_secret"


def tell_of_contact(work: CaseWork, event: HeardEvent) -> None:
    """Tell each open referral's agency that has one of the changed items, once for each change.

    Args:
        work: The case, with the new facts where the client has moved to another district.
        event: Its data names what has `changed`; `secret` says that the address is to be kept from everybody,
            `fresh` names the referrals whose request had not left yet and says the new things itself.
    """
    changed, fresh = event.data["changed"], frozenset(event.data.get("fresh", ()))
    hidden = event.data.get("secret") is True
    for item, what in CHANGED.items():
        if item.value not in changed or (hidden and item is Item.ADDRESS):
            continue
        for referral in _holding(work, item):
            if referral.number not in fresh and _may_tell(work, referral):
                _tell(work, event, referral, what)
    if hidden and {"address", "address_secret"} & set(changed):
        had = [str(referral.number) for referral in _holding(work, Item.ADDRESS) if referral.number not in fresh]
        if had:
            work.notice(HAVE_IT, f"event {event.id}", ", ".join(had))


def _holding(work: CaseWork, item: Item) -> Iterator[ReferralView]:
    """Yield the open referrals with which an item went, or is about to go, to the agency."""
    for referral in work.case.referrals:
        if referral.is_open and referral.state is not ReferralState.DRAFTED and item.value in referral.items:
            yield referral


def _may_tell(work: CaseWork, referral: ReferralView) -> bool:
    """Say whether a change may still be told to the agency; without a basis a person is asked instead."""
    case, program = work.case, work.case.catalog.program(referral.program)
    basis, missing = basis_of(case, referral.agency, program.items, law_for(case, program, urgent=False))
    if basis is None:
        work.notice(f"{missing}_missing", f"{referral.program}:{referral.agency}")
    return basis is not None


def _tell(work: CaseWork, event: HeardEvent, referral: ReferralView, what: str) -> None:
    reason, about = what, f"{what}:{event.id}"
    facts: Mapping[str, str | None] = event.data.get("facts") or {}
    district = facts.get("district")
    moved = f"{MOVED}:{district}"[:64]
    serves = district is None or work.case.catalog.agency(referral.agency).serves(district)
    # Who does not serve the new district hears of the move by the desk's own rule, in these very words: once.
    told_before = (LetterType.AMENDED, moved) in referral.letters
    if what == CHANGED[Item.ADDRESS] and not serves and referral.rule != CHOSEN and not told_before:
        reason, about = MOVED, moved
    work.write(
        LetterDraft(
            referral_id=referral.id,
            type=LetterType.AMENDED,
            about=about,
            cause=f"event:{event.id}:amend:{referral.number}:{about}",
            reason=reason,
        )
    )
