"""Catalog values in a scenario: each `{…}` is the number of its day, and what the catalog does not hold is told."""

from datetime import date

import pytest

import catalog
from deployments.rehearsal.catalog_values import NoCatalogValue, filled, filled_facts

KNOWN = catalog.load()
IN_2018 = date(2018, 3, 5)


@pytest.mark.parametrize(
    ("written", "on", "said"),
    [
        ("{child-care-age}", IN_2018, "14"),
        ("under {child-care-age}", date(2019, 1, 1), "under 18"),
        ("{emergency-living-amount:2}", date(2017, 12, 4), "728,800"),
        ("{60 % of median-income:2}", date(2017, 12, 4), "1,688,669"),
        ("{emergency-income-percent of median-income:1}", date(2026, 2, 2), "1,923,179"),
        ("{emergency-asset-limit:large_city}", date(2026, 2, 2), "241,000,000"),
        # beyond the table each further person adds the same
        ("{median-income:9}", date(2017, 12, 4), "8,599,706"),
        ("nothing to fill", IN_2018, "nothing to fill"),
    ],
)
def test_braces_hold_the_number_of_the_day(written: str, on: date, said: str) -> None:
    assert said == filled(written, KNOWN, on)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{moon-phase}", "moon-phase"),
        ("{jobseeking-allowance-amount}", "jobseeking-allowance-amount"),
        ("{median-income:zero}", "no value for 'zero'"),
        ("{median-income}", "no value for 'everyone'"),
        ("{Half of it}", "is no value of the catalog"),
    ],
)
def test_what_the_catalog_does_not_hold_is_told(written: str, said: str) -> None:
    with pytest.raises(NoCatalogValue, match=said):
        filled(written, KNOWN, IN_2018)


def test_facts_become_numbers_and_keep_the_rest() -> None:
    given = {
        "facts": {"monthly_income": "{92 % of median-income:4}", "district": "mapo", "ages": [1, "{child-care-age}"]}
    }

    assert {"facts": {"monthly_income": 4157666, "district": "mapo", "ages": [1, 14]}} == filled_facts(
        given, KNOWN, IN_2018
    )
