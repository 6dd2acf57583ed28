"""The population: everyone in it could walk in, and the same seed makes the same people."""

from datetime import date

import pytest

import catalog
from deployments.simulation.population import TOLD_LATER, population
from models.counting import day_of
from web.checks import of_intake, shaped
from web.shapes import Intake

FIRST = date(2025, 1, 2)


@pytest.mark.parametrize("seed", [1, 7])
def test_everyone_passes_the_intake_door(seed: int) -> None:
    known = catalog.load()
    people = population(seed, 300, FIRST, 365)

    for person in people:
        day = day_of(person.comes_at)
        assert [] == list(of_intake(shaped(Intake, person.intake()), day, day, known)), person.nth

    assert 300 == len(people)
    assert {"living", "benefits", "debt", "job"} == {need for person in people for need in person.needs}


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert population(7, 50, FIRST, 90) == population(7, 50, FIRST, 90)
    assert population(7, 50, FIRST, 90) != population(8, 50, FIRST, 90)


def test_a_person_stays_the_same_in_a_larger_population() -> None:
    small = {person.nth: person for person in population(7, 20, FIRST, 90)}
    large = {person.nth: person for person in population(7, 80, FIRST, 90)}

    assert small == {nth: large[nth] for nth in small}


def test_they_come_on_weekdays_in_order_and_never_two_at_once() -> None:
    people = population(7, 500, FIRST, 200)
    moments = [person.comes_at for person in people]

    assert moments == sorted(moments)
    assert len(moments) == len(set(moments))
    assert {0, 1, 2, 3, 4} == {day_of(moment).weekday() for moment in moments}


def test_what_comes_out_later_is_not_told_at_once() -> None:
    people = population(7, 60, FIRST, 90)

    assert any(TOLD_LATER & set(person.facts) for person in people)
    assert not any(TOLD_LATER & set(person.intake()["facts"]) for person in people)
