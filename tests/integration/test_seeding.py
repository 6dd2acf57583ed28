"""Journeys that a benchmark seeds are journeys like any other: whole, numbered, read by the casebook, and due later."""

from datetime import UTC, date, datetime
from typing import Any, Final

import asyncpg
import pytest

import catalog
from benchmarks.client import intake
from benchmarks.seal import plain
from benchmarks.seeding import SPELLED, is_seeded, seed
from models.casebook import load_cases
from models.database import close_engine, open_engine
from models.numbers import Kind, read, spell

JOURNEYS: Final = 30
FACTS: Final[dict[str, Any]] = intake(0, date(2026, 11, 27), in_legs=False)["facts"]
#: Foreign keys are not looked at while seeding; here they are.
LOST: Final = """
SELECT (SELECT count(*) FROM journey WHERE NOT EXISTS (SELECT FROM client WHERE id = client_id))
     + (SELECT count(*) FROM referral
        WHERE NOT EXISTS (SELECT FROM journey WHERE id = journey_id AND client_id = referral.client_id))
     + (SELECT count(*) FROM letter
        WHERE NOT EXISTS (SELECT FROM referral WHERE id = referral_id AND number = referral_number))
     + (SELECT count(*) FROM transition WHERE NOT EXISTS (SELECT FROM referral WHERE id = referral_id))
     + (SELECT count(*) FROM inbox_event WHERE NOT EXISTS (SELECT FROM referral WHERE number = referral_number))
     + (SELECT count(*) FROM consent WHERE NOT EXISTS (SELECT FROM client WHERE id = client_id))
     + (SELECT count(*) FROM agenda WHERE NOT EXISTS (SELECT FROM journey WHERE id = journey_id))
"""
COUNTS: Final = {
    "client": 1,
    "household_member": 1,
    "consent": 4,
    "journey": 1,
    "referral": 8,
    "transition": 24,
    "letter": 8,
    "inbox_event": 8,
    "screening_record": 3,
    "agenda": 3,
}


@pytest.mark.timeout(60)
async def test_seeded_journeys_are_whole(database_url: str) -> None:
    url = plain(database_url)
    before = await is_seeded(url, JOURNEYS)
    await seed(url, JOURNEYS, FACTS)
    reader = await asyncpg.connect(url)
    engine = open_engine(database_url)
    try:
        counts = {name: await reader.fetchval(f"SELECT count(*) FROM {name}") for name in COUNTS}  # noqa: S608
        lost = await reader.fetchval(LOST)
        journeys = await reader.fetch("SELECT id, number FROM journey ORDER BY number")
        referrals = await reader.fetch("SELECT number FROM referral")
        due = await reader.fetchval("SELECT count(*) FROM agenda WHERE look_at < now()")
        async with engine.connect() as connection:
            cases = await load_cases(
                connection, [row["id"] for row in journeys], catalog.load(), datetime.now(UTC).date()
            )
    finally:
        await close_engine(engine)
        await reader.close()

    assert {name: JOURNEYS * times for name, times in COUNTS.items()} == counts
    assert (0, 0) == (lost, due)
    assert all(row["number"] == read(Kind.JOURNEY, row["number"]) for row in journeys)
    assert all(row["number"] == read(Kind.REFERRAL, row["number"]) for row in referrals)
    assert {6} == {sum(referral.is_open for referral in case.referrals) for case in cases.values()}
    assert (False, True, False) == (before, await is_seeded(url, JOURNEYS), await is_seeded(url, JOURNEYS + 1))


@pytest.mark.parametrize("running", [1, 999_999, 1_000_003, 8_000_007])
async def test_a_number_is_spelled_as_the_house_spells_it_however_many_there_are(
    database_url: str, running: int
) -> None:
    reader = await asyncpg.connect(plain(database_url))
    try:
        await reader.execute(SPELLED)
        spelled = await reader.fetchval("SELECT pg_temp.spelled('R', '2', 2025, $1)", running)
    finally:
        await reader.close()

    assert spell(Kind.REFERRAL, 2025, running) == spelled
