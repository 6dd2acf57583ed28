"""Of a program's referrals the one that counts: not one that gave way to another of the same person. Pure."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar
from uuid import UUID

from models.vocabulary import ReferralState

#: Why a referral is withdrawn that is open twice for one person.
DUPLICATE: Final = "duplicate"


class Ended(Protocol):
    """What is asked of a referral."""

    @property
    def id(self) -> UUID:
        """Its key."""
        ...

    @property
    def state(self) -> ReferralState | None:
        """Where it stands."""
        ...

    @property
    def reason(self) -> str | None:
        """Why."""
        ...

    @property
    def predecessor_id(self) -> UUID | None:
        """What it followed."""
        ...


Counted = TypeVar("Counted", bound=Ended)


def latest(closed: Sequence[Counted]) -> Counted:
    """Return the last one that gave way to no other and led to none that did; the last one where there is none such.

    Args:
        closed: Referrals of one program, at least one, in the order of their birth.
    """
    gone = set[UUID]()
    for referral in reversed(closed):
        gave_way = referral.state is ReferralState.CANCELLED and referral.reason == DUPLICATE
        if not gave_way and referral.id not in gone:
            return referral
        if referral.predecessor_id is not None:
            gone.add(referral.predecessor_id)
    return closed[-1]
