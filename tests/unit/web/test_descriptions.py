"""What the doors say of themselves: docs/openapi.json is current, docs/asyncapi.yaml has our words, all of them."""

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from agencies.digest import MOST_LINES, Line
from agencies.event import EventData
from agencies.meaning import NEEDED
from agencies.packet import CARRIES_ITEMS
from agencies.telling import MOST_EVENTS
from models.vocabulary import AGENCY_EVENTS, Basis, Item, LetterType, ReferralEvent
from web.openapi import written
from web.shapes import SHAPES, STAFF_SAY, ReferralHappened

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    """Give the page of events."""
    return cast("dict[str, Any]", yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8")))


def test_the_openapi_document_is_current() -> None:
    kept = (DOCS / "openapi.json").read_bytes()

    assert kept == written(), "run: python -m web.openapi docs/openapi.json"


def test_staff_may_say_exactly_the_words_of_the_shape() -> None:
    annotated = ReferralHappened.model_fields["event"].annotation

    assert [str(word) for word in STAFF_SAY] == list(getattr(annotated, "__args__", ()))
    assert {str(word) for word in STAFF_SAY} <= SHAPES.keys()


def test_the_page_has_every_event_in_and_out_and_no_other(asyncapi: dict[str, Any]) -> None:
    incoming = {f"ieum.referral.{word}.v1" for word in AGENCY_EVENTS}
    outgoing = {f"ieum.{word}.v1" for word in LetterType}

    named = {message["name"] for message in asyncapi["components"]["messages"].values()}
    assert incoming | outgoing | {"question", "told"} == named
    for channel, words in (("fromAgency", incoming), ("toAgency", outgoing)):
        messages = asyncapi["channels"][channel]["messages"].values()
        names = {asyncapi["components"]["messages"][m["$ref"].rpartition("/")[2]]["name"] for m in messages}
        assert words == names


def test_the_pages_schemas_have_our_fields(asyncapi: dict[str, Any]) -> None:
    schemas = asyncapi["components"]["schemas"]

    assert schemas["EventData"]["properties"].keys() == EventData.model_fields.keys()
    assert schemas["EventData"]["additionalProperties"] is False
    assert {str(item) for item in Item} == schemas["LetterData"]["properties"]["items"]["properties"].keys()
    assert [str(basis) for basis in Basis] == schemas["LetterData"]["properties"]["basis"]["properties"]["kind"]["enum"]


def test_the_page_has_the_fields_of_a_reminder(asyncapi: dict[str, Any]) -> None:
    schemas = asyncapi["components"]["schemas"]

    assert Line.model_fields.keys() == schemas["Reminder"]["properties"].keys() == set(schemas["Reminder"]["required"])
    assert MOST_LINES == schemas["ReminderToAgency"]["properties"]["data"]["properties"]["referrals"]["maxItems"]
    assert "subject" not in schemas["ReminderToAgency"]["properties"]


def test_the_page_says_what_an_event_needs(asyncapi: dict[str, Any]) -> None:
    messages = asyncapi["components"]["messages"]

    for word in sorted(AGENCY_EVENTS):
        data = messages[word.value]["payload"]["allOf"][1]["properties"]["data"]
        expected = ["occurred_at", NEEDED[ReferralEvent(word)]] if word in NEEDED else ["occurred_at"]
        assert expected == data["required"], word


def test_the_page_has_the_answer_that_is_read(asyncapi: dict[str, Any]) -> None:
    payload = asyncapi["components"]["messages"]["told"]["payload"]

    assert {"referral", "events"} == set(payload["required"]) == payload["properties"].keys()
    assert MOST_EVENTS == payload["properties"]["events"]["maxItems"]


def test_the_page_says_which_letter_carries_items(asyncapi: dict[str, Any]) -> None:
    carrying = {
        message["name"]
        for message in asyncapi["components"]["messages"].values()
        if "carries items" in message.get("summary", "")
    }

    assert {f"ieum.{CARRIES_ITEMS}.v1"} == carrying


def test_every_address_has_a_summary_and_every_reference_leads_somewhere() -> None:
    document = yaml.safe_load(written())
    operations = [op for methods in document["paths"].values() for op in methods.values()]
    schemas = document["components"]["schemas"]

    assert len(operations) >= 11
    assert all(op["summary"] and op["responses"] for op in operations)
    assert "HTTPValidationError" not in schemas
    assert {ref.rpartition("/")[2] for ref in _references(document)} <= schemas.keys()


def _references(value: object) -> list[str]:
    match value:
        case dict():
            known = cast("dict[str, object]", value)
            own = [str(known["$ref"])] if isinstance(known.get("$ref"), str) else []
            return own + [ref for part in known.values() for ref in _references(part)]
        case list():
            return [ref for part in cast("list[object]", value) for ref in _references(part)]
        case _:
            return []
