"""Whoever has been forgotten is known to no door any more: nothing can be said of her, and she walks in anew."""

import asyncio

from sqlalchemy import text

from models.numbers import Kind, spell
from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake

WISH = {"event": "needs_changed", "needs": ["job"]}
#: A number nobody knows, and words of somebody who was forgotten.
UNKNOWN, WORDS = spell(Kind.REFERRAL, 2017, 999), "Canary-seizure-of-wages"
FORGET = "UPDATE client SET forgotten_at = now()"


async def forgotten(house: House) -> str:
    """Let a client walk in and be forgotten; return the number of her journey."""
    opened = await house.api("POST", "/api/journeys", intake())
    async with house.engine.begin() as connection:
        await connection.execute(text(FORGET))
    return str(opened.json()["number"])


async def test_nothing_can_be_said_of_a_journey_whose_client_is_forgotten(house: House) -> None:
    number = await forgotten(house)
    before = await house.kept()

    answer = await house.api("POST", f"/api/journeys/{number}/events", WISH, key="k-1")

    assert (410, "forgotten") == told(answer)
    assert before == await house.kept()


async def test_her_journey_is_merged_with_none_whichever_of_the_two_she_had(house: House) -> None:
    number = await forgotten(house)
    other = (await house.api("POST", "/api/journeys", intake(), key="k-2")).json()["number"]
    before = await house.kept()

    answers = [
        await house.api("POST", f"/api/journeys/{one}/merge", {"into": another, "sure": True})
        for one, another in ((number, other), (other, number))
    ]

    assert [(410, "forgotten")] * 2 == [told(answer) for answer in answers]
    assert [True, True] == [number in answer.text for answer in answers]
    assert before == await house.kept()


async def test_she_walks_in_anew_even_if_a_row_still_looked_like_her(house: House) -> None:
    number = await forgotten(house)

    answer = await house.api("POST", "/api/journeys", intake())

    assert 201 == answer.status_code
    assert number != answer.json()["number"]
    assert [(2,)] == await house.rows("SELECT count(*) FROM client")


async def test_an_agency_is_told_once_for_all_and_nothing_of_its_words_is_written(house: House) -> None:
    await house.with_referral()
    await house.change(FORGET)
    before = await house.kept()

    answers = [await house.post(house.event("held", note=WORDS)) for _ in range(2)]

    assert [(422, "client-forgotten")] * 2 == [told(answer) for answer in answers]
    assert {("sender", False)} == {(answer.json()["fault"], "retry-after" in answer.headers) for answer in answers}
    assert before == await house.kept()
    page = (await house.http.get(f"{house.base}/metrics")).text
    assert 'ieum_door_answers_total{code="client-forgotten",door="webhooks"} 2.0' in page


async def test_among_many_at_once_only_hers_are_refused(house: House) -> None:
    await house.with_referral()
    await house.change(FORGET)
    hers = [house.event(note=WORDS) for _ in range(20)]
    others = [house.event(subject=UNKNOWN) for _ in range(20)]
    pairs = [event for pair in zip(hers, others, strict=True) for event in pair]

    answers = await asyncio.gather(*[house.post(event) for event in pairs])

    assert [422, 202] * 20 == [answer.status_code for answer in answers]
    assert [(UNKNOWN, 20)] == await house.rows("SELECT referral_number, count(*) FROM inbox_event GROUP BY 1")


async def test_an_id_that_came_before_is_answered_as_ever_while_it_is_known(house: House) -> None:
    await house.with_referral()
    event = house.event()
    first = await house.post(event)
    await house.change(FORGET)

    again = await house.post(event)
    await house.change("DELETE FROM inbox_event")
    after = await house.post(event)

    assert [202, 202, 422] == [answer.status_code for answer in (first, again, after)]
    assert [(0,)] == await house.rows("SELECT count(*) FROM inbox_event")


async def test_an_intake_repeated_after_its_id_is_gone_is_told_that_she_is_forgotten(house: House) -> None:
    first = await house.api("POST", "/api/journeys", intake(), key="k-1")
    await house.change(FORGET)
    again = await house.api("POST", "/api/journeys", intake(), key="k-1")
    await house.change("DELETE FROM inbox_event")
    before = await house.kept()

    after = await house.api("POST", "/api/journeys", intake(), key="k-1")

    assert [201, 200] == [answer.status_code for answer in (first, again)]
    assert (410, "forgotten") == told(after)
    assert before == await house.kept()
