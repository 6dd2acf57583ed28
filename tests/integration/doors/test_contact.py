"""The staff's door for a changed phone or address: taken in once, refused field by field, and kept in one place."""

import pytest
from pydantic import JsonValue

from agencies.keyring import Keyring
from tests.integration.doors.house import House, told
from tests.integration.doors.intakes import intake
from web.contact import digests_of

PHONE, ADDRESS = "010-7777-4102", "서울특별시 은평구 달빛로 9"


async def opened(house: House) -> str:
    """Let a client walk in; return the address of her journey's events."""
    number = (await house.api("POST", "/api/journeys", intake(), key="i1")).json()["number"]
    return f"/api/journeys/{number}/events"


async def client(house: House) -> tuple[str, str, bool]:
    [row] = await house.rows("SELECT phone, address, address_secret FROM client")
    return (*row,)


async def test_it_is_taken_in_and_its_fate_can_be_asked_for(house: House) -> None:
    events = await opened(house)
    said = {"event": "contact_changed", "phone": PHONE, "address": ADDRESS, "district": "eunpyeong"}

    answer = await house.api("POST", events, said, key="k1")

    assert (202, "accepted") == (answer.status_code, answer.json()["status"])
    assert (PHONE, ADDRESS, False) == await client(house)
    fate = (await house.api("GET", answer.json()["href"])).json()
    assert ("contact_changed", "waiting") == (fate["event"], fate["status"])
    [(data, desk)] = await house.rows("SELECT data, desk FROM inbox_event WHERE word = 'contact_changed'")
    assert (["address", "phone"], {"district": "eunpyeong"}, "intake") == (data["changed"], data["facts"], desk)
    assert not [word for word in ("7777", "달빛로") if word in str(data) or word in answer.text]


async def test_the_same_again_is_one_and_something_else_under_the_key_is_refused(house: House) -> None:
    events = await opened(house)
    said = {"event": "contact_changed", "phone": PHONE}

    answers = [await house.api("POST", events, said, key="k1") for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    other = {**said, "phone": "010-7777-4103"}
    assert (409, "key-reused") == told(await house.api("POST", events, other, key="k1"))
    assert PHONE == (await client(house))[0]
    needs = {"event": "needs_changed", "needs": ["job"]}
    assert 202 == (await house.api("POST", events, needs, key="k2")).status_code
    assert (409, "key-reused") == told(await house.api("POST", events, other, key="k2"))
    assert PHONE == (await client(house))[0]


async def test_null_takes_away_and_what_is_left_out_stays(house: House) -> None:
    events = await opened(house)
    await house.api("POST", events, {"event": "contact_changed", "phone": None}, key="k1")
    await house.api("POST", events, {"event": "contact_changed", "address_secret": True}, key="k2")

    assert (None, "서울특별시 마포구 없는로 1", True) == await client(house)


async def test_a_repeat_is_known_by_a_hash_that_the_database_alone_cannot_make(house: House) -> None:
    events = await opened(house)
    said = {"event": "contact_changed", "phone": PHONE}
    first = await house.api("POST", events, said, key="k1")
    await house.api("POST", events, said, key="k2")
    rows = await house.rows("SELECT data, digest FROM inbox_event WHERE word = 'contact_changed'")

    assert 2 == len({digest for _, digest in rows}), "the same words have the same hash"
    assert all({"changed", "secret", "fresh"} == data.keys() for data, _ in rows)
    await house.change("UPDATE inbox_event SET data = '{}' WHERE word = 'contact_changed'")
    again = await house.api("POST", events, said, key="k1")
    assert (202, first.json()) == (again.status_code, again.json())
    assert (409, "key-reused") == told(await house.api("POST", events, {**said, "phone": None}, key="k1"))


def test_a_new_master_key_knows_what_was_said_under_the_old_one_and_a_foreign_one_does_not() -> None:
    old, new = "o" * 40, "n" * 40
    said: JsonValue = {"key": "k1", "body": {"phone": PHONE}}

    assert digests_of(Keyring(old), said) == digests_of(Keyring(f"{new},{old}"), said)[1:]
    assert not set(digests_of(Keyring(old), said)) & set(digests_of(Keyring(new), said))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "phone"),
        ({"district": "eunpyeong"}, "phone"),
        ({"phone": "canary"}, "phone"),
        ({"address": ""}, "address"),
        ({"phone": PHONE, "canary": 1}, "canary"),
        ({"phone": PHONE, "occurred_at": "2017-12-05T14:00:00+09:00"}, "occurred_at"),
        ({"phone": PHONE, "address_secret": None}, "address_secret"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(house: House, said: dict[str, object], field: str) -> None:
    events = await opened(house)
    before = await client(house)

    answer = await house.api("POST", events, {"event": "contact_changed", **said}, key="k1")

    assert (422, "bad-fields") == told(answer)
    if field != "canary":
        assert field in {error["field"] for error in answer.json()["errors"]}
    assert "canary" not in answer.text
    assert before == await client(house)
    assert [] == await house.rows("SELECT id FROM inbox_event WHERE word = 'contact_changed'")


async def test_who_was_forgotten_has_none(house: House) -> None:
    events = await opened(house)
    await house.change("UPDATE client SET forgotten_at = now()")

    answer = await house.api("POST", events, {"event": "contact_changed", "phone": PHONE}, key="k1")

    assert (410, "forgotten") == told(answer)
