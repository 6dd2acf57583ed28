"""What staff say about a journey: taken in once, routed to its desk, refused field by field where it cannot be."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from deployments.postgres import PrivatePostgres
from models.numbers import Kind, spell
from tests.integration.doors.house import REFERRAL, House, open_house, told

CANARY = "canary-kim"
NUMBER = spell(Kind.JOURNEY, 2017, 42)
EVENTS = f"/api/journeys/{NUMBER}/events"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peopled(postgres: PrivatePostgres, migrated_template: str) -> AsyncIterator[House]:
    """Give a house with one journey and one referral, for tests that leave nothing more behind."""
    url = await postgres.ensure_database("peopled", template=migrated_template)
    async with open_house(url) as house:
        await house.with_referral()
        yield house
    await postgres.drop_database("peopled")


NOTHING: dict[str, str] = {}


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (
            {"event": "completed", "referral": REFERRAL, "outcome": "ended", "note": "by phone"},
            ("emergency-aid", REFERRAL, {"outcome": "ended", "note": "by phone"}),
        ),
        (
            {"event": "withdrawn", "referral": REFERRAL.lower(), "reason": "client_wish"},
            ("emergency-aid", REFERRAL, {"reason": "client_wish"}),
        ),
        (
            {"event": "facts_changed", "facts": {"monthly_income": 900_000, "crisis": None}},
            ("intake", None, {"facts": {"monthly_income": 900_000, "crisis": None}}),
        ),
        ({"event": "needs_changed", "needs": ["job"]}, ("intake", None, {"needs": ["job"]})),
        ({"event": "consent_withdrawn", "recipient": "nhis"}, ("intake", None, {"recipient": "nhis"})),
        (
            {"event": "consent_withdrawn", "purpose": "collection"},
            ("intake", None, {"purpose": "collection"}),
        ),
        (
            {
                "event": "consent_given",
                "consent": {"purpose": "provision", "recipient": "nhis", "items": ["name"], "valid_to": "2018-12-03"},
            },
            (
                "intake",
                None,
                {
                    "consent": {
                        "purpose": "provision",
                        "recipient": "nhis",
                        "items": ["name"],
                        "valid_from": "2017-12-04",
                        "valid_to": "2018-12-03",
                    }
                },
            ),
        ),
        (
            {"event": "referral_chosen", "program": "financial-counseling", "agency": "microfinance-desk"},
            ("debt-relief", None, {"program": "financial-counseling", "agency": "microfinance-desk"}),
        ),
        (
            {"event": "referral_chosen", "program": "financial-counseling"},
            ("debt-relief", None, {"program": "financial-counseling"}),
        ),
        ({"event": "made_dormant", "reason": "client_wish"}, ("intake", None, {"reason": "client_wish"})),
        ({"event": "woken"}, ("intake", None, NOTHING)),
        (
            {
                "event": "declined",
                "referral": REFERRAL,
                "reason": "crisis_not_found",
                "proposed_program": "seoul-emergency-aid",
            },
            ("emergency-aid", REFERRAL, {"reason": "crisis_not_found", "proposed_program": "seoul-emergency-aid"}),
        ),
        (
            {"event": "progressed", "referral": REFERRAL, "lane": "contact", "milestone": "appointment_missed"},
            ("emergency-aid", REFERRAL, {"lane": "contact", "milestone": "appointment_missed"}),
        ),
    ],
    ids=[
        "completed",
        "withdrawn",
        "facts",
        "needs",
        "withdrawn consent",
        "withdrawn collection",
        "given consent",
        "chosen",
        *["a program", "dormant"],
        *["woken", "proposal", "missed"],
    ],
)
async def test_an_event_is_taken_in_once_and_can_be_looked_up(
    house: House, said: dict[str, Any], row: tuple[Any, ...]
) -> None:
    await house.with_referral()

    answers = [await house.api("POST", EVENTS, said, key="k-1") for _ in range(2)]

    assert [202, 202] == [answer.status_code for answer in answers]
    assert answers[0].json() == answers[1].json()
    found = await house.rows("SELECT desk, referral_number, data, journey_id IS NOT NULL, source FROM inbox_event")
    assert found == [(*row, True, "staff:tester")]
    looked = await house.api("GET", answers[0].json()["href"])
    assert looked.json()["status"] == "waiting"
    assert looked.json()["event"] == said["event"]
    other = await house.api("POST", EVENTS, {"event": "needs_changed", "needs": ["debt"]}, key="k-1")
    assert told(other) == (409, "key-reused")


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no word", {}, "event"),
    ("an unknown word", {"event": CANARY}, "event"),
    ("a word of the desks", {"event": "requested", "referral": REFERRAL}, "event"),
    ("opened again", {"event": "opened"}, "event"),
    ("no referral", {"event": "accepted"}, "referral"),
    ("another journey's referral", {"event": "accepted", "referral": spell(Kind.REFERRAL, 2017, 9)}, "referral"),
    ("a misheard number", {"event": "accepted", "referral": "R-2017-000108-0"}, "referral"),
    ("withdrawn without reason", {"event": "withdrawn", "referral": REFERRAL}, "reason"),
    ("reopened without reason", {"event": "reopened", "referral": REFERRAL}, "reason"),
    ("voided without reason", {"event": "voided", "referral": REFERRAL}, "reason"),
    ("an unknown outcome", {"event": "completed", "referral": REFERRAL, "outcome": CANARY}, "outcome"),
    ("an unknown decline", {"event": "declined", "referral": REFERRAL, "reason": CANARY}, "reason"),
    ("an unknown milestone", {"event": "progressed", "referral": REFERRAL, "milestone": CANARY}, "milestone"),
    ("an unknown lane", {"event": "progressed", "referral": REFERRAL, "lane": CANARY}, "lane"),
    ("nowhere to hand it", {"event": "redirected", "referral": REFERRAL, "redirect_to": CANARY}, "redirect_to"),
    (
        "in the future",
        {"event": "accepted", "referral": REFERRAL, "occurred_at": "2017-12-05T00:00:00Z"},
        "occurred_at",
    ),
    ("an unknown field", {"event": "accepted", "referral": REFERRAL, CANARY: 1}, "body"),
    ("an unknown fact", {"event": "facts_changed", "facts": {CANARY: 1}}, "facts"),
    ("no fact", {"event": "facts_changed", "facts": {}}, "facts"),
    ("an impossible fact", {"event": "facts_changed", "facts": {"crisis_on": "1970-01-01"}}, "facts.crisis_on"),
    ("another birth", {"event": "facts_changed", "facts": {"birth_date": "1976-03-03"}}, "facts.birth_date"),
    ("an unknown need", {"event": "needs_changed", "needs": [CANARY]}, "needs.0"),
    ("an unknown recipient", {"event": "consent_withdrawn", "recipient": CANARY}, "recipient"),
    ("a pause without a reason", {"event": "made_dormant"}, "reason"),
    (
        "an unknown proposal",
        {"event": "declined", "referral": REFERRAL, "reason": "crisis_not_found", "proposed_program": CANARY},
        "proposed_program",
    ),
    ("no recipient", {"event": "consent_withdrawn"}, "recipient"),
    (
        "collection from somebody",
        {"event": "consent_withdrawn", "purpose": "collection", "recipient": "nhis"},
        "recipient",
    ),
    ("an unknown program", {"event": "referral_chosen", "program": CANARY, "agency": "nhis"}, "program"),
    ("one who does not", {"event": "referral_chosen", "program": "bankruptcy", "agency": "nhis"}, "agency"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("said", "field"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
async def test_what_cannot_be_is_named_by_field(peopled: House, said: dict[str, Any], field: str) -> None:
    answer = await peopled.api("POST", EVENTS, said, key="k-1")

    assert told(answer) == (422, "bad-fields")
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert CANARY not in answer.text
    assert await peopled.rows("SELECT count(*) FROM inbox_event") == [(0,)]


async def test_what_is_open_is_not_chosen_again_and_a_choice_taken_in_stays_taken_in(house: House) -> None:
    await house.with_referral()
    said = {"event": "referral_chosen", "program": "emergency-living-aid", "agency": "mapo-welfare-team"}

    refused = await house.api("POST", EVENTS, said, key="k-1")
    await house.change("UPDATE referral SET state = 'completed'")
    taken = await house.api("POST", EVENTS, said, key="k-2")
    await house.change("UPDATE referral SET state = 'accepted'")
    repeated = await house.api("POST", EVENTS, said, key="k-2")

    assert told(refused) == (409, "already-open")
    assert refused.json()["numbers"] == [REFERRAL]
    assert taken.json() == repeated.json()
    assert [202, 202] == [taken.status_code, repeated.status_code]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_key_a_token_and_a_right_number_are_needed(peopled: House) -> None:
    said = {"event": "needs_changed", "needs": ["job"]}
    unknown = spell(Kind.JOURNEY, 2017, 43)

    assert told(await peopled.api("POST", EVENTS, said)) == (400, "key-needed")
    assert told(await peopled.api("POST", EVENTS, said, key="a b")) == (400, "key-needed")
    assert told(await peopled.api("POST", EVENTS, said, key="k", token="no")) == (401, "no-token")
    assert told(await peopled.api("POST", "/api/journeys/J-1/events", said, key="k")) == (400, "bad-number")
    assert told(await peopled.api("POST", f"/api/journeys/{unknown}/events", said, key="k")) == (404, "unknown-journey")
    assert told(await peopled.api("GET", f"{EVENTS}/never-sent")) == (404, "unknown-event")
    noted = {"event": "held", "referral": REFERRAL, "note": "760302-2000000"}
    assert told(await peopled.api("POST", EVENTS, noted, key="k")) == (422, "resident-number")
