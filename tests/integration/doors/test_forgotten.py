"""Whoever has been forgotten is known to no door any more: nothing can be said of her, and she walks in anew."""

from sqlalchemy import text

from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake

WISH = {"event": "needs_changed", "needs": ["job"]}


async def forgotten(house: House) -> str:
    """Let a client walk in and be forgotten; return the number of her journey."""
    opened = await house.api("POST", "/api/journeys", intake())
    async with house.engine.begin() as connection:
        await connection.execute(text("UPDATE client SET forgotten_at = now()"))
    return str(opened.json()["number"])


async def test_nothing_can_be_said_of_a_journey_whose_client_is_forgotten(house: House) -> None:
    number = await forgotten(house)
    before = await house.kept()

    answer = await house.api("POST", f"/api/journeys/{number}/events", WISH, key="k-1")

    assert (410, "forgotten") == told(answer)
    assert before == await house.kept()


async def test_she_walks_in_anew_even_if_a_row_still_looked_like_her(house: House) -> None:
    number = await forgotten(house)

    answer = await house.api("POST", "/api/journeys", intake())

    assert 201 == answer.status_code
    assert number != answer.json()["number"]
    assert [(2,)] == await house.rows("SELECT count(*) FROM client")
