"""The door for evidence: a paper is noted once, with its days; what cannot be is refused, and nothing is kept of it."""

import asyncio

import pytest

from models.numbers import Kind, spell
from tests.integration.doors.house import REFERRAL, House, told

PAPER = {"kind": "medical_certificate"}


async def noted(house: House) -> int:
    return int((await house.rows("SELECT count(*) FROM evidence"))[0][0])


async def test_a_paper_is_noted_and_shown_with_the_days_of_the_catalog(house: House) -> None:
    number = await house.with_referral()

    answer = await house.api("POST", f"/api/journeys/{number}/evidence", PAPER, key="k1")

    paper = answer.json()
    assert 201 == answer.status_code
    assert ("medical_certificate", "2017-12-04", "2018-03-04", None, True) == (
        *(paper["kind"], paper["received_on"], paper["valid_until"], paper["referral"], paper["good"]),
    )
    assert {"ko": "진단서", "en": "medical certificate"} == paper["label"]
    assert [paper] == (await house.api("GET", f"/api/journeys/{number}")).json()["evidence"]


async def test_its_own_days_and_referral_are_taken(house: House) -> None:
    number = await house.with_referral()
    given = {**PAPER, "referral": REFERRAL.lower(), "received_on": "2017-11-01", "valid_until": "2017-12-03"}

    paper = (await house.api("POST", f"/api/journeys/{number}/evidence", given, key="k1")).json()

    assert (REFERRAL, "2017-11-01", "2017-12-03", False) == (
        *(paper["referral"], paper["received_on"], paper["valid_until"], paper["good"]),
    )


async def test_said_again_it_is_one_also_at_the_same_time_and_another_body_is_refused(house: House) -> None:
    number = await house.with_referral()
    door = f"/api/journeys/{number}/evidence"

    answers = await asyncio.gather(*(house.api("POST", door, PAPER, key="k1") for _ in range(5)))

    assert [200, 200, 200, 200, 201] == sorted(answer.status_code for answer in answers)
    assert 1 == len({answer.text for answer in answers})
    other = await house.api("POST", door, {**PAPER, "received_on": "2017-12-01"}, key="k1")
    assert (409, "key-reused") == told(other)
    assert 1 == await noted(house)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "canary"}, "kind"),
        ({**PAPER, "referral": spell(Kind.REFERRAL, 2017, 999)}, "referral"),
        ({**PAPER, "received_on": "2017-12-05"}, "received_on"),
        ({**PAPER, "received_on": "1999-12-31"}, "received_on"),
        ({**PAPER, "valid_until": "2017-12-03"}, "valid_until"),
        ({**PAPER, "content": "canary"}, "content"),
    ],
)
async def test_what_cannot_be_is_refused(house: House, given: dict[str, object], field: str) -> None:
    number = await house.with_referral()

    answer = await house.api("POST", f"/api/journeys/{number}/evidence", given, key="k1")

    assert (422, "bad-fields") == told(answer)
    assert field in answer.json()["errors"][0]["field"] or field == "content"
    assert "canary" not in answer.text
    assert 0 == await noted(house)


async def test_no_key_no_journey_and_nobody_who_was_forgotten(house: House) -> None:
    number = await house.with_referral()
    door = f"/api/journeys/{number}/evidence"

    assert (400, "key-needed") == told(await house.api("POST", door, PAPER))
    unknown = f"/api/journeys/{spell(Kind.JOURNEY, 2017, 99)}/evidence"
    assert (404, "unknown-journey") == told(await house.api("POST", unknown, PAPER, key="k1"))
    await house.change("UPDATE client SET forgotten_at = now()")
    assert (410, "forgotten") == told(await house.api("POST", door, PAPER, key="k1"))
    assert 0 == await noted(house)
