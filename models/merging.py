"""Merging, as it is judged before anything is written: which of two referrals stays, and what is known together. Pure.

Facts of the journey that stays win; what it does not know is taken over from the other, unless it would contradict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from models.case import ReferralView
from models.facts import Facts
from models.facts_check import check_facts
from models.roads import CLOSED, ROADS
from models.vocabulary import ReferralEvent, ReferralState

#: The facts that stand in the client's and household's own rows.
_OWN_ROWS: Final = frozenset({"birth_date", "sex", "household"})
#: The agency has not seen it yet.
_NOT_THERE: Final = frozenset({ReferralState.DRAFTED, ReferralState.REQUESTED})


@dataclass(frozen=True, slots=True)
class Double:
    """Two open referrals of one program, of which one may stay."""

    stays: ReferralView
    gives_way: ReferralView

    @property
    def needs_a_person(self) -> bool:
        """Say whether agencies have begun on both, so that neither can simply be withdrawn."""
        return _reach(self.gives_way) > _MAY_GIVE_WAY


_MAY_GIVE_WAY: Final = 1


def doubles(ones: Iterable[ReferralView], others: Iterable[ReferralView]) -> list[Double]:
    """Return the programs that are open on both sides, each with the referral that stays.

    The one that has come less far gives way; of equals the younger, so that the earlier day of application stays.
    """
    open_ones = {referral.program: referral for referral in ones if referral.is_open}
    pairs = [(open_ones[r.program], r) for r in others if r.is_open and r.program in open_ones]
    return [_double(one, other) for one, other in pairs]


def _double(one: ReferralView, other: ReferralView) -> Double:
    first, second = sorted((one, other), key=lambda r: (-_reach(r), r.application_date, r.id))
    return Double(first, second)


def _reach(referral: ReferralView) -> int:
    """Return how far it has come: 0 not yet with the agency, 1 with it, 2 the agency has begun and must stop it."""
    if referral.state in _NOT_THERE:
        return 0
    withdrawn = ROADS.get((referral.state or ReferralState.DRAFTED, ReferralEvent.WITHDRAWN))
    return _MAY_GIVE_WAY if withdrawn is not None and withdrawn.end in CLOSED else _MAY_GIVE_WAY + 1


@dataclass(frozen=True, slots=True)
class Joined:
    """What is known together."""

    facts: Facts
    #: Facts that only the other journey knew.
    taken_over: tuple[str, ...]
    #: Facts on which the two disagree.
    differ: tuple[str, ...]


def joined(kept: Facts, other: Facts, on: date) -> Joined:
    """Join what two journeys of one person know.

    Args:
        kept: Of the journey that stays, with client and household.
        other: Of the one that ends in it.
        on: The day it is (Asia/Seoul).
    """
    facts, taken_over = kept, list[str]()
    before = set(check_facts(kept, on))
    told = [name for name in Facts.model_fields if name not in _OWN_ROWS and getattr(other, name) is not None]
    for name in told:
        if getattr(kept, name) is None:
            more = facts.model_copy(update={name: getattr(other, name)})
            if set(check_facts(more, on)) <= before:
                facts = more
                taken_over.append(name)
    differ = [name for name in told if getattr(kept, name) not in {None, getattr(other, name)}]
    return Joined(facts, tuple(sorted(taken_over)), tuple(sorted(differ)))
