"""What holds for every client: an answer given on partial knowledge survives learning the rest."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import catalog
from models.facts import Facts
from models.facts_check import check_facts
from models.household import Member
from models.screening import PREDICATES, Result, screen

KNOWN = catalog.load()
PROGRAMS = sorted(code for code, program in KNOWN.programs.items() if program.screening in PREDICATES)
ON = {code: date(2018, 1, 8) for code in PROGRAMS} | {"national-employment-support": date(2026, 3, 3)}

won = st.sampled_from([0, 500_000, 1_300_000, 1_480_000, 2_000_000, 9_000_000, 150_000_000, 600_000_000])
months_back = st.integers(0, 40).map(lambda months: date(2018, 1, 1) - timedelta(days=31 * months))
yes_no = st.booleans()
members = st.builds(
    Member,
    relation=st.sampled_from(["child", "parent"]),
    birth_date=st.dates(date(1993, 1, 1), date(2017, 1, 1)),
    school_level=st.sampled_from(["none", "elementary", "middle", "high", "university"]),
)
crises = st.sampled_from(["none", "job_loss", "illness"])

#: Every fact known.
FIELDS = {
    "birth_date": st.dates(date(1945, 1, 1), date(2002, 1, 1)),
    "sex": st.sampled_from(["female", "male"]),
    "district": st.sampled_from(["mapo", "eunpyeong"]),
    "household": st.lists(members, max_size=3).map(tuple),
    "marital": st.sampled_from(["married", "divorced", "single"]),
    "crisis": crises,
    "crisis_on": months_back,
    "last_job_ended_on": months_back,
    "job_seeker_registered_on": months_back,
    "worked_days_24m": st.integers(0, 300),
    "unemployment_benefit_from": months_back,
    "unemployment_benefit_to": months_back,
    "earlier_package_ended_on": months_back,
    "program_completed_on": months_back,
    "earlier_aid_ended_on": months_back,
    "earlier_aid_cause": crises,
    "discharge_on": months_back,
    "debt_overdue_months": st.integers(0, 9),
    **{name: won for name in ("monthly_income", "recognized_income", "property_won", "financial_assets_won")},
    **{name: won for name in ("debts_unsecured_won", "debts_secured_won")},
    **{
        name: yes_no
        for name in (
            "employed",
            "unemployment_benefit",
            "earlier_package",
            "program_completed",
            "income_expected",
            "creditors_in_agreement",
            "seizure_pending",
            "credit_recovery",
            "earlier_discharge",
            "livelihood_recipient",
            "medical_aid_recipient",
            "single_parent_support",
            "earlier_aid",
            "chronic_illness",
            "obligor_ok",
        )
    },
}
#: A "no" that leaves these days without meaning.
DENIES = {
    "unemployment_benefit": ("unemployment_benefit_from", "unemployment_benefit_to"),
    "earlier_package": ("earlier_package_ended_on",),
    "program_completed": ("program_completed_on",),
    "earlier_discharge": ("discharge_on",),
    "earlier_aid": ("earlier_aid_ended_on", "earlier_aid_cause"),
}


@st.composite
def whole_and_part(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """Draw a client about whom everything is known, and the same client with some facts unknown."""
    whole = {name: draw(values) for name, values in FIELDS.items()}
    for denied, days in DENIES.items():
        if whole[denied] is False:
            whole |= dict.fromkeys(days)
    if whole["crisis"] == "none":
        whole["crisis_on"] = None
    hidden = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=6))
    part = {name: None if name in hidden else value for name, value in whole.items()}
    return Facts.model_validate(whole), Facts.model_validate(part)


def _not_contradictory(facts: Facts) -> bool:
    return not [problem for problem in check_facts(facts, date(2018, 1, 8)) if "birth" not in problem.field]


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=60, deadline=None)
@given(clients=whole_and_part())
def test_answers_survive_learning_more(program: str, clients: tuple[Facts, Facts]) -> None:
    whole, part = clients
    assume(_not_contradictory(whole))
    early, late = (screen(program, facts, KNOWN, ON[program]).result for facts in (part, whole))

    match early:
        case Result.LIKELY:
            assert Result.LIKELY is late
        case Result.EXCLUDED:
            assert Result.EXCLUDED is late
        case Result.UNLIKELY:
            assert late in {Result.UNLIKELY, Result.EXCLUDED}
        case _:
            pass


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=30, deadline=None)
@given(clients=whole_and_part())
def test_what_is_missing_is_unknown_and_named_only_then(program: str, clients: tuple[Facts, Facts]) -> None:
    for facts in clients:
        found = screen(program, facts, KNOWN, ON[program])

        assert (Result.NEEDS_INFO is found.result) == bool(found.missing)
        for name in found.missing:
            assert name == "household" or name.startswith("catalog.") or getattr(facts, name) is None


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_known_is_never_likely(program: str) -> None:
    assert Result.NEEDS_INFO is screen(program, Facts(), KNOWN, ON[program]).result
