"""Words: every program, agency, milestone and deadline that a scenario names, held against the catalog."""

from catalog import Catalog, UnknownWord
from catalog.reading import Page, Place
from deployments.rehearsal.expected import Expected, ReferralExpected
from deployments.rehearsal.shapes import Entry

_REMEDY = "mend the word; 'catalog/' holds those there are"


def check_words(entry: Entry, place: Place, page: Page, catalog: Catalog) -> None:
    """Note every word of an entry that the catalog does not hold, at its line of the page."""
    if entry.expect is not None:
        _check_expected(entry.expect, (*place, "expect"), page, catalog)
    if entry.agency is not None:
        _known(page, (*place, "agency", "agency"), catalog, agency=entry.agency.agency)
    # A word that a real agency gets wrong is a scenario of its own; only the program must be known to find a number.
    for part, word in (("agency", entry.agency), ("staff", entry.staff)):
        if word is not None and word.program is not None:
            _known(page, (*place, part, "program"), catalog, program=word.program)


def _check_expected(expected: Expected, place: Place, page: Page, catalog: Catalog) -> None:
    for code, referral in expected.referrals.items():
        _check_referral(referral, code, (*place, "referrals", code), page, catalog)
    for part in ("sent", "consents"):
        for code in getattr(expected, part):
            _known(page, (*place, part, code), catalog, agency=code)
    for code in expected.screening:
        _known(page, (*place, "screening", code), catalog, program=code)
    for code, route in expected.routes.items():
        spot: Place = (*place, "routes", code)
        _known(page, spot, catalog, program=code)
        for agency in (route.first, *(route.alternatives or ()), *route.passed_over):
            _known(page, spot, catalog, agency=agency)


def _check_referral(referral: ReferralExpected, code: str, place: Place, page: Page, catalog: Catalog) -> None:
    _known(page, place, catalog, program=code)
    if code not in catalog.programs:
        return
    if referral.agency is not None:
        _known(page, (*place, "agency"), catalog, agency=referral.agency)
    for lane, milestones in referral.milestones.items():
        for milestone in milestones:
            _known(page, (*place, "milestones", lane), catalog, code, milestone=(lane, milestone))
    for reached in referral.reached:
        lane, _, milestone = reached.rpartition(".")
        _known(page, (*place, "reached", reached), catalog, code, milestone=(lane or "main", milestone))
    deadlines = {deadline.code for deadline in catalog.deadlines_of(code)}
    for part in ("deadlines", "no_deadlines", "steps"):
        for nth, deadline in enumerate(getattr(referral, part)):
            if deadline not in deadlines:
                spot: Place = (*place, part, nth if part == "no_deadlines" else deadline)
                page.wrong(spot, f"{code} has no deadline {deadline}", "name one of docs/deadlines.md")
    for nth, earlier in enumerate(referral.earlier or ()):
        _check_referral(earlier, code, (*place, "earlier", nth), page, catalog)


def _known(
    page: Page,
    place: Place,
    catalog: Catalog,
    program: str | None = None,
    *,
    agency: str | None = None,
    milestone: tuple[str, str] | None = None,
) -> None:
    try:
        if agency is not None:
            catalog.agency(agency)
        if program is not None:
            found = catalog.program(program)
            if milestone is not None:
                found.milestone(*milestone)
    except UnknownWord as unknown:
        page.wrong(place, str(unknown), _REMEDY)
