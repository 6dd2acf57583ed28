"""Invented people and the cases they walk in with: what a test starts from. Nobody here exists."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import catalog
from models.case import Case, ConsentView, MilestoneView, ReferralView
from models.facts import Facts
from models.numbers import Kind, spell
from models.vocabulary import Desk, Item, Need, ReferralState

#: The Monday on which client A walks in, and ten in the morning of it in Seoul.
WALKED_IN: Final = date(2017, 12, 4)
MORNING: Final = datetime(2017, 12, 4, 1, 0, tzinfo=UTC)

ALL_ITEMS: Final = frozenset(item.value for item in Item)

#: Client A: 41, divorced, a daughter of 13, no income since November, 62 million won of debts.
CLIENT_A: Final[Mapping[str, Any]] = {
    "birth_date": "1976-08-21",
    "sex": "female",
    "household": [{"relation": "child", "birth_date": "2004-05-10", "school_level": "middle"}],
    "district": "mapo",
    "marital": "divorced",
    "single_parent_since": "2017-09-15",
    "crisis": "job_loss",
    "crisis_on": "2017-11-10",
    "employed": False,
    "last_job_ended_on": "2017-11-10",
    "job_seeker_registered_on": "2017-12-04",
    "unemployment_benefit": False,
    "earlier_package": False,
    "monthly_income": 0,
    "recognized_income": 1_050_000,
    "property_won": 20_000_000,
    "financial_assets_won": 900_000,
    "livelihood_recipient": False,
    "medical_aid_recipient": False,
    "chronic_illness": False,
    "earlier_aid": False,
    "debts_unsecured_won": 62_000_000,
    "debts_secured_won": 0,
    "debt_overdue_months": 5,
    "creditors": 8,
    "seizure_pending": False,
    "income_expected": True,
    "earlier_discharge": False,
}

#: Whom client A allows to know what; the daughter is under 14, so a guardian has signed for her.
AGENCIES_OF_A: Final = ("mapo-welfare-team", "microfinance-desk", "legal-aid", "sunny-day-care")


@cache
def known() -> catalog.Catalog:
    """Return the shipped catalog."""
    return catalog.load()


def consent(recipient: str | None, *, given_by: str = "self", items: Iterable[str] = ALL_ITEMS) -> ConsentView:
    """Return a consent that holds for years: to an agency, or (None) to the center itself."""
    return ConsentView(
        purpose="collection" if recipient is None else "provision",
        recipient=recipient,
        items=frozenset(items),
        given_by=given_by,
        valid_from=WALKED_IN,
        valid_to=date(2029, 12, 3),
    )


def consents_to(*recipients: str | None) -> tuple[ConsentView, ...]:
    """Return the client's consent and the guardian's for the child, to each recipient."""
    return tuple(consent(to, given_by=by) for to in recipients for by in ("self", "guardian"))


def facts_of_a(**changed: object) -> Facts:
    """Return client A's facts, some of them changed."""
    return Facts.model_validate({**CLIENT_A, **changed})


def case_of_a(
    *needs: Need,
    consents: tuple[ConsentView, ...] | None = None,
    referrals: tuple[ReferralView, ...] = (),
    load: Mapping[str, int] | None = None,
    today: date = WALKED_IN,
    **changed: object,
) -> Case:
    """Return client A's case: by default with every consent signed and no referral yet.

    Args:
        needs: What she asks help for; everything when none is named.
        consents: Whom she allows to know what.
        referrals: What stands already, oldest first.
        load: Open referrals by agency.
        today: Asia/Seoul date.
        changed: Facts that differ from hers.
    """
    return Case(
        journey_id=UUID(int=1),
        number=spell(Kind.JOURNEY, 2017, 1),
        opened_on=WALKED_IN,
        today=today,
        wants=frozenset(needs or Need),
        facts=facts_of_a(**changed),
        catalog=known(),
        consents=consents_to(None, *AGENCIES_OF_A) if consents is None else consents,
        referrals=referrals,
        load=load or {},
    )


def referral(
    program: str,
    agency: str,
    state: ReferralState,
    *,
    nth: int = 1,
    milestones: Mapping[str, datetime] | None = None,
    **fields: Any,  # noqa: ANN401 - the fields of a ReferralView, each of its own type
) -> ReferralView:
    """Return a referral as it stands; `milestones` are those of the main lane, by code."""
    return ReferralView(
        id=UUID(int=1000 + nth),
        number=spell(Kind.REFERRAL, 2017, nth),
        program=program,
        agency=agency,
        desk=Desk(known().program(program).desk),
        state=state,
        sequence=fields.pop("sequence", 1),
        application_date=fields.pop("application_date", WALKED_IN),
        milestones=tuple(MilestoneView("main", code, at) for code, at in (milestones or {}).items()),
        **fields,
    )
