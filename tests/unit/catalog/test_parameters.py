"""Dated parameters: the value of the day, beyond the table, and nothing where nothing is known."""

from datetime import date

import pytest

import catalog
from models.screening.ask import line_of


@pytest.fixture(scope="module")
def known() -> catalog.Catalog:
    return catalog.load()


def test_the_value_is_that_of_the_day(known: catalog.Catalog) -> None:
    code = "single-parent-income-percent"

    assert 52 == known.parameter(code, date(2022, 9, 30)).value
    assert 58 == known.parameter(code, date(2022, 10, 1)).value
    assert 65 == known.parameter(code, date(2026, 11, 22)).value


def test_each_further_person_adds_a_step(known: catalog.Catalog) -> None:
    median = known.parameter("median-income", date(2017, 6, 1))

    assert 6_946_776 == median.for_household(7)
    assert 6_946_776 + 2 * 826_465 == median.for_household(9)
    assert median.for_household(0) is None


def test_a_day_without_a_value_is_said(known: catalog.Catalog) -> None:
    with pytest.raises(catalog.NoValueOn, match="no median-income for 2016-12-31"):
        known.parameter("median-income", date(2016, 12, 31))
    with pytest.raises(catalog.UnknownWord):
        known.parameter("price-of-rice", date(2018, 1, 1))


def test_lines_equal_the_official_table_of_2017(known: catalog.Catalog) -> None:
    median = known.parameter("median-income", date(2017, 1, 1))
    lines = [line_of(60, median.for_household(size) or 0) for size in (1, 2, 3, 4)]

    assert [991_759, 1_688_669, 2_184_549, 2_680_428] == lines


@pytest.mark.parametrize(
    ("year", "percents"),
    [
        (2017, {30: 844_335, 50: 1_407_225, 52: 1_463_513, 60: 1_688_669, 75: 2_110_837, 100: 2_814_449}),
        (2018, {30: 854_129, 50: 1_423_549, 52: 1_480_490, 60: 1_708_258, 75: 2_135_323, 100: 2_847_097}),
        (2024, {32: 1_178_435, 50: 1_841_305, 60: 2_209_565, 63: 2_320_044, 75: 2_761_957, 100: 3_682_609}),
        (2025, {32: 1_258_451, 50: 1_966_329, 60: 2_359_595, 63: 2_477_575, 75: 2_949_494, 100: 3_932_658}),
        (2026, {32: 1_343_773, 50: 2_099_646, 60: 2_519_575, 65: 2_729_540, 75: 3_149_469, 100: 4_199_292}),
    ],
)
def test_lines_for_two_persons(known: catalog.Catalog, year: int, percents: dict[int, int]) -> None:
    median = known.parameter("median-income", date(year, 7, 1)).for_household(2)

    assert median is not None
    assert percents == {percent: line_of(percent, median) for percent in percents}
