"""The linkage report names each referral with the days each party held it, out of the tables."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO

from rich.console import Console

from deployments.linkage_showing import show, show_referrals
from models.counting import day_of
from models.vocabulary import Need
from tasks.linkage import LinkageReport, report
from tasks.still_owed import without_a_step_ahead
from tests.integration.ground import Ground

COUNSELING, DESK = "financial-counseling", "agency:microfinance-desk"


async def held(ground: Ground, *, listed: int) -> LinkageReport:
    """Let the finance desk answer after two days and wait for the client from the fifth to the ninth."""
    await ground.walks_in(Need.DEBT)
    await ground.work()
    number = await ground.number(COUNSELING)
    # The ground's desks work ten hours after what they hear.
    first, later = day_of(ground.now), ground.now + timedelta(days=12, hours=10)
    for word, days in (("received", 0), ("accepted", 2), ("held", 3), ("resumed", 4)):
        ground.now += timedelta(days=days)
        await ground.put(DESK, word, number=number)
        await ground.work()
    return await report(ground.engine, ground.tools.catalog, first, first, later, listed=listed)


async def test_each_referral_is_named_with_the_days_of_each_party(ground: Ground) -> None:
    found = await held(ground, listed=10)

    numbers = [number for (number,) in await ground.rows("SELECT number FROM referral ORDER BY id")]
    assert numbers == [line["number"] for line in found.by_referral]
    (line,) = [line for line in found.by_referral if line["program"] == COUNSELING]
    assert {"center": 0.0, "agency": 8.0, "client": 4.0} == line["days"]
    assert ("microfinance-desk", "in_progress") == (line["agency"], line["state"])


async def test_no_more_are_named_than_asked_for_and_none_to_the_outside(ground: Ground) -> None:
    found = await held(ground, listed=1)

    assert (2, 1) == (found.referrals, len(found.by_referral))
    assert () == found.for_outside().by_referral


async def test_at_a_terminal_the_longest_held_stands_first(ground: Ground) -> None:
    found = await held(ground, listed=10)
    out = StringIO()

    show_referrals(found, ground.tools.catalog, Console(file=out, width=160))

    rows = [line for line in out.getvalue().splitlines() if "R-2017-" in line]
    assert len(found.by_referral) == len(rows)
    (counseled,) = [line for line in rows if await ground.number(COUNSELING) in line]
    assert ["0.0", "8.0", "4.0"] == [cell.strip() for cell in counseled.strip("│").split("│")[-3:]]


async def test_what_is_overdue_is_counted_by_the_party_that_owes_it(ground: Ground) -> None:
    found = await held(ground, listed=0)
    owed = {line["party"]: line for line in found.overdue}

    # Ten days on, the finance desk has done what was asked; the employment center never said a word of the interview.
    assert {"agency": (2, 0)} == {party: (line["late"], line["mirrored"]) for party, line in owed.items()}
    out = StringIO()
    show(found, ground.tools.catalog, Console(file=out, width=160))
    row = [line for line in out.getvalue().splitlines() if line.startswith("│ agency ")][-1]
    assert str(owed["agency"]["late"]) == row.strip("│").split("│")[1].strip()
    assert [None] == [line["late"] for line in found.for_outside().overdue]


async def test_a_referral_of_which_no_deadline_has_a_step_to_come_is_named(ground: Ground) -> None:
    found = await held(ground, listed=0)
    catalog, later = ground.tools.catalog, ground.now + timedelta(days=1)
    assert [] == await without_a_step_ahead(ground.engine, catalog, later)

    # A catalog that leaves everybody in peace: the agenda does not notice, the second look does.
    peace = {code: each.model_copy(update={"steps": ()}) for code, each in catalog.follow_ups.items()}
    alone = await without_a_step_ahead(ground.engine, replace(catalog, follow_ups=peace), later)

    numbers = sorted([await ground.number(COUNSELING), await ground.number("job-counseling")])
    assert numbers == alone
    assert (0, 2) == (found.orphans, found.also_orphaned(alone).orphans)
