"""Keeping of ids: of a client who was forgotten nothing is heard any more, so her events' ids go after their time."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from models.vocabulary import Need
from tasks.forgetting import forget
from tasks.keeping import keep, let_go
from tasks.mending import set_event_aside
from tests.e2e.faults import log_check
from tests.integration.ground import Ground
from tests.integration.merges import merged, two
from tests.integration.nights.conftest import Wire
from tests.integration.nights.test_keeping import LATER, all_withdrawn, done_with, everything
from tests.integration.nights.test_reconcile import walked_in
from tests.properties import checker

DESK = "microfinance-desk"
COUNSELING, AGENCY = "financial-counseling", f"agency:{DESK}"
#: Nobody says this but an agency of a client who was forgotten.
WORDS = "seizure of wages at the bakery"
#: When the ids go of what came then: after 400 whole days, as days are in Seoul.
CAME = datetime.fromisoformat("2024-01-10T12:00:00+09:00")
GO = datetime.fromisoformat("2025-02-14T00:00:00+09:00")


async def ids(ground: Ground, journey: UUID | None = None) -> int:
    """Count the events that are known, of one journey or at all."""
    where = "WHERE CAST(:journey AS uuid) IS NULL OR journey_id = :journey"
    return int((await ground.rows(f"SELECT count(*) FROM inbox_event {where}", journey=journey))[0][0])  # noqa: S608


async def all_came(ground: Ground, at: datetime = CAME) -> None:
    """Let everything have come at one moment."""
    await ground.change("UPDATE inbox_event SET received_at = :at", at=at)


async def test_a_forgotten_clients_ids_go_after_400_days_and_not_a_day_earlier(ground: Ground) -> None:
    gone, open_one = await done_with(ground), await ground.walks_in(Need.LIVING)
    await ground.work()
    log = await ground.rows("SELECT * FROM transition ORDER BY id")
    first = await keep(ground.tools, LATER)
    kept, there = await ids(ground, open_one), await ids(ground, gone)
    await all_came(ground)

    early = await keep(ground.tools, GO - timedelta(minutes=1))
    assert (1, 0, 0) == (
        first.counts["clients_forgotten"], first.counts["event_ids_dropped"], early.counts["event_ids_dropped"]
    )  # fmt: skip
    assert there == await ids(ground, gone) > 10

    counted = await let_go(ground.engine, ground.tools.catalog, GO, None, dry_run=True)
    report = await keep(ground.tools, GO)

    assert there == counted.counts["event_ids_dropped"] == report.counts["event_ids_dropped"]
    assert (0, kept) == (await ids(ground, gone), await ids(ground, open_one))
    assert log == await ground.rows("SELECT * FROM transition ORDER BY id")
    async with ground.engine.connect() as connection:
        assert [] == [wrong for wrong in await log_check.check_log(connection) if "series" not in wrong]
        assert [] == await checker.check_log(connection)


async def test_the_checkers_miss_a_cause_that_went_before_its_client(ground: Ground) -> None:
    journey = await done_with(ground)
    await ground.change("DELETE FROM inbox_event WHERE journey_id = :journey", journey=journey)

    async with ground.engine.connect() as connection:
        assert any("no applied cause" in wrong for wrong in await log_check.check_log(connection))
        assert any("never happened" in wrong for wrong in await checker.check_log(connection))


async def test_who_is_not_forgotten_keeps_every_id_however_long_ago(ground: Ground) -> None:
    await done_with(ground)
    await ground.change("UPDATE consent SET valid_to = '9999-12-31' WHERE recipient IS NULL")
    before = await ids(ground)

    for years in (2, 6, 20):
        assert 0 == (await keep(ground.tools, ground.now.replace(year=2017 + years))).counts["event_ids_dropped"]

    assert before == await ids(ground)


@pytest.mark.parametrize("living", ["stays", "ends"])
async def test_who_was_merged_keeps_them_while_either_name_is_known(ground: Ground, living: str) -> None:
    old, new = await two(ground)
    journey = old if living == "stays" else new
    await merged(ground, new, old)
    await ground.work()
    await all_withdrawn(ground)
    await ground.change("UPDATE consent SET valid_to = '2021-12-03' WHERE recipient IS NULL")
    hold = "UPDATE client SET {} WHERE id = (SELECT client_id FROM journey WHERE id = :journey)"
    if living == "ends":
        await ground.change(hold.format("keeping_at = '2100-01-01'"), journey=journey)
    assert 0 < (await keep(ground.tools, LATER)).counts["clients_forgotten"]
    if living == "stays":
        await ground.change(hold.format("forgotten_at = NULL, keeping_at = '2100-01-01'"), journey=journey)
    ended = await ids(ground, new)
    await all_came(ground)

    await keep(ground.tools, GO)
    assert ended == await ids(ground, new) > 0

    await ground.change(hold.format("forgotten_at = NULL, keeping_at = :then"), journey=journey, then=GO)
    await forget(ground.engine, ground.tools.catalog, GO)
    await keep(ground.tools, GO)
    assert 0 == await ids(ground, new)


async def test_what_is_about_nobody_goes_once_a_person_has_decided(ground: Ground) -> None:
    decided, undecided = [
        await ground.put(AGENCY, "held", number=f"R-2017-99999{nth}-0", key=f"w-{nth}", note=WORDS) for nth in range(2)
    ]
    async with ground.engine.begin() as connection:
        await set_event_aside(connection, decided or 0, "kim", "a number of somebody else", ground.now)
    await all_came(ground)

    assert 0 == (await keep(ground.tools, GO - timedelta(minutes=1))).counts["event_ids_dropped"]
    assert 1 == (await keep(ground.tools, GO)).counts["event_ids_dropped"]

    assert [(undecided,)] == await ground.rows("SELECT id FROM inbox_event")


async def test_a_repeated_old_id_is_refused_at_the_door_and_nothing_of_it_is_kept(wire: Wire) -> None:
    ground = wire.ground
    await done_with(ground)
    number = await ground.number(COUNSELING)
    await ground.change("UPDATE inbox_event SET source_id = 'w-1' WHERE source = :s AND word = 'accepted'", s=AGENCY)
    await wire.pass_(days=2_200)
    await keep(ground.tools, wire.now)
    known = await wire.say(DESK, "accepted", referral=number, id="w-1", note=WORDS)
    await keep(ground.tools, wire.now)
    assert 0 == await ids(ground)

    again = await wire.control("POST", "/say", {"agency": DESK, "id": "w-1"})
    fresh = await wire.say(DESK, "resumed", referral=number, id="w-2", note=WORDS)

    # While its id was known it was answered as ever: here by other words than the first time.
    assert [409, 422, 422] == [answer["status"] for answer in (known, again, fresh)]
    assert 0 == await ids(ground)
    assert WORDS not in await everything(ground)


async def test_what_an_agency_tells_at_night_of_a_forgotten_client_is_not_taken(wire: Wire) -> None:
    number = await walked_in(wire)
    await wire.weather(DESK, silence=True)
    await wire.say(DESK, "accepted", referral=number, id="w-1", note=WORDS)
    await wire.ground.change("UPDATE client SET forgotten_at = :now", now=wire.now)
    before = await ids(wire.ground)

    report = await wire.night()

    assert 0 == report.counts["events_fetched"] < report.counts["asked"]
    assert before == await ids(wire.ground)
    assert WORDS not in await everything(wire.ground)


@pytest.mark.parametrize("early", [False, True], ids=["passed the forgetting at the door", "came before its referral"])
async def test_what_waits_when_its_client_is_forgotten_is_never_heard(wire: Wire, *, early: bool) -> None:
    ground = wire.ground
    number = await walked_in(wire)
    log = await ground.rows("SELECT id FROM transition ORDER BY id")
    event = await ground.put(AGENCY, "declined", number=number, reason="other", note=WORDS)
    another = await ground.walks_in(Need.LIVING)
    if early:
        await ground.change(
            "UPDATE inbox_event SET fate = 'parked', fate_reason = 'unknown_referral', desk = NULL, journey_id = NULL"
            " WHERE id = :event",
            event=event,
        )
    await ground.change(
        "UPDATE client SET forgotten_at = :now WHERE id <> (SELECT client_id FROM journey WHERE id = :another)",
        now=wire.now,
        another=another,
    )

    if early:
        await wire.night()
    await ground.work()

    assert ("dropped: client_forgotten", {"applied"}) == (
        (await ground.fates())[event or 0],
        {fate for (fate,) in await ground.rows("SELECT fate FROM inbox_event WHERE journey_id = :j", j=another)},
    )
    assert WORDS not in await everything(ground)
    assert log == await ground.rows(
        "SELECT t.id FROM transition AS t JOIN referral AS r ON r.id = referral_id WHERE journey_id <> :j ORDER BY 1",
        j=another,
    )
