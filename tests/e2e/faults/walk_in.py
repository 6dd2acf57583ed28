"""Invented clients as they walk in today: a whole need each, likely for every program, with every consent signed."""

from datetime import date, timedelta
from typing import Any, Final

from models.vocabulary import Item

#: Whom a client of these tests allows to know everything: whoever her referrals may reach.
RECIPIENTS: Final = (
    "seoul-west-employment-center",
    "mapo-welfare-team",
    "mapo-district-office",
    "microfinance-desk",
    "legal-aid",
    "mid-career-job-hope-center",
    "mapo-outreach-job-team",
    "sunny-day-care",
)

#: How each program ends when the sandbox plays its scripts: state and outcome. The programs without an outcome are left
#: open on purpose: repayment takes years, the subsidy waits for six months of wages. A placement that the job
#: program's own hire overtakes is withdrawn, or was never begun.
ENDS: Final[dict[str, frozenset[tuple[str, str | None]]]] = {
    "job-counseling": frozenset({("completed", "counseled")}),
    "emergency-living-aid": frozenset({("completed", "ended")}),
    "single-parent-support": frozenset({("completed", "granted")}),
    "copay-relief": frozenset({("completed", "granted")}),
    "education-benefit": frozenset({("completed", "granted")}),
    "financial-counseling": frozenset({("completed", "advise_rehabilitation")}),
    "individual-rehabilitation": frozenset({("in_progress", None)}),
    "national-employment-support": frozenset({("completed", "employed")}),
    "job-placement": frozenset({("completed", "hired"), ("cancelled", None)}),
    "employment-promotion-subsidy": frozenset({("in_progress", None)}),
}
#: The last milestone of the programs that are left open.
LAST_MILESTONE: Final = {"individual-rehabilitation": "commenced", "employment-promotion-subsidy": "block1_running"}

#: What follows from each need, the subsidy from being hired.
PROGRAMS_OF: Final[dict[str, tuple[str, ...]]] = {
    "living": ("emergency-living-aid",),
    "benefits": ("single-parent-support", "copay-relief", "education-benefit"),
    "debt": ("financial-counseling", "individual-rehabilitation"),
    "job": ("national-employment-support", "job-placement", "employment-promotion-subsidy"),
}


#: Begun only where the job program got so far before it found a job by itself.
MAY_BE_MISSING: Final = frozenset({"job-placement"})


def expected_programs(needs: tuple[str, ...]) -> set[str]:
    """Return every program a client with these needs is referred to in the end."""
    return {"job-counseling"} | {program for need in needs for program in PROGRAMS_OF[need]} - MAY_BE_MISSING


def intake(nth: int, today: date, *needs: str, **facts: object) -> dict[str, Any]:
    """Return the intake of the nth client, who walks in `today`.

    Args:
        nth: Makes one client's data differ from the next one's.
        today: Asia/Seoul date.
        needs: What is asked help for; everything when none is named.
        facts: Facts that differ from the usual ones.
    """
    child = {"relation": "child", "name": f"이음{nth}", "birth_date": "2013-05-10", "school_level": "middle"}
    return {
        "client": {
            "name": f"홍길순{nth}",
            "birth_date": "1984-08-21",
            "sex": "female",
            "phone": f"010-0000-{nth:04d}",
            "address": f"서울특별시 마포구 없는로 {nth}",
        },
        "household": [child],
        "needs": list(needs or PROGRAMS_OF),
        "facts": {
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
            "debts_unsecured_won": 60_000_000 + nth,
            "debts_secured_won": 0,
            "debt_overdue_months": 5,
            "creditors": 8,
            "creditors_in_agreement": True,
            "seizure_pending": False,
            "income_expected": True,
            "earlier_discharge": False,
            "employer": "sunny-day-care",
            **facts,
        },
        "consents": _consents(today),
    }


def _consents(today: date) -> list[dict[str, Any]]:
    until = str(today + timedelta(days=1000))
    items = [item.value for item in Item]
    collection = {"purpose": "collection", "items": items, "given_by": "self", "valid_to": until}
    provisions = [
        {"purpose": "provision", "recipient": recipient, "items": items, "given_by": by, "valid_to": until}
        for recipient in RECIPIENTS
        for by in ("self", "guardian")
    ]
    return [collection, *provisions]
