"""What the center knows about a client, as the rules see it: every fact is optional, and None means nobody knows.

A screening, a route and a desk's rule read these and nothing else. Money is in won (a month where it is income), days
are Asia/Seoul dates. Whether a thing is known to be absent is said in so many words (`crisis: none`,
`earlier_aid: false`), never by leaving it out.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.household import Member
from models.spans import age_on, months_between, within_months

Won = Annotated[int, Field(ge=0, le=10**12)]
Months = Annotated[int, Field(ge=0, le=1200)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=60)]

Marital = Literal["married", "divorced", "widowed", "single", "separated"]
Sex = Literal["female", "male"]
#: Causes of 긴급복지지원법 §2 and 시행규칙 §1의2 (read 2026-11-22), the last two by ministerial notice, from memory;
#: `none` says that there is no crisis.
Crisis = Literal[
    "none",
    "job_loss",
    "business_closure",
    "main_earner_lost",
    "illness",
    "abuse",
    "violence",
    "disaster",
    "utilities_cut",
    "arrears",
    "benefit_stopped",
    "benefit_undecided",
    "divorce_income_loss",
    "family_care",
    "homelessness",
    "debt_burden",
]


class Facts(BaseModel):
    """The facts of one client on one day; frozen, so that a change is a new set of facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # who
    birth_date: date | None = None
    sex: Sex | None = None
    #: Code of the registered district, as in catalog/districts.yaml; others are possible.
    district: Code | None = None
    neighborhood: Annotated[str, Field(max_length=60)] | None = None
    #: None while nobody asked; an empty tuple is a client who lives alone.
    household: tuple[Member, ...] | None = None
    marital: Marital | None = None
    single_parent_since: date | None = None
    # crisis
    crisis: Crisis | None = None
    crisis_on: date | None = None
    urgent_safety: bool | None = None
    # work
    employed: bool | None = None
    #: Since when in the latest job; what was told of it here counts as a hire, if it began while the journey was open.
    hired_on: date | None = None
    last_job_ended_on: date | None = None
    job_seeker_registered_on: date | None = None
    worked_days_24m: Annotated[int, Field(ge=0, le=731)] | None = None
    worked_hours_24m: Annotated[int, Field(ge=0, le=17544)] | None = None
    #: Cannot begin a job now: study, service, illness, care.
    cannot_start: bool | None = None
    #: In a job paid from public money (재정지원 직접일자리), or so within the last six months.
    direct_job: bool | None = None
    #: Receives a local government's job-seeking allowance, or did so within the last six months.
    local_allowance: bool | None = None
    #: Belongs to a group for which the job programs ask no income: homeless, defector, marriage migrant …
    special_group: bool | None = None
    severe_disability: bool | None = None
    unemployment_benefit: bool | None = None
    unemployment_benefit_from: date | None = None
    unemployment_benefit_to: date | None = None
    career_break: bool | None = None
    job_wish: Code | None = None
    earlier_package: bool | None = None
    earlier_package_ended_on: date | None = None
    #: Took part in National Employment Support before.
    earlier_support: bool | None = None
    earlier_support_ended_on: date | None = None
    program_completed: bool | None = None
    program_completed_on: date | None = None
    #: Agency code of the employer who hired; the subsidy's word goes to that one and to no other.
    employer: Code | None = None
    # the employer who hired, and the job
    employer_insured: bool | None = None
    #: Workers insured there, and those of them a subsidy is paid for already.
    employer_insured_heads: Annotated[int, Field(ge=0, le=10**7)] | None = None
    employer_subsidized_heads: Annotated[int, Field(ge=0, le=10**7)] | None = None
    #: On the public list of employers who owe wages.
    employer_arrears: bool | None = None
    employer_laid_off: bool | None = None
    #: When the employer who hired laid somebody off, around the hire.
    employer_laid_off_on: date | None = None
    #: Worked for the same employer, or a related one, within a year before the hire.
    employed_there_before: bool | None = None
    permanent_contract: bool | None = None
    #: Wage a month of the job.
    wage_won: Won | None = None
    #: The wage is borne by public money, in whole or in part.
    public_wage: bool | None = None
    #: Another wage subsidy is paid for the same worker (새일여성인턴, 청년일자리도약 …).
    other_wage_subsidy: bool | None = None
    # money
    #: Income a month of those who share living and housing.
    monthly_income: Won | None = None
    #: The client's own income a month.
    own_income_won: Won | None = None
    #: 소득인정액 a month of the benefit household.
    recognized_income: Won | None = None
    property_won: Won | None = None
    financial_assets_won: Won | None = None
    income_expected: bool | None = None
    # debts
    debts_unsecured_won: Won | None = None
    debts_secured_won: Won | None = None
    debt_overdue_months: Months | None = None
    creditors: Annotated[int, Field(ge=0, le=1000)] | None = None
    creditors_in_agreement: bool | None = None
    #: Debts a workout cannot take in: to private lenders, taxes, and what the client stands surety for.
    private_lender_debts: bool | None = None
    tax_debts: bool | None = None
    guarantee_debts: bool | None = None
    seizure_pending: bool | None = None
    credit_recovery: bool | None = None
    earlier_discharge: bool | None = None
    discharge_on: date | None = None
    # benefits
    livelihood_recipient: bool | None = None
    #: Since when; None where it was so before anyone asked.
    livelihood_recipient_from: date | None = None
    medical_aid_recipient: bool | None = None
    medical_aid_recipient_from: date | None = None
    single_parent_support: bool | None = None
    education_benefit: bool | None = None
    earlier_aid: bool | None = None
    earlier_aid_cause: Crisis | None = None
    earlier_aid_ended_on: date | None = None
    chronic_illness: bool | None = None
    obligor_ok: bool | None = None

    def age(self, on: date) -> int | None:
        """Return the client's age in full years on a day, or None while the birth date is unknown."""
        return None if self.birth_date is None else age_on(self.birth_date, on)

    def __hash__(self) -> int:
        """Return what equal facts have in common, so that what was made of them once can be found again."""
        return hash(tuple(self.__dict__[name] for name in type(self).model_fields))

    @property
    def together(self) -> tuple[Member, ...]:
        """Return the members who live with the client; none while the household is unknown."""
        return tuple(member for member in self.household or () if member.lives_together)

    @property
    def household_size(self) -> int | None:
        """Count the client and the members living together; None while the household is unknown."""
        return None if self.household is None else 1 + len(self.together)

    @property
    def children(self) -> tuple[Member, ...]:
        """Return the client's children (or grandchildren in care) who live together."""
        return tuple(member for member in self.together if member.relation in {"child", "grandchild"})

    def children_under(self, age: int, on: date) -> tuple[Member, ...]:
        """Return the children living together who are known to be below an age on a day."""
        return tuple(child for child in self.children if child.under(age, on))

    def has_child_under(self, age: int, on: date) -> bool | None:
        """Say whether a child below an age lives with the client; None while nobody knows."""
        if self.household is None:
            return None
        known = [child.under(age, on) for child in self.children]
        return True if True in known else (None if None in known else False)

    def is_alone(self, on: date) -> bool | None:
        """Say whether the client is without a spouse, by what was told; None if unclear.

        A separated client (so is one whose spouse is missing) counts from `single_parent_since`; without that day it
        is the officer's to find (한부모가족지원법 §4, read 2026-11-22).
        """
        if self.marital in {None, "separated"}:
            since = self.single_parent_since
            return True if since is not None and since <= on else None
        return self.marital != "married"

    def is_single_parent(self, on: date) -> bool | None:
        """Say whether the client brings up a child below 18 alone, by what was told; None if unclear."""
        alone = self.is_alone(on)
        child = self.has_child_under(18, on)
        if alone is False or child is False:
            return False
        return None if alone is None or child is None else True

    def months_since_last_job(self, on: date) -> int | None:
        """Return the full months since the last job ended, or None while that day is unknown."""
        return None if self.last_job_ended_on is None else months_between(self.last_job_ended_on, on)

    def on_unemployment_benefit(self, on: date, months: int = 0) -> bool | None:
        """Say whether the client receives unemployment benefit on a day, or did so up to some months before."""
        start, end = self.unemployment_benefit_from, self.unemployment_benefit_to
        if self.unemployment_benefit is False or (start is not None and start > on):
            return False
        if end is None:
            return None
        if end < on:
            return within_months(end, months, on) if months else False
        return None if start is None else True


def ran_by(facts: Facts, benefit: str, first: date, last: date) -> bool:
    """Say whether a benefit ran by the last day; one that is over, where it is known to have begun since.

    Args:
        facts: The client's.
        benefit: A fact of which the day is known, too: `livelihood_recipient` and `livelihood_recipient_from`.
        first: Asia/Seoul date.
        last: Asia/Seoul date.
    """
    since: date | None = getattr(facts, f"{benefit}_from")
    if getattr(facts, benefit) is True:
        return since is None or since <= last
    return since is not None and first <= since <= last
