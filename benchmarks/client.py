"""The reference client: invented, seventy years old or more, likely for exactly the reference work's eight programs.

The national support for job seekers ends at 69, so a placement is asked for as soon as she was counseled.
"""

from datetime import date, timedelta
from typing import Any, Final

from models.vocabulary import Item, Need

#: Whoever may be asked by the catalog's own routing rules, also where the first choice is full.
AGENCIES: Final = (
    "seoul-west-employment-center",
    "mapo-welfare-team",
    "mapo-district-office",
    "microfinance-desk",
    "legal-aid",
    "mid-career-job-hope-center",
    "seoul-50plus-center",
    "mapo-outreach-job-team",
    "sunny-day-care",
)
#: Whom the reference work never asks: of another district, for those who live there.
FAR_OFFICE: Final = "eunpyeong-district-office"
_NAME: Final = "홍길순"
_FAR_NAME: Final = "먼이"
_OLDEST: Final = date(1940, 1, 1)
_DAYS: Final = 5800
_GIVEN_BY: Final = ("self", "guardian")

#: In the shape `legs`: what staff say before a stage begins, by its position.
LEGS: Final[dict[int, dict[str, Any]]] = {
    1: {"event": "facts_changed", "facts": {"crisis": "job_loss"}},
    2: {"event": "needs_changed", "needs": ["living", "benefits"]},
    3: {"event": "needs_changed", "needs": ["living", "benefits", "debt"]},
    4: {"event": "needs_changed", "needs": ["living", "benefits", "debt", "job"]},
}


def intake(nth: int, today: date, *, in_legs: bool) -> dict[str, Any]:
    """Return the intake of the nth client, who walks in `today`; her name tells which one she is."""
    items, until = [item.value for item in Item], str(today + timedelta(days=1000))
    collection = {"purpose": "collection", "items": items, "given_by": "self", "valid_to": until}
    provisions = [
        {"purpose": "provision", "recipient": recipient, "items": items, "given_by": by, "valid_to": until}
        for recipient in AGENCIES
        for by in _GIVEN_BY
    ]
    return {
        "client": {
            "name": f"{_NAME}{nth}",
            "birth_date": str(_OLDEST + timedelta(days=nth % _DAYS)),
            "sex": "female",
            "phone": f"010-{nth // 10_000:04d}-{nth % 10_000:04d}",
            "address": f"서울특별시 마포구 없는로 {nth}",
        },
        "household": [
            {"relation": "child", "name": f"이음{nth}", "birth_date": "2013-05-10", "school_level": "middle"}
        ],
        "needs": [Need.LIVING.value] if in_legs else [need.value for need in Need],
        "facts": _facts(today) | ({"crisis": "none"} if in_legs else {}),
        "consents": [collection, *provisions],
    }


def far_intake(nth: int, today: date) -> dict[str, Any]:
    """Return the intake of somebody outside the reference work, whose benefits are `FAR_OFFICE`'s to grant."""
    given = intake(nth, today, in_legs=False)
    provision = next(consent for consent in given["consents"] if consent["purpose"] == "provision")
    return given | {
        "client": given["client"] | {"name": f"{_FAR_NAME}{nth}"},
        "needs": [Need.BENEFITS.value],
        "facts": given["facts"] | {"district": "eunpyeong"},
        "consents": [*given["consents"], *(provision | {"recipient": FAR_OFFICE, "given_by": by} for by in _GIVEN_BY)],
    }


def number_of(name: str) -> int:
    """Return which client bears a name.

    Raises:
        ValueError: None of the reference work.
    """
    return int(name.removeprefix(_NAME))


def is_far(name: str) -> bool:
    """Say whether somebody outside the reference work bears a name."""
    return name.startswith(_FAR_NAME)


def _facts(today: date) -> dict[str, Any]:
    return {
        "district": "mapo",
        "marital": "divorced",
        "single_parent_since": str(today - timedelta(days=240)),
        "crisis": "job_loss",
        "crisis_on": str(today - timedelta(days=40)),
        "employed": False,
        "last_job_ended_on": str(today - timedelta(days=40)),
        "job_seeker_registered_on": str(today - timedelta(days=2)),
        "worked_days_24m": 300,
        "unemployment_benefit": False,
        "earlier_package": False,
        "program_completed": False,
        "monthly_income": 0,
        "recognized_income": 900_000,
        "property_won": 20_000_000,
        "financial_assets_won": 900_000,
        "livelihood_recipient": False,
        "medical_aid_recipient": False,
        "single_parent_support": True,
        "chronic_illness": False,
        "obligor_ok": True,
        "earlier_aid": False,
        "debts_unsecured_won": 60_000_000,
        "debts_secured_won": 0,
        "debt_overdue_months": 5,
        "creditors": 8,
        "creditors_in_agreement": True,
        "seizure_pending": False,
        "income_expected": True,
        "earlier_discharge": False,
        "employer": "sunny-day-care",
    }
