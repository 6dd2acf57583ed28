"""What holds for every client: an answer given on partial knowledge survives learning the rest."""

from datetime import date, timedelta
from itertools import product

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

#: Every fact known, but for those that count only once they are told (`models.screening.logic.told`).
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
    **dict.fromkeys(("monthly_income", "recognized_income", "property_won", "financial_assets_won"), won),
    **dict.fromkeys(("debts_unsecured_won", "debts_secured_won"), won),
    **dict.fromkeys(
        (
            "employed",
            "unemployment_benefit",
            "earlier_package",
            "program_completed",
            "income_expected",
            "creditors_in_agreement",
            "private_lender_debts",
            "tax_debts",
            "guarantee_debts",
            "severe_disability",
            "seizure_pending",
            "credit_recovery",
            "earlier_discharge",
            "livelihood_recipient",
            "medical_aid_recipient",
            "single_parent_support",
            "earlier_aid",
            "chronic_illness",
            "obligor_ok",
        ),
        yes_no,
    ),
}
#: A "no" that leaves these days without meaning.
DENIES = {
    "unemployment_benefit": ("unemployment_benefit_from", "unemployment_benefit_to"),
    "earlier_package": ("earlier_package_ended_on",),
    "program_completed": ("program_completed_on",),
    "earlier_discharge": ("discharge_on",),
    "earlier_aid": ("earlier_aid_ended_on", "earlier_aid_cause"),
}


#: Facts that are told or left out together.
GROUPED = {name for denied, days in DENIES.items() for name in (denied, *days)}
GROUPS = [(denied, *days) for denied, days in DENIES.items()] + [(name,) for name in sorted(FIELDS.keys() - GROUPED)]

#: A client for whom much looks likely, so that random changes fall on either side.
PROMISING: dict[str, object] = {
    "birth_date": date(1976, 3, 2),
    "sex": "female",
    "household": (Member(relation="child", birth_date=date(2004, 5, 10), school_level="middle"),),
    "marital": "divorced",
    "crisis": "job_loss",
    "crisis_on": date(2017, 11, 10),
    "employed": False,
    "monthly_income": 500_000,
    "recognized_income": 500_000,
    "property_won": 0,
    "financial_assets_won": 0,
    "debts_secured_won": 0,
    "livelihood_recipient": False,
    "medical_aid_recipient": False,
    "obligor_ok": True,
    "unemployment_benefit": False,
    "earlier_package": False,
    "earlier_discharge": False,
    "earlier_aid": False,
}


#: What else makes a program look likely for her.
ALSO: dict[str, dict[str, object]] = {
    "individual-rehabilitation": {"monthly_income": 2_500_000, "debts_unsecured_won": 62_000_000},
    "private-workout": {
        "monthly_income": 2_500_000,
        "debts_unsecured_won": 62_000_000,
        "creditors_in_agreement": True,
        **dict.fromkeys(("private_lender_debts", "tax_debts", "guarantee_debts"), False),
    },
    "bankruptcy": {"debts_unsecured_won": 62_000_000, "income_expected": False},
    "financial-counseling": {"debts_unsecured_won": 62_000_000},
    "employment-promotion-subsidy": {
        "job_seeker_registered_on": date(2017, 12, 4),
        "last_job_ended_on": date(2017, 11, 10),
        "single_parent_support": True,
    },
    "national-employment-support": {"worked_days_24m": 200},
}

#: A few telling values where the kind of fact does not say them.
TELLING: dict[str, list[object]] = {
    "crisis": ["none", "job_loss", "illness"],
    "earlier_aid_cause": ["job_loss", "illness"],
    "worked_days_24m": [0, 100, 300],
    "debt_overdue_months": [0, 3, 9],
    **{name: [PROMISING.get(name, "mapo")] for name in ("sex", "district", "marital", "household", "birth_date")},
}
DAYS: list[object] = [date(2017, 12, 1), date(2016, 1, 8), date(2009, 1, 1)]
AMOUNTS: list[object] = [0, 1_400_000, 9_000_000, 10**9]


@st.composite
def whole_and_part(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """Draw a client about whom everything is known, and the same client with some facts unknown."""
    changed = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=8))
    hidden = {name for group in draw(st.sets(st.sampled_from(GROUPS), max_size=3)) for name in group}
    whole: dict[str, object] = {
        name: draw(values) if name in changed | hidden or name not in PROMISING else PROMISING[name]
        for name, values in FIELDS.items()
    }
    for denied, days in DENIES.items():
        if whole[denied] is False:
            whole |= dict.fromkeys(days)
    if whole["crisis"] == "none":
        whole["crisis_on"] = None
    part = {name: None if name in hidden else value for name, value in whole.items()}
    return Facts.model_validate(whole), Facts.model_validate(part)


def _not_contradictory(facts: Facts) -> bool:
    return not [problem for problem in check_facts(facts, date(2018, 1, 8)) if "birth" not in problem.field]


def _survives(program: str, part: Facts, whole: Facts) -> None:
    early, late = (screen(program, facts, KNOWN, ON[program]).result for facts in (part, whole))
    stays = {
        Result.LIKELY: {Result.LIKELY},
        Result.EXCLUDED: {Result.EXCLUDED},
        Result.UNLIKELY: {Result.UNLIKELY, Result.EXCLUDED},
    }

    assert late in stays.get(early, set(Result))


def _values(name: str) -> list[object]:
    """Return telling values of a fact."""
    if name in TELLING:
        return TELLING[name]
    kind = str(Facts.model_fields[name].annotation)
    return DAYS if "date" in kind else [True, False] if "bool" in kind else AMOUNTS


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_no_answer_rests_on_a_fact_nobody_told(program: str, group: tuple[str, ...]) -> None:
    client = {"district": "mapo", **PROMISING, **ALSO.get(program, {})}
    seen = 0
    for values in product(*(_values(name) for name in group)):
        told = {**client, **dict(zip(group, values, strict=True))}
        whole = Facts.model_validate(told)
        if _not_contradictory(whole):
            seen += 1
            _survives(program, Facts.model_validate({**told, **dict.fromkeys(group)}), whole)

    assert seen


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=60, deadline=None)
@given(clients=whole_and_part())
def test_answers_survive_learning_more(program: str, clients: tuple[Facts, Facts]) -> None:
    whole, part = clients
    assume(_not_contradictory(whole))
    _survives(program, part, whole)


@pytest.mark.parametrize("program", PROGRAMS)
@settings(max_examples=50, deadline=None)
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
