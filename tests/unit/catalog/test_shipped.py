"""The shipped catalog: it loads, says what the story needs, and never claims more than was read."""

from typing import get_args

import pytest

import catalog
from catalog import words
from models import vocabulary
from models.facts import Facts
from models.routing import value_of
from models.screening import PREDICATES

DESKS = {
    "job-counseling": "intake",
    "emergency-living-aid": "emergency-aid",
    "seoul-emergency-aid": "emergency-aid",
    "single-parent-support": "welfare-benefits",
    "copay-relief": "welfare-benefits",
    "education-benefit": "welfare-benefits",
    "financial-counseling": "debt-relief",
    "private-workout": "debt-relief",
    "individual-rehabilitation": "debt-relief",
    "bankruptcy": "debt-relief",
    "employment-success-package": "job-placement",
    "national-employment-support": "job-placement",
    "job-placement": "job-placement",
    "employment-promotion-subsidy": "employment-subsidy",
}


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def test_facts_that_words_hang_on_are_facts_that_are_so_or_not() -> None:
    for name in get_args(words.FactName):
        assert bool | None == Facts.model_fields[name].annotation


def test_every_program_counts_missed_appointments_and_attempts_apart(known: catalog.Catalog) -> None:
    expected = ["appointment_set", "appointment_missed", "contact_attempted", "contact_made"]

    for program in known.programs.values():
        assert expected == [milestone.code for milestone in program.lanes["contact"]]


def test_it_loads_always_as_the_same_version(known: catalog.Catalog) -> None:
    again = catalog.load()

    assert known.version == again.version
    assert 12 == len(known.version)


def test_every_program_stands_at_its_desk(known: catalog.Catalog) -> None:
    assert DESKS == {code: program.desk for code, program in known.programs.items()}


def test_every_agency_is_a_pretend_one_on_loopback(known: catalog.Catalog) -> None:
    assert 20 == len(known.agencies)
    for agency in known.agencies.values():
        assert agency.pretend
        if agency.protocol == "mail":
            assert str(agency.mailbox).endswith(".example")
        else:
            assert ("127.0.0.0/8", "::1/128") == agency.private_ranges


@pytest.mark.parametrize(
    ("program", "word", "means"),
    [
        ("job-counseling", "counseled", "counseled"),
        ("financial-counseling", "advise_rehabilitation", "debt_advised"),
        ("financial-counseling", "counseled_only", "debt_advised"),
        ("job-placement", "hired", "hired"),
        ("employment-success-package", "employed", "hired"),
        ("single-parent-support", "granted", "benefit_decided"),
        ("copay-relief", "refused", "benefit_decided"),
        ("emergency-living-aid", "ended", "aid_decided"),
    ],
)
def test_outcomes_mean_what_other_desks_hear(known: catalog.Catalog, program: str, word: str, means: str) -> None:
    assert means == known.program(program).outcome(word).means


def test_milestones_mean_what_other_desks_hear(known: catalog.Catalog) -> None:
    assert "aid_decided" == known.program("emergency-living-aid").milestone("main", "decided").means
    assert "filed_in_court" == known.program("individual-rehabilitation").milestone("main", "filed").means
    assert "hired" == known.program("job-placement").milestone("main", "hired").means
    assert "hired" == known.program("employment-success-package").milestone("main", "employed").means
    assert "hired" == known.program("national-employment-support").milestone("main", "employed").means
    assert "dismissed" == known.program("job-placement").milestone("retention", "dismissed").means
    assert "nhis" == known.program("copay-relief").milestone("main", "recognized").by


def test_the_employer_learns_only_that_the_worker_is_a_target(known: catalog.Catalog) -> None:
    assert ("name", "hire", "target_confirmation") == known.program("employment-promotion-subsidy").items


def test_emergency_aid_goes_out_by_the_duty_to_report(known: catalog.Catalog) -> None:
    statute = known.program("emergency-living-aid").statute

    assert statute is not None
    assert "긴급복지지원법 §7③" in statute.cite


def test_every_source_names_the_day_of_reading_and_unverified_ones_say_why(known: catalog.Catalog) -> None:
    sources = [source for program in known.programs.values() for source in program.law]
    sources += [period.source for parameter in known.parameters.values() for period in parameter.periods]
    sources += [rule.source for rule in known.routing]

    assert sources
    for source in sources:
        assert source.verified or source.note


def test_unknown_words_are_refused_and_only_codes_are_repeated(known: catalog.Catalog) -> None:
    with pytest.raises(catalog.UnknownWord, match="no program soup-kitchen"):
        known.program("soup-kitchen")
    with pytest.raises(catalog.UnknownWord, match="not a code") as refused:
        known.program("job-counseling").outcome("Kim Min-ji, 41")

    assert "Kim" not in str(refused.value)


def test_the_words_are_those_of_the_house() -> None:
    assert {desk.value for desk in vocabulary.Desk} == set(get_args(words.DeskCode))
    assert {what.value for what in vocabulary.Happened} == set(get_args(words.HappenedCode))
    assert {item.value for item in vocabulary.Item} == set(get_args(words.ItemCode))
    assert set(PREDICATES) == set(get_args(words.ScreeningName))


def test_every_fact_a_rule_may_ask_can_be_answered(known: catalog.Catalog) -> None:
    day = known.programs["job-counseling"].valid_from

    assert words.FACT_NAMES
    for name in words.FACT_NAMES:
        assert value_of(name, Facts(), day) is None
