"""The words the catalog's files may use: desks, kinds of agency, items, facts.

The catalog is the lowest floor and imports nothing of the house, so the words stand here once more as types; a test
compares them with `models/vocabulary.py` and `models/facts.py`.
"""

from __future__ import annotations

from typing import Final, Literal

DeskCode = Literal["intake", "emergency-aid", "welfare-benefits", "debt-relief", "job-placement", "employment-subsidy"]

HappenedCode = Literal[
    "opened",
    "counseled",
    "aid_decided",
    "benefit_decided",
    "debt_advised",
    "filed_in_court",
    "hired",
    "dismissed",
    "facts_changed",
]

AgencyKind = Literal[
    "employment_center",
    "welfare_team",
    "district_office",
    "outreach_job_team",
    "womens_center",
    "mid_career_center",
    "fifty_plus_center",
    "microfinance",
    "legal_aid",
    "court",
    "nhis",
    "office_of_education",
    "employer",
]

ItemCode = Literal[
    "name",
    "birth_date",
    "sex",
    "phone",
    "address",
    "household",
    "children",
    "crisis",
    "income",
    "recognized_income",
    "debts",
    "employment",
    "job_profile",
    "job_wish",
    "screening",
    "hire",
    "wage",
    "target_confirmation",
]

Whose = Literal["client", "agency", "rules"]
BenefitParty = Literal["client", "member", "employer"]
Protocol = Literal["webhook", "mail", "mirror"]
Urgency = Literal["normal", "urgent"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

TargetGroup = Literal[
    "everyone",
    "single_parent",
    "career_break_woman",
    "mid_career",
    "fifty_plus",
    "youth",
    "vulnerable_jobseeker",
    "debtor",
]

Unit = Literal["won", "won_per_month", "won_per_year", "percent", "years", "months", "days", "hours", "persons"]

#: Names of the predicates in `models/screening/` a program may ask for.
ScreeningName = Literal[
    "emergency_living_aid",
    "seoul_emergency_aid",
    "single_parent_support",
    "copay_relief",
    "education_benefit",
    "employment_success_package",
    "national_employment_support",
    "employment_promotion_subsidy",
    "financial_counseling",
    "private_workout",
    "individual_rehabilitation",
    "bankruptcy",
]

#: Facts that are so or not so, which a milestone can make known.
FactName = Literal[
    "livelihood_recipient",
    "medical_aid_recipient",
    "other_wage_subsidy",
]

#: Facts a routing rule may ask about: the fields of `Facts` that hold one value, and what is derived from them.
FACT_NAMES: Final[frozenset[str]] = frozenset({
    "sex",
    "district",
    "neighborhood",
    "marital",
    "crisis",
    "employed",
    "monthly_income",
    "recognized_income",
    "property_won",
    "financial_assets_won",
    "debts_unsecured_won",
    "debts_secured_won",
    "debt_overdue_months",
    "creditors",
    "seizure_pending",
    "career_break",
    "livelihood_recipient",
    "medical_aid_recipient",
    "chronic_illness",
    "obligor_ok",
    "income_expected",
    "urgent_safety",
    "job_wish",
    "age",
    "household_size",
    "single_parent",
    "months_since_last_job",
})  # fmt: skip
