"""Disclosure: why the few items of a program may go to an agency today: consent, a statute, or danger to life. Pure.

개인정보 보호법 §15, §17, §22의2; read 2026-11-22.
"""

from collections.abc import Collection, Iterable
from typing import Final

from catalog import Program
from models.case import COLLECTION, Case, ConsentView
from models.facts import Facts
from models.vocabulary import Basis, Item

#: Danger to life or body at once (개인정보 보호법 §15①5, §17①2; read 2026-11-22).
VITAL_INTEREST: Final = "개인정보 보호법 §15①5, §17①2"
#: Age under which a guardian must consent (개인정보 보호법 §22의2, read 2026-11-22).
GUARDIAN_UNDER: Final = 14


def law_for(case: Case, program: Program, *, urgent: bool) -> tuple[Basis, str] | None:
    """Return the law under which a program may be asked for without consent: a statute, or danger to life."""
    if program.statute is not None:
        return Basis.STATUTE, program.statute.cite
    return (Basis.VITAL_INTEREST, VITAL_INTEREST) if urgent and case.facts.urgent_safety else None


def basis_of(
    case: Case,
    agency: str,
    items: Collection[str],
    law: tuple[Basis, str] | None,
) -> tuple[Basis | None, str]:
    """Return why these items may go to this agency today: the basis and its cite, or None and what is missing.

    Consent comes first, where it covers everything. A child under 14 needs a guardian's (개인정보 보호법 §22의2, read
    2026-11-22); a law needs nobody's.

    Args:
        case: With the consents, on its day.
        agency: Who would get them.
        items: What would leave the center.
        law: Basis and cite that hold without consent, if any.

    Raises:
        UnknownWord: The catalog has no such agency.
    """
    own_house = case.catalog.agency(agency).kind == "employment_center"
    held = [c for c in case.consents if c.holds_on(case.today)]
    carrying = [
        c
        for c in held
        if (c.recipient == agency and c.purpose == "provision")
        or (own_house and c.recipient is None and c.purpose == COLLECTION)
    ]
    covered = {item for consent in carrying for item in consent.items}
    if set(items) <= covered:
        if Item.CHILDREN in items and _young_child(case.facts, case) and not _guardian(carrying):
            return law or (None, "guardian_consent")
        return Basis.CONSENT, f"consent:{agency}"
    return law or (None, "consent")


def _young_child(facts: Facts, case: Case) -> bool:
    return bool(facts.children_under(GUARDIAN_UNDER, case.today))


def _guardian(carrying: Iterable[ConsentView]) -> bool:
    return any(consent.given_by == "guardian" and Item.CHILDREN in consent.items for consent in carrying)
