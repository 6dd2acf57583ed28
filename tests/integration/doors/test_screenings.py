"""The door of pre-screenings: newest first, page by page, for staff alone."""

import orjson
import pytest_asyncio
from sqlalchemy import text

from tests.integration.doors.house import House, told

JOURNEYS = "/api/journeys"
_RECORD = text("""
    INSERT INTO screening_record (journey_id, program, result, reason, lines, routes, missing, facts, law,
                                  params_version, asked_on, recorded_at)
    SELECT id, :program, :result, 'why', CAST(:lines AS jsonb), '[]', '[]', '{"monthly_income": 123456}', '["§12의2"]',
           'abc', '2017-12-04', :now FROM journey
""")


@pytest_asyncio.fixture
async def number(house: House) -> str:
    """Give the number of a journey with three screenings."""
    named = await house.with_referral()
    async with house.engine.begin() as connection:
        for program, result in (("a", "NEEDS_INFO"), ("b", "LIKELY"), ("a", "BORDERLINE")):
            row = {"program": program, "result": result, "lines": orjson.dumps([f"{program}: 1,300,000"]).decode()}
            await connection.execute(_RECORD, {**row, "now": house.now})
    return named


async def test_the_history_is_told_newest_first(house: House, number: str) -> None:
    page = (await house.api("GET", f"{JOURNEYS}/{number}/screenings")).json()

    assert [("a", "BORDERLINE"), ("b", "LIKELY"), ("a", "NEEDS_INFO")] == [
        (said["program"], said["result"]) for said in page["screenings"]
    ]
    assert {
        "program": "a",
        "result": "BORDERLINE",
        "reason": "why",
        "lines": ["a: 1,300,000"],
        "routes": [],
        "missing": [],
        "law": ["§12의2"],
        "params_version": "abc",
        "asked_on": "2017-12-04",
        "recorded_at": "2017-12-04T05:00:00Z",
    } == page["screenings"][0]
    assert "123456" not in str(page)
    assert (number, None) == (page["journey"], page["next"])


async def test_it_is_leafed_through_and_narrowed_to_a_program(house: House, number: str) -> None:
    seen: list[str] = []
    address: str | None = f"{JOURNEYS}/{number}/screenings?limit=1&program=a"
    while address is not None:
        page = (await house.api("GET", address)).json()
        seen += [said["result"] for said in page["screenings"]]
        address = page["next"]

    assert ["BORDERLINE", "NEEDS_INFO"] == seen


async def test_it_is_for_staff_alone_and_for_journeys_there_are(house: House, number: str) -> None:
    address = f"{JOURNEYS}/{number}/screenings"

    assert (401, "no-token") == told(await house.api("GET", address, token="no"))
    assert (400, "bad-number") == told(await house.api("GET", f"{JOURNEYS}/canary/screenings"))
    assert (404, "unknown-journey") == told(await house.api("GET", f"{JOURNEYS}/J-2017-000077-0/screenings"))
    for query in ("limit=0", "limit=101", "cursor=x", "cursor=0"):
        assert (422, "bad-fields") == told(await house.api("GET", f"{address}?{query}"))
    nothing = (await house.api("GET", f"{address}?program=canary")).json()
    assert ([], None) == (nothing["screenings"], nothing["next"])
